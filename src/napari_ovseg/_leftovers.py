"""What killed writers leave half-written: where it may be, and how it is cleared up.

Every half-written file or folder is called ``.NAME.TAG.part``, maybe with an ending, and a folder
that was moved aside ``.NAME.TAG.old``. The first half of a tag is the program's: a note in the
state folder says where that program wrote, and is locked for as long as it runs.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

STALE = 3600.0
"""Seconds without a write after which a half-written file has no writer any more."""
_LEFT = re.compile(
    r"\.(?P<name>.*)\.(?P<program>[0-9a-f]{8})([0-9a-f]{8})?\.(?P<kind>part|old)(\..*)?"
)
_END = b"\0"


def state_folder() -> Path:
    """Folder of what this program must know at its next start; ``$OVSEG_STATE`` moves it."""
    from platformdirs import user_state_path

    given = os.environ.get("OVSEG_STATE")
    return Path(given) if given else user_state_path("napari-ovseg", appauthor=False)


def new_tag(folder: Path) -> str:
    """Return a tag for something half-written in `folder`, which is noted and cleared up first."""
    program = _program(os.getpid())
    _enter(folder.absolute(), program)
    return program + secrets.token_hex(4)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there; what the system refuses stays."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)


def sweep_dead() -> None:
    """Clear up after all programs that were killed while they wrote; to be called at a start."""
    with suppress(OSError):
        for note in list(state_folder().glob("*.folders")):
            _sweep_noted(note)


def _sweep_noted(note: Path) -> None:
    from filelock import FileLock, Timeout

    lock = note.with_suffix(".lock")
    # NotImplementedError is filelock's, for a file system that has no locks.
    with suppress(OSError, Timeout, NotImplementedError):
        with FileLock(lock).acquire(blocking=False):  # else it runs
            for folder in note.read_bytes().split(_END)[:-1]:
                _sweep(Path(os.fsdecode(folder)), note.stem)
            note.unlink()
        remove(lock)


def _sweep(folder: Path, program: str | None) -> None:
    """Clear up what a program left in a folder; None for all that have been gone for long."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            left = _LEFT.fullmatch(path.name)
            if left is None or program not in (None, left["program"]):
                continue
            with suppress(OSError):
                if left["kind"] == "old" and not (target := folder / left["name"]).exists():
                    path.rename(target)
                elif program or left["kind"] == "old" or _is_stale(path):
                    remove(path)


def _is_stale(path: Path) -> bool:
    newest = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
    return newest < time.time() - STALE


@lru_cache(maxsize=1000)
def _enter(folder: Path, program: str) -> None:
    """Note a folder; once, as it may hold a hundred thousand files."""
    with suppress(OSError), (state_folder() / f"{program}.folders").open("ab") as note:
        note.write(os.fsencode(folder) + _END)
    _sweep(folder, None)


@cache
def _program(_process: int) -> str:
    """Begin a note, and hold its lock until this process ends; a forked one begins its own."""
    from filelock import FileLock

    program = secrets.token_hex(4)
    lock = FileLock(state_folder() / f"{program}.lock", thread_local=False)
    with suppress(OSError, NotImplementedError):  # without a state folder, the next writer sweeps
        state_folder().mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
        atexit.register(_leave, os.getpid(), program, lock)
    return program


def _leave(process: int, program: str, lock: FileLock) -> None:
    if process == os.getpid():  # not in a copy of it
        remove(state_folder() / f"{program}.folders")
        lock.release()
        remove(Path(lock.lock_file))
