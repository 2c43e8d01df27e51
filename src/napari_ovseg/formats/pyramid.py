"""Pixels as a pyramid in Zarr, written shard by shard: the source may be larger than memory."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg._optional import require

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK, SHARD = 1024, 4096
"""Side of what is packed together, and of what is a file: fewer files are written much faster.
Checksums that are in files hold for shards of this side."""
_SMALLEST = 256
_LEVEL = 1
"""Of Zstandard: ids become smaller than at its default of 3, and sooner."""


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """Pixels to be written.

    Attributes
    ----------
    pixels
        An array, or anything else that gives one for a tuple of slices, as of Zarr or dask.
    order
        Its axes in the order of the file; the last two stay where they are.
    dtype
        Of the file.
    """

    pixels: Any
    order: tuple[int, ...]
    dtype: np.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in the file."""
        return tuple(int(self.pixels.shape[axis]) for axis in self.order)

    def read(self, where: tuple[slice, ...]) -> np.ndarray:
        """Read a part, its slices in the order of the file."""
        asked = dict(zip(self.order, where, strict=True))
        part = np.asarray(self.pixels[tuple(asked[axis] for axis in range(len(asked)))])
        return part.transpose(self.order).astype(self.dtype, copy=False)


def write_pyramid(group: Any, names: list[str], source: Source, axes: list[str]) -> int:
    """Write levels, each of every second row and column of the last, under these names.

    Returns
    -------
    int
        A checksum of the pixels, whatever their dtype: the sum of those of all shards.

    Notes
    -----
    No more than a shard of each level is in memory, and each is written once, if
    anything is in it: a shard of a coarser level is put together of the four it covers while
    they are there.
    """
    levels = [_create(group, name, source, axes, 2**k) for k, name in enumerate(names)]
    top, found = len(levels) - 1, 0
    for planes in _slabs(source.shape):
        for row in _starts(levels[top].shape[-2]):
            for column in _starts(levels[top].shape[-1]):
                found += _write(levels, top, source, planes, (row, column))[1]
    return found


def count_levels(shape: tuple[int, ...]) -> int:
    """Levels until the picture is small."""
    return max((min(shape[-2:]) // _SMALLEST).bit_length(), 1)


def checksum(pixels: np.ndarray) -> int:
    """Return what `write_pyramid` returns of the same pixels, in the order of the file."""
    found = 0
    for planes in _slabs(pixels.shape):
        for row in _starts(pixels.shape[-2]):
            for column in _starts(pixels.shape[-1]):
                part = pixels[(*planes, slice(row, row + SHARD), slice(column, column + SHARD))]
                found += _checksum(part, planes, (row, column))
    return found


def _create(group: Any, name: str, source: Source, axes: list[str], step: int) -> Any:
    codecs = require("zarr.codecs", extra="ome", purpose="writing OME-Zarr")
    *planes, height, width = source.shape
    shape = (*planes, -(-height // step), -(-width // step))
    ones = (1,) * len(planes)
    return group.create_array(
        name, shape=shape, dtype=source.dtype, chunks=(*ones, CHUNK, CHUNK),
        shards=(*ones, SHARD, SHARD) if max(shape[-2:]) >= SHARD else None,
        compressors=codecs.ZstdCodec(level=_LEVEL), dimension_names=axes,
        config={"write_empty_chunks": True},  # to look for them takes longer than all else
    )  # fmt: skip


def _slabs(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield planes, as many at a time as are a shard: each write takes its time."""
    if len(shape) == 2:
        yield ()
        return
    *outer, count, height, width = shape
    depth = max(SHARD**2 // (min(height, SHARD) * min(width, SHARD)), 1)
    for index in np.ndindex(*outer):
        for first in range(0, count, depth):
            yield (*(slice(i, i + 1) for i in index), slice(first, min(first + depth, count)))


def _starts(length: int) -> range:
    return range(0, length, SHARD)


def _write(
    levels: list[Any], k: int, source: Source, planes: tuple[slice, ...], corner: tuple[int, int]
) -> tuple[np.ndarray, int]:
    """Write the shard of level `k` at a corner, and those of finer levels below it.

    Returns the shard, and the checksum of the pixels that it covers.
    """
    ends = [min(first + SHARD, n) for first, n in zip(corner, levels[k].shape[-2:], strict=True)]
    where = (*planes, slice(corner[0], ends[0]), slice(corner[1], ends[1]))
    if k == 0:
        part = source.read(where)
        found = _checksum(part, planes, corner)
    else:
        part, found = np.empty([s.stop - s.start for s in where], source.dtype), 0
        for row in range(2 * corner[0], 2 * ends[0], SHARD):
            for column in range(2 * corner[1], 2 * ends[1], SHARD):
                whole, below = _write(levels, k - 1, source, planes, (row, column))
                finer, found = whole[..., ::2, ::2], found + below
                top, left = row // 2 - corner[0], column // 2 - corner[1]
                part[..., top : top + finer.shape[-2], left : left + finer.shape[-1]] = finer
    if part.any():
        levels[k][where] = part
    return part, found


def _checksum(part: np.ndarray, planes: tuple[slice, ...], corner: tuple[int, int]) -> int:
    """Of the pixels of a shard and of its place, so that shards cannot change places."""
    place = ",".join(str(first) for first in (*(s.start for s in planes), *corner))
    return zlib.crc32(np.ascontiguousarray(part, "<u2").data, zlib.crc32(place.encode()))
