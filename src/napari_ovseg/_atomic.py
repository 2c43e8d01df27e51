"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from napari_ovseg.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STALE = 3600.0
"""Seconds without a write after which a half-written file has no writer any more."""
_LEFT = re.compile(r"\..*\.[0-9a-f]{8}\.part(\..*)?")


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Make the folder of `target`, and say in words why it cannot be written.

    Raises
    ------
    ExportError
        If the system refuses the folder or anything within the block.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except ExportError:  # it says so itself
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExportError(
            f"cannot write {target.name!r} into {str(target.parent)!r}: {reason}; "
            "choose another folder, free some space, or change its permissions"
        ) from error


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; on success it becomes `target` at once.

    The temporary file is flushed to disk before it is renamed, so a crash leaves the
    old file or the new one. On failure it is removed and the old file is untouched. What a
    killed process left half-written goes away when another first writes to the folder.

    Raises
    ------
    ExportError
        If the folder cannot be made or written to.
    """
    temporary = target.with_name(f".{target.stem[:40]}.{secrets.token_hex(4)}.part{target.suffix}")
    with writing(target):
        try:
            _sweep(target.parent)
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


@lru_cache(maxsize=1000)
def _sweep(folder: Path) -> None:
    """Remove stale temporary files; once, as a folder may hold a hundred thousand files."""
    with suppress(OSError):
        for path in folder.iterdir():
            left = _LEFT.fullmatch(path.name) and path.is_file()
            if left and path.stat().st_mtime < time.time() - STALE:
                path.unlink(missing_ok=True)


def write_atomic(target: Path, data: bytes) -> None:
    """Write `data` to `target`, whole or not at all."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)
