"""The bytes of a journal.

After eight bytes that name the format, each record is (little-endian)::

    crc32 of all that follows in the record    uint32
    length of the body, number of the record   uint64 each; numbers count from 0
    body: number of axes                       uint8
          start and stop on each axis          uint64 each
          ids (uint16), then owners (uint8)    zlib, of all pixels of the box after the write

Whatever a file holds, no more is unpacked than fits the label map, and nothing is written outside.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_ovseg.annotate.box import Box

MAGIC = b"ovseg-j1"
_CRC, _HEAD = struct.Struct("<I"), struct.Struct("<QQ")
_BYTES = 3
"""Of a pixel: two of its id, one of its owner."""


def pack(box: Box, ids: np.ndarray, owner: np.ndarray) -> bytes:
    """Return the body of a record.

    It is packed with zlib, which can be told how much to unpack; Blosc believes the file.
    """
    sides = [side for s in box for side in (s.start, s.stop)]
    pixels = zlib.compress(ids.astype("<u2").tobytes() + owner.tobytes(), 1)
    return struct.pack(f"<B{len(sides)}Q", len(box), *sides) + pixels


def record(number: int, body: bytes) -> bytes:
    """Return a whole record."""
    head = _HEAD.pack(len(body), number)
    return _crc(head, body) + head + body


def records(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the body of each record and the byte after it, up to the first that is not whole.

    Raises
    ------
    OSError
        If the system refuses to read the file; one that is not there has no records.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(MAGIC)) != MAGIC:
            return
        for number in count():
            crc, head = file.read(_CRC.size), file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return
            length, found = _HEAD.unpack(head)
            if found != number or length > size - file.tell():
                return
            body = file.read(length)
            if _crc(head, body) != crc:
                return
            yield body, file.tell()


def apply(body: bytes, ids: np.ndarray, owner: np.ndarray) -> bool:
    """Write a record into a label map; False, and nothing written, if it does not fit."""
    head = struct.Struct(f"<B{2 * ids.ndim}Q")
    if len(body) < head.size or body[0] != ids.ndim:
        return False
    _, *sides = head.unpack_from(body)
    box = tuple(map(slice, sides[::2], sides[1::2]))
    if not all(s.start < s.stop <= n for s, n in zip(box, ids.shape, strict=True)):
        return False
    shape = tuple(s.stop - s.start for s in box)
    pixels, unpack = math.prod(shape), zlib.decompressobj()
    try:  # one byte more than fits, to see that there is no more
        data = unpack.decompress(body[head.size :], _BYTES * pixels + 1)
    except zlib.error:
        return False
    if len(data) != _BYTES * pixels or not unpack.eof:
        return False
    owners = np.frombuffer(data, np.uint8, offset=2 * pixels).reshape(shape)
    if owners.max() > max(Owner):
        return False
    ids[box] = np.frombuffer(data, "<u2", pixels).reshape(shape)
    owner[box] = owners
    return True


def _crc(head: bytes, body: bytes) -> bytes:
    return _CRC.pack(zlib.crc32(body, zlib.crc32(head)))
