"""A folder that appears whole or not at all."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_ovseg._atomic import half_written
from napari_ovseg._leftovers import state_folder
from napari_ovseg.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_FDCWD = -100 if sys.platform == "linux" else -2
_SWAP = 2
"""RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS."""
_PATIENCE_S = 600.0
"""How long a writer that extends a folder waits for another one."""


@contextmanager
def atomic_folder(target: Path, *, extend: bool = False) -> Iterator[Path]:
    """Give an empty folder beside `target`; on success it becomes `target` at once.

    Parameters
    ----------
    target
        The folder to write; one of that name is replaced.
    extend
        Start from what `target` holds, not from nothing, one writer after the other. Its files
        are linked, not copied: replace them, never write into them. Its links stay what they are.

    Notes
    -----
    Every new file is flushed to disk, then the two folders change names in one step where the
    system can (Linux, macOS). Elsewhere the old one is moved aside first; should the power
    fail just then, the next start or writer puts it back.

    Raises
    ------
    ExportError
        If the folder cannot be made or written to, or another writer does not end.
    """
    with half_written(target, target.name) as temporary, _turn(target) if extend else nullcontext():
        _refuse_file(target)
        if extend and target.exists():
            shutil.copytree(target, temporary, symlinks=True, copy_function=_link)
        else:
            temporary.mkdir()
        yield temporary
        _flush(temporary)
        _publish(temporary, target)


@contextmanager
def _turn(target: Path) -> Iterator[None]:
    """Wait for the others that extend a folder: of two at once, one would lose what it wrote.

    The lock is in the state folder, so that none is left beside the target; the system frees it
    where a writer is killed. Programs on machines that do not share their users' homes do not wait.
    """
    name = hashlib.sha256(os.fsencode(target.absolute())).hexdigest()[:16]
    turn = FileLock(state_folder() / f"{name}.turn", timeout=_PATIENCE_S, thread_local=False)
    try:
        state_folder().mkdir(parents=True, exist_ok=True)
        turn.acquire()
    except Timeout:
        raise ExportError(
            f"another program has been writing to {str(target)!r} for {_PATIENCE_S / 60:.0f} "
            "minutes; end it, or choose another folder"
        ) from None
    except (OSError, NotImplementedError):  # the latter is filelock's, where there are no locks
        yield
        return
    try:
        yield
    finally:
        turn.release()


def _refuse_file(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ExportError(
            f"cannot write the folder {str(target)!r}: a file or a link has that name; move it away"
        )


def _publish(temporary: Path, target: Path) -> None:
    """Put `temporary` in the place of `target`, whose old content goes away."""
    if not target.exists():
        temporary.rename(target)
    elif not _swap(temporary, target):
        old = temporary.with_suffix(".old")
        target.rename(old)
        try:
            temporary.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    flush_entry(target.parent)


def _swap(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; False where the system cannot."""
    library = ctypes.CDLL(None) if sys.platform in {"linux", "darwin"} else None
    paths = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _SWAP)
    for name in ("renameat2", "renameatx_np"):
        if (function := getattr(library, name, None)) is not None:
            return bool(function(*paths) == 0)
    return False


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        # Links are the old folder's files, or lead to others' elsewhere.
        if path.is_dir() or not (path.is_symlink() or path.stat().st_nlink > 1):
            flush_entry(path)


def flush_entry(path: Path) -> None:
    """Flush a file or a folder's list of names to disk; Windows cannot flush the latter."""
    if path.is_dir() and os.name == "nt":
        return
    # Windows flushes only what may be written; elsewhere a file may be for reading only.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy2(source, copy)
