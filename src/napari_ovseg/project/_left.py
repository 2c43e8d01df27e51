"""Projects whose program was killed: to be offered at the next start."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from napari_ovseg._lock import leave, was_killed
from napari_ovseg.errors import InputError
from napari_ovseg.project._contents import Contents
from napari_ovseg.project._generations import CONTENTS, generations


def projects_folder() -> Path:
    """Folder of projects that a person gave no other; ``$OVSEG_PROJECTS`` moves it."""
    given = os.environ.get("OVSEG_PROJECTS")
    return Path(given) if given else user_data_path("napari-ovseg", appauthor=False) / "projects"


@dataclass(frozen=True, slots=True)
class Left:
    """A project that nobody closed.

    Attributes
    ----------
    folder
        Where it is.
    name
        Of its image.
    time
        When it was last written to, seconds since the epoch.
    """

    folder: Path
    name: str
    time: float

    def leave(self) -> None:
        """Offer it no more; it stays where it is, and can be opened."""
        leave(self.folder)


def left_behind(root: Path) -> list[Left]:
    """Find the projects in a folder that were open when their program was killed.

    Returns
    -------
    list of Left
        The newest first. What cannot be read is left out.
    """
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        with suppress(InputError, OSError):
            if was_killed(folder) and generations(folder):
                times = (path.stat().st_mtime for path in folder.iterdir())
                found.append(Left(folder, Contents.read(folder / CONTENTS).name, max(times)))
    return sorted(found, key=lambda left: -left.time)
