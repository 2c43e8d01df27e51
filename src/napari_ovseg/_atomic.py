"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_ovseg._leftovers import new_tag, remove
from napari_ovseg.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
def half_written(target: Path, stem: str, suffix: str = "") -> Iterator[Path]:
    """Give a path beside `target` for what is not whole; what is left there at the end is removed.

    What a killed process left there goes away at the next start (see `_leftovers`), or when
    another first writes to the folder.

    Parameters
    ----------
    target
        What it is to become.
    stem, suffix
        Of the path, before and after what tells that it is half-written.

    Raises
    ------
    ExportError
        If the folder cannot be made or written to.
    """
    with writing(target):
        temporary = target.with_name(f".{stem}.{new_tag(target.parent)}.part{suffix}")
        try:
            yield temporary
        finally:
            remove(temporary)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; on success it becomes `target` at once.

    The temporary file is flushed to disk before it is renamed, so a crash leaves the
    old file or the new one. On failure it is removed and the old file is untouched.

    Raises
    ------
    ExportError
        If the folder cannot be made or written to.
    """
    with half_written(target, target.stem[:40], target.suffix) as temporary:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)


def write_atomic(target: Path, data: bytes) -> None:
    """Write `data` to `target`, whole or not at all."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)
