"""Taking a model from a stick, a share or a packed file into our own folder."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones import _cat_seg
from napari_ovseg.backbones._bundle import UNREADABLE, opened
from napari_ovseg.backbones._dino import NAMES as GUIDE
from napari_ovseg.backbones._files import MANIFEST, PICKLED, WEIGHTS
from napari_ovseg.backbones._names import licence_of
from napari_ovseg.backbones._pickled import convert
from napari_ovseg.backbones._store import (
    check_free,
    check_space,
    hash_steps,
    install,
    pour_steps,
    unfinished,
    writing,
)
from napari_ovseg.errors import WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_ovseg.backbones._bundle import Files


def import_steps(path: Path, name: str | None = None) -> Steps[str]:
    """Copy a model into our own folder, if it loads to the last tensor.

    Parameters
    ----------
    path
        A folder, an OpenAI archive, a checkpoint of CAT-Seg, or a file of `pack_steps`.
    name
        What to call it; otherwise what its manifest says, or what the file is called.

    Returns
    -------
    str
        Its name, to be given as the backbone (or as the guide).

    Raises
    ------
    InputError
        If the name cannot be used, or is taken.
    WeightsError
        If a file is missing, damaged or does not fit.
    ExportError
        If the folder cannot be written to; nothing is left then.
    """
    path = path.expanduser()
    with opened(path) as files:
        name = name or str(files.manifest.get("name") or files.stem)
        check_free(name)
        with _gathering(name) as folder:
            check_space(folder, sum(files.sizes.values()))
            sums = yield from _copy_steps(files, folder)
            manifest = {**files.manifest, **(yield from _convert_steps(folder, sums))}
            licence = manifest.get("licence") or (
                licence_of(name.partition(":")[2]) if ":" in name else "unknown"
            )
            manifest |= {"name": name, "licence": licence, "sha256": sums}
            (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
            yield Progress("loading", 0, 1)
            install(folder, name, {**manifest, **_loaded(folder)})
    return name


@contextmanager
def _gathering(name: str) -> Iterator[Path]:
    """Give an empty folder beside the final one, which does not outlive a failure."""
    folder = unfinished(name, "importing")
    with writing(folder):
        try:
            shutil.rmtree(folder, ignore_errors=True)  # of a call that was killed
            folder.mkdir(parents=True)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                folder.parent.rmdir()


def _copy_steps(files: Files, folder: Path) -> Steps[dict[str, str]]:
    sums = {}
    for name, size in sorted(files.sizes.items()):
        try:
            with files.open(name) as source, (folder / name).open("wb") as sink:
                sums[name] = yield from pour_steps(source, sink, name, size)
        except UNREADABLE as error:
            raise WeightsError(f"{name} cannot be unpacked ({error}); copy it again") from error
    recorded = files.manifest.get("sha256", {})
    wrong = sorted(n for n in recorded if n in sums and recorded[n] not in ("", sums[n]))
    lost = sorted(set(recorded) - set(sums))
    if wrong or lost:
        raise WeightsError(
            f"{', '.join(wrong + lost)} of the model: {'damaged' if wrong else 'missing'}; its "
            "sha256 is not the one of the manifest: copy or pack the model again"
        )
    return sums


def _convert_steps(folder: Path, sums: dict[str, str]) -> Steps[dict[str, Any]]:
    """Turn a pickle, if there is one, into safetensors; what is known of it by that.

    `sums` are corrected: the sha256 of each file in the folder, by name.
    """
    pickled = next((n for n in sums if n == PICKLED or n.endswith(_cat_seg.SUFFIX)), None)
    if pickled is None:
        return {}
    yield Progress("converting", 0, 1)
    told: dict[str, Any] = {}
    if pickled == PICKLED:
        convert(folder / PICKLED, folder / WEIGHTS)
    else:
        told = _cat_seg.convert(folder / pickled, folder)
    (folder / pickled).unlink()
    del sums[pickled]
    for path in folder.iterdir():
        if path.name not in sums:
            sums[path.name] = yield from hash_steps(path)
    return told


def _loaded(folder: Path) -> dict[str, int]:
    """Load a model as it will be loaded, and say what it looks like."""
    import torch

    from napari_ovseg.backbones import guide, open_clip
    from napari_ovseg.backbones._kept import Kept

    cpu = torch.device("cpu")
    # Not through load_backbone: a model that is only tried must not push out one in use.
    if (folder / GUIDE[0]).is_file():
        return {"patch": Kept[guide.Guide]("the guide").get(str(folder), cpu, guide._load).patch}
    kept = Kept[open_clip.Backbone]("the model")
    vision = kept.get(str(folder), cpu, open_clip._load).vision
    return {"pixels": vision.native, "patch": vision.patch}
