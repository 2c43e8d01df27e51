"""Projects whose program was killed: to be offered at the next start.

They lie in one folder, or wherever a person keeps them: then a note in that folder says where.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from napari_ovseg._atomic import write_atomic
from napari_ovseg._lock import leave, was_killed
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.project._contents import Contents
from napari_ovseg.project._generations import CONTENTS, generations

_NOTE = ".elsewhere"


def projects_folder() -> Path:
    """Folder of projects that a person gave no other; ``$OVSEG_PROJECTS`` moves it."""
    given = os.environ.get("OVSEG_PROJECTS")
    return Path(given) if given else user_data_path("napari-ovseg", appauthor=False) / "projects"


def note(folder: Path) -> None:
    """Note where a project is that is open, unless it is where the next start looks anyway.

    Where the note cannot be written, the project is kept all the same, and not offered.
    """
    if folder.absolute().parent != projects_folder().absolute():
        with suppress(ExportError):
            write_atomic(_note_of(folder), os.fsencode(folder.absolute()))


def forget(folder: Path) -> None:
    """Remove the note of a project that was closed."""
    with suppress(OSError):
        _note_of(folder).unlink(missing_ok=True)


def _note_of(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return projects_folder() / f"{name}{_NOTE}"


def _noted(root: Path) -> list[Path]:
    """Folders that notes name and that are there."""
    found = []
    for path in root.glob(f"*{_NOTE}"):
        with suppress(OSError, ValueError):
            found.append(Path(os.fsdecode(path.read_bytes())))
    return [folder for folder in found if folder.is_absolute() and folder.is_dir()]


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
        forget(self.folder)


def left_behind(root: Path) -> list[Left]:
    """Find the projects, in a folder or noted there, that were open at a kill of their program.

    Returns
    -------
    list of Left
        The newest first. What cannot be read is left out.
    """
    found = []
    for folder in [*root.iterdir(), *_noted(root)] if root.is_dir() else ():
        with suppress(InputError, OSError):
            if was_killed(folder) and generations(folder):
                times = (path.stat().st_mtime for path in folder.iterdir())
                found.append(Left(folder, Contents.read(folder / CONTENTS).name, max(times)))
    return sorted(found, key=lambda left: -left.time)
