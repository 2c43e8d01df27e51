"""A file of every write into a label map, so that a crash loses none.

It is the one file that is not written atomically: it only ever grows, and a record counts once
it is whole. So a stroke costs what was painted, not what the label map weighs.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, takewhile
from operator import itemgetter
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg._atomic import writing
from napari_ovseg.annotate._records import MAGIC, apply, pack, record, records
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.formats.folders import flush_entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

    from napari_ovseg.annotate.box import Box


class Journal:
    """Takes writes on the caller's thread; packs and keeps them on one of its own.

    Parameters
    ----------
    path
        A journal that is there goes on after its last whole record.
    on_error
        Called on the journal's thread when writing fails, once until it works again. Nothing
        is lost meanwhile: records wait in memory, and every further one tries again.

    Attributes
    ----------
    path
        Where the next record goes. It may be set to another journal at any time; a record is
        on disk only when all before it are, in whichever file.
    """

    def __init__(self, path: Path, on_error: Callable[[ExportError], None] | None = None) -> None:
        self.path = path
        self.on_error = on_error
        self._given: SimpleQueue[tuple[Path, Box, np.ndarray, np.ndarray]] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, "ovseg-journal")
        # What follows is the thread's own.
        self._packed: list[tuple[Path, bytes]] = []
        self._file: FileIO | None = None
        self._of: Path | None = None
        self._end = self._count = 0
        self._told = False

    def append(self, box: Box, ids: Any, owner: Any) -> None:
        """Take what a box of the label map holds now.

        Parameters
        ----------
        box
            Where, on all axes.
        ids, owner : shape of the box, uint16 and uint8
            Copied, and packed later.
        """
        self._given.put((self.path, box, np.array(ids, np.uint16), np.array(owner, np.uint8)))
        self._thread.submit(self._write)

    def flush(self) -> bool:
        """Wait until all records are on disk; False if they could not be written."""
        return self._thread.submit(self._write).result()

    def close(self) -> bool:
        """Flush, as `flush` says, and end the thread."""
        kept = self.flush()
        self._thread.shutdown()
        if self._file is not None:
            self._file.close()
        return kept

    def _write(self) -> bool:
        """Write and flush at once whatever waits; what fails stays for the next time."""
        while not self._given.empty():
            path, box, ids, owner = self._given.get()
            self._packed.append((path, pack(box, ids, owner)))
        while self._packed:
            path, first = next(groupby(self._packed, itemgetter(0)))
            bodies = [body for _, body in first]
            try:
                with writing(path):
                    self._put(path, bodies)
            except ExportError as error:
                self._tell(error)
                return False
            del self._packed[: len(bodies)]
            self._told = False
        return True

    def _put(self, path: Path, bodies: list[bytes]) -> None:
        file = self._file
        if file is None or self._of != path:
            file = self._open(path)
        new = [record(number, body) for number, body in enumerate(bodies, self._count)]
        data = b"".join(new if self._end else [MAGIC, *new])
        file.truncate(self._end)  # what a failed write left
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
        self._end, self._count = self._end + len(data), self._count + len(bodies)

    def _open(self, path: Path) -> FileIO:
        """Make a journal the current one, and count what it holds."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if path.exists():
            with path.open("rb") as old:
                if not MAGIC.startswith(old.read(len(MAGIC))):
                    raise ExportError(f"{str(path)!r} is not a journal of ours; move it away")
        self._end = self._count = 0
        for _, self._end in records(path):
            self._count += 1
        self._file, self._of = path.open("ab", buffering=0), path
        flush_entry(path.parent)
        return self._file

    def _tell(self, error: ExportError) -> None:
        if not self._told and self.on_error is not None:
            self.on_error(
                ExportError(f"{error}. What was painted is in memory; the next stroke tries again")
            )
        self._told = True


def replay(path: Path, ids: np.ndarray, owner: np.ndarray) -> int:
    """Write a journal's records into a label map, as far as they are whole.

    Parameters
    ----------
    path
        A journal; one that is not there has no records.
    ids, owner : (..., H, W) uint16 and uint8
        Written in place. A record that does not fit them counts as damaged.

    Returns
    -------
    int
        Records before the first that is torn or damaged.

    Raises
    ------
    InputError
        If ids and owners are not of one shape, or the system refuses to read the file.
    """
    if ids.shape != owner.shape:
        raise InputError(f"ids and owners must be of one shape, got {ids.shape} and {owner.shape}")
    try:
        return sum(1 for _ in takewhile(lambda r: apply(r[0], ids, owner), records(path)))
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot read the journal {str(path)!r}: {error.strerror or error}; check its permissions "
        "and the disk, or move it away to do without what it holds"
    )
