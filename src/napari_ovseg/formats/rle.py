"""COCO's run-length code of all objects of a picture, in one pass over its runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Encoded:
    """One object as COCO writes it.

    Attributes
    ----------
    counts
        Compressed run lengths, the bytes that ``pycocotools.mask.encode`` gives.
    area
        Pixels.
    box
        Left, top, width and height in pixels.
    """

    counts: str
    area: int
    box: tuple[int, int, int, int]


def encode(numbers: np.ndarray) -> list[Encoded]:
    """Encode every object of a picture at once.

    Parameters
    ----------
    numbers : (H, W) integer
        Number of each pixel's object: each of 1 to N occurs, 0 is no object.

    Returns
    -------
    list of Encoded
        Of the objects 1 to N.

    Notes
    -----
    The picture is read column by column, as COCO does, and cut where the number changes.
    Runs sorted by number are the objects: no pixel is visited once per object.
    """
    flat = numbers.ravel(order="F")
    starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    stops = np.append(starts[1:], flat.size)
    order = np.argsort(flat[starts], kind="stable")
    order = order[flat[starts[order]] > 0]
    starts, stops, owners = starts[order], stops[order], flat[starts[order]]
    first = np.flatnonzero(np.diff(owners, prepend=0))
    if not first.size:
        return []
    areas = np.add.reduceat(stops - starts, first).tolist()
    boxes = _boxes(starts, stops, first, numbers.shape[0])
    texts = _texts(*_counts(starts, stops, first, flat.size))
    return [Encoded(*values) for values in zip(texts, areas, boxes, strict=True)]


def _boxes(
    starts: np.ndarray, stops: np.ndarray, first: np.ndarray, height: int
) -> list[tuple[int, int, int, int]]:
    """Boxes of the objects; a run that goes on in the next column spans the whole height."""
    left, top = np.divmod(starts, height)
    right, bottom = np.divmod(stops - 1, height)
    top = np.minimum.reduceat(np.where(left == right, top, 0), first)
    bottom = np.maximum.reduceat(np.where(left == right, bottom, height - 1), first)
    left, right = np.minimum.reduceat(left, first), np.maximum.reduceat(right, first)
    sides = np.stack([left, top, right - left + 1, bottom - top + 1], axis=1)
    return [tuple(box) for box in sides.tolist()]


def _counts(
    starts: np.ndarray, stops: np.ndarray, first: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of zeros, ones, zeros ... of one object after the other, and where each begins."""
    gaps = starts - np.append(0, stops[:-1])
    gaps[first] = starts[first]
    last = np.append(first[1:], starts.size)
    tails = size - stops[last - 1]
    counts = np.stack([gaps, stops - starts], axis=1).ravel()
    ended = tails > 0  # COCO writes no tail of zero length
    counts = np.insert(counts, 2 * last[ended], tails[ended])
    return counts, 2 * first + np.append(0, np.cumsum(ended)[:-1])


def _texts(counts: np.ndarray, begins: np.ndarray) -> list[str]:
    """Compress as COCO does: from the fourth on differences to the last but one, in five bits."""
    position = np.arange(counts.size) - np.repeat(begins, np.diff(np.append(begins, counts.size)))
    rest = counts.copy()
    rest[2:] -= np.where(position[2:] > 2, counts[:-2], 0)
    digits, used, more = [], [], np.ones(counts.size, bool)
    while more.any():
        used.append(more)
        digit, rest = rest & 31, rest >> 5
        follows = np.where(digit & 16, rest != -1, rest != 0)
        digits.append((digit + 32 * follows + 48).astype(np.uint8))
        more = more & follows
    written = np.stack(used, axis=1)
    text = np.stack(digits, axis=1)[written].tobytes().decode("ascii")
    ends = np.append(0, np.cumsum(written.sum(axis=1)))[np.append(begins, counts.size)]
    return [text[a:b] for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
