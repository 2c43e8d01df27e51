"""One program at a time in a folder."""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_ovseg._atomic import write_atomic, writing
from napari_ovseg.errors import ExportError, InputError

if TYPE_CHECKING:
    from pathlib import Path

_LOCK, _HOLDER = ".lock", ".lock.json"


def lock(folder: Path, name: str) -> FileLock:
    """Take a folder for this program; the system frees it if the program is killed.

    Parameters
    ----------
    folder
        Is made, if it is not there.
    name
        What to call it where another program has it.

    Raises
    ------
    InputError
        If another program has it, or this one has it already.
    ExportError
        If the folder cannot be made or written to.
    """
    # Saved on one thread and closed on another, maybe.
    taken = FileLock(folder / _LOCK, thread_local=False)
    with writing(folder / _LOCK):
        try:
            taken.acquire(blocking=False)
        except Timeout:
            raise InputError(
                f"{name} is open already{_holder(folder)}; close it there, "
                "or work on a copy of the folder"
            ) from None
    with suppress(ExportError):  # it is only for the message above
        holder = {"pid": os.getpid(), "host": platform.node()}
        write_atomic(folder / _HOLDER, json.dumps(holder).encode())
    return taken


def unlock(folder: Path, taken: FileLock, *, as_killed: bool = False) -> None:
    """Free a folder again; `as_killed` leaves it as a killed program would."""
    if not as_killed:
        leave(folder)
    taken.release()


def _holder(folder: Path) -> str:
    with suppress(Exception):
        holder = json.loads((folder / _HOLDER).read_bytes())
        return f", by process {int(holder['pid'])} on {str(holder['host'])[:80]!r}"
    return ""


def was_killed(folder: Path) -> bool:
    """Whether the last program that had a folder ended without closing it."""
    if not (folder / _HOLDER).is_file():
        return False
    taken = FileLock(folder / _LOCK, thread_local=False)
    try:
        taken.acquire(blocking=False)
    except (Timeout, OSError):
        return False
    taken.release()
    return True


def leave(folder: Path) -> None:
    """Forget that a program was killed; the project stays as it is."""
    with suppress(OSError):
        (folder / _HOLDER).unlink(missing_ok=True)
