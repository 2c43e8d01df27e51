"""Folders of images that one window labels, and no other may."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ovseg._lock import lock, unlock
from napari_ovseg.errors import ExportError
from napari_ovseg.folder_queue import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from filelock import FileLock


class Held:
    """What a window has taken; it is freed with the process, whatever becomes of the window."""

    def __init__(self) -> None:
        self._taken: dict[Path, FileLock] = {}

    def take(self, folder: str | Path) -> None:
        """Take a folder, if it is not taken yet.

        Raises
        ------
        InputError
            If another window has it.
        """
        place = _place(folder)
        if place not in self._taken:
            with suppress(ExportError):  # where nothing can be written, nothing can be lost
                self._taken[place] = lock(place, f"the folder {str(folder)!r}")

    def keep_only(self, folders: Iterable[Path]) -> None:
        """Free all but these."""
        for place in self._taken.keys() - {_place(folder) for folder in folders}:
            unlock(place, self._taken.pop(place))


def _place(folder: str | Path) -> Path:
    """Return where the lock lies: one folder may have several names."""
    return (Path(folder) / LABELS).resolve()
