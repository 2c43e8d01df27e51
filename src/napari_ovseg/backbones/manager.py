"""The models of this machine: fetch, import, verify, remove, pack and list them.

Nothing here is downloaded but by `fetch_steps`, which wants the `Offer` that was agreed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ovseg.backbones import _dino, _pack, catalogue
from napari_ovseg.backbones._fetch import Offer, fetch_steps, offer
from napari_ovseg.backbones._files import CONFIG, MANIFEST, STARTER
from napari_ovseg.backbones._import import import_steps
from napari_ovseg.backbones._locate import find, find_guide
from napari_ovseg.backbones._remove import Removal, removal, remove_steps
from napari_ovseg.backbones._store import (
    hash_steps,
    read_manifest,
    slot,
    stored,
    stored_names,
)
from napari_ovseg.backbones._terms import terms_of
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from napari_ovseg.backbones._files import Weights
    from napari_ovseg.progress import Steps

__all__ = [
    "Offer",
    "Removal",
    "Verdict",
    "fetch_steps",
    "import_steps",
    "listing",
    "offer",
    "pack_steps",
    "removal",
    "remove_steps",
    "verify_steps",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify_steps` found of a model.

    Attributes
    ----------
    name
        Of the model.
    state
        ``ok``, ``damaged``, ``missing``, or ``unknown`` where no sha256 was ever recorded.
    files
        Those that are damaged or missing.
    """

    name: str
    state: str
    files: tuple[str, ...] = ()


def listing() -> list[catalogue.Entry]:
    """List the catalogue, and then the imported models that have names of their own."""
    known = catalogue.entries()
    names = {entry.name for entry in known}
    return known + [_imported(name) for name in stored_names() if name not in names]


def _imported(name: str) -> catalogue.Entry:
    folder = slot(name)
    told = read_manifest(folder) or {}
    size = sum(p.stat().st_size for p in folder.iterdir()) / 1e6
    pixels, patch = (int(told.get(key) or 0) for key in ("pixels", "patch"))
    guide = (folder / _dino.NAMES[0]).is_file()
    return catalogue.Entry(name, size, pixels, patch, terms_of(name), bool(told), guide)


def pack_steps(name: str, target: Path) -> Steps[Path]:
    """Write a model that is here as one ``.zip``, which `import_steps` takes, or as a folder."""
    return (yield from _pack.pack_steps(_found(name), name, target))


def _found(name: str) -> Weights:
    folder = stored(name) or Path(name).expanduser()
    looks = (folder / _dino.NAMES[0]).is_file() and not (folder / CONFIG).is_file()
    return find_guide(name) if name in _dino.GUIDES or looks else find(name)


def verify_steps(name: str | None = None) -> Steps[list[Verdict]]:
    """Hash the files of one model, or of all that are here, and compare with what is recorded."""
    here = [entry.name for entry in catalogue.entries() if entry.here] if name is None else [name]
    names = here if name else list(dict.fromkeys([*here, *stored_names()]))
    verdicts = {}
    for each in names:
        verdicts[each] = yield from _verdict_steps(each)
    return list(verdicts.values())


def _verdict_steps(name: str) -> Steps[Verdict]:
    folder = STARTER if name == "starter" else stored(name)
    if folder is None:
        try:
            weights = _found(name)
        except WeightsError:
            return Verdict(name, "missing")
        folder, recorded = weights.file.parent, {weights.file.name: weights.sha256}
    else:
        manifest = read_manifest(folder)
        if manifest is None:
            return Verdict(name, "damaged", (MANIFEST,))
        recorded = manifest.get("sha256", {})
    missing = tuple(file for file in recorded if not (folder / file).is_file())
    damaged = []
    for file in set(recorded) - set(missing):
        found = yield from hash_steps(folder / file)
        if recorded[file] and found != recorded[file]:
            damaged.append(file)
    if damaged:
        return Verdict(name, "damaged", tuple(sorted(damaged)))
    state = "missing" if missing else "ok" if all(recorded.values()) and recorded else "unknown"
    return Verdict(name, state, missing)
