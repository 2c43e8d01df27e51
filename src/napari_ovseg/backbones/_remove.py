"""Removing a model from our own folder and from the hub's cache."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones._store import slot, unfinished, writing
from napari_ovseg.errors import ExportError, InputError, WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a model would delete, to be agreed to.

    Attributes
    ----------
    name
        Of the model.
    folders
        Ours, which go with all they hold.
    repository, revisions
        Of its entry in the hub's cache; empty if there is none.
    megabytes
        That become free.
    """

    name: str
    folders: tuple[Path, ...]
    repository: str
    revisions: tuple[str, ...]
    megabytes: float

    @property
    def summary(self) -> str:
        """What a person agrees to."""
        lines = [f"{self.name}: {self.megabytes:.1f} MB", *(f"  {f}" for f in self.folders)]
        if self.revisions:
            lines.append(
                f"  {self.repository} in the hub's cache, which other programs may use too"
            )
        return "\n".join(lines)


def removal(name: str) -> Removal:
    """Say what removing a model would delete.

    Raises
    ------
    WeightsError
        If nothing of it is in our folder or in the hub's cache.
    """
    if name == "starter":
        raise InputError("the starter is part of the program and cannot be removed")
    places = (slot(name), *(unfinished(name, work) for work in ("fetching", "importing")))
    folders = tuple(place for place in places if place.is_dir())
    size = sum(p.stat().st_size for folder in folders for p in folder.iterdir())
    cached = _cached(name)
    if not folders and cached is None:
        raise WeightsError(
            f"there is nothing of {name!r} here that was fetched or imported; "
            "a folder of your own is yours to delete"
        )
    revisions = tuple(r.commit_hash for r in cached.revisions) if cached else ()
    size += cached.size_on_disk if cached else 0
    return Removal(name, folders, cached.repo_id if cached else "", revisions, size / 1e6)


def _cached(name: str) -> Any:
    """Entry of a model in the hub's cache, or None."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    from napari_ovseg.backbones._hub import source_of

    try:
        repository = source_of(name).repository
        repositories = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (WeightsError, CacheNotFound):
        return None
    found = (r for r in repositories if (r.repo_type, r.repo_id) == ("model", repository))
    return next(found, None)


def remove_steps(agreed: Removal) -> Steps[None]:
    """Delete what was agreed to.

    Raises
    ------
    ExportError
        If it cannot be deleted.
    """
    from napari_ovseg.backbones import guide, open_clip

    total = len(agreed.folders) + bool(agreed.revisions)
    open_clip.forget(agreed.name)
    guide.forget(agreed.name)
    for number, folder in enumerate(agreed.folders):
        yield Progress("removing", number, total)
        with writing(folder):
            shutil.rmtree(folder)
    if agreed.revisions:
        from huggingface_hub import constants, scan_cache_dir
        from huggingface_hub.errors import CacheNotFound

        yield Progress("removing", total - 1, total)
        try:
            scan_cache_dir(constants.HF_HUB_CACHE).delete_revisions(*agreed.revisions).execute()
        except (OSError, CacheNotFound) as error:
            raise ExportError(
                f"cannot remove {agreed.name!r} from the hub's cache: {error}"
            ) from error
