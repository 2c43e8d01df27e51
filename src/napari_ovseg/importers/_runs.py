"""Regions as runs of pixels, column by column: from run lengths, from polygons, into label maps.

Nothing here trusts its input: a run never leaves the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MAX_DIGITS = 7
"""Of five bits: lengths have 32 bits."""
_MAX_CROSSINGS = 2**25
"""Columns that the edges of one polygon may cross, all together; more would fill the memory."""


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """Where pixels begin and end in a picture that is read column by column.

    Attributes
    ----------
    starts, stops : (N,) int64
        ``row + height * column``; a stop is the pixel after the last.
    """

    starts: np.ndarray
    stops: np.ndarray

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int((self.stops - self.starts).sum())


def runs_of_counts(counts: Any, shape: tuple[int, int]) -> Runs:
    """Read COCO run lengths.

    Parameters
    ----------
    counts
        Compressed text, or a list of lengths of zeros, ones, zeros ...
    shape
        Height and width, which the lengths must fill exactly.

    Raises
    ------
    InputError
        If they do not, or are no run lengths.
    """
    size = shape[0] * shape[1]
    if isinstance(counts, str):
        lengths = _decompressed(counts)
    elif isinstance(counts, list) and all(type(n) is int and 0 <= n <= size for n in counts):
        lengths = np.array(counts, np.int64)
    else:
        raise InputError(f"run lengths must be text or numbers up to {size}, got {counts!s:.40}")
    if lengths.min(initial=0) < 0 or lengths.sum() != size:
        raise InputError(
            f"run lengths must be positive and fill {shape[0]} x {shape[1]} pixels; the mask is "
            "damaged or of another image"
        )
    edges = np.cumsum(lengths)
    return Runs(edges[: edges.size - edges.size % 2 : 2], edges[1::2])


def _decompressed(text: str) -> np.ndarray:
    """Undo COCO's compression: numbers of five-bit digits, then differences to the last but one."""
    values = np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero(values & 32 == 0)
    begins = np.append(0, ends[:-1] + 1)[: ends.size]
    sizes = ends - begins + 1
    broken = values.size and (values.min() < 0 or values.max() > 63 or values[-1] & 32)
    if broken or sizes.max(initial=0) > _MAX_DIGITS:
        raise InputError(
            "compressed run lengths hold characters that are none; the mask is damaged"
        )
    if not ends.size:
        return values
    place = np.arange(values.size) - np.repeat(begins, sizes)
    lengths = np.add.reduceat((values & 31) << (5 * place), begins)
    negative = values[ends] & 16 > 0
    lengths[negative] -= 1 << (5 * sizes[negative])
    lengths[1::2] = np.cumsum(lengths[1::2])
    lengths[2::2] = np.cumsum(lengths[2::2])
    return lengths


def runs_of_rings(rings: Sequence[np.ndarray], shape: tuple[int, int]) -> Runs:
    """Fill a polygon by the even-odd rule, at the centres of the pixels.

    Parameters
    ----------
    rings
        Outline and holes: (n, 2) finite x, y from the picture's top left corner, closed or not.
    shape
        Height and width; what lies outside is cut off.

    Raises
    ------
    InputError
        If it has absurdly many edges.
    """
    height, width = shape
    x0, y0 = np.concatenate(rings).T
    x1, y1 = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]).T
    # The columns with left <= centre < right; an edge that ends at a centre counts once.
    first = np.clip(np.ceil(np.minimum(x0, x1) - 0.5), 0, width).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(x0, x1) - 0.5), 0, width).astype(np.int64)
    crossed = last - first
    if (total := int(crossed.sum())) > _MAX_CROSSINGS:
        raise InputError(f"a polygon crosses columns {total} times; simplify it")
    edge = np.repeat(np.arange(crossed.size), crossed)
    column = np.arange(total) - np.repeat(np.cumsum(crossed) - crossed, crossed) + first[edge]
    share = (column + 0.5 - x0[edge]) / (x1 - x0)[edge]
    y = y0[edge] * (1 - share) + y1[edge] * share
    row = np.clip(np.ceil(y - 0.5), 0, height).astype(np.int64)
    order = np.lexsort((row, column))
    flat = column[order] * height + row[order]
    return Runs(flat[::2], flat[1::2])


def joined(parts: Sequence[Runs]) -> Runs:
    """Runs of several polygons as those of one region; where they overlap, twice."""
    return Runs(
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.stops for part in parts]),
    )


def empty(shape: tuple[int, ...]) -> np.ndarray:
    """Return an unlabelled map: uint16 of this shape.

    Raises
    ------
    InputError
        If there is no memory for it.
    """
    try:
        return np.zeros(shape, np.uint16)
    except MemoryError as error:
        raise InputError(f"there is no memory for labels of shape {shape}: {error}") from error


def paint(regions: Iterable[tuple[int, Runs]], shape: tuple[int, int]) -> np.ndarray:
    """Draw regions, each with its id: (H, W) uint16. Where they overlap the smaller is on top."""
    flat = empty((shape[0] * shape[1],))
    for category_id, runs in sorted(regions, key=lambda region: -region[1].area):
        for start, stop in zip(runs.starts.tolist(), runs.stops.tolist(), strict=True):
            flat[start:stop] = category_id
    return flat.reshape(shape, order="F")
