"""Boxes of a label map: what is written, kept and told of comes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

Box = tuple[slice, ...]
"""A slice with start and stop for each axis of a label map."""


def whole(shape: tuple[int, ...], plane: tuple[int, ...] = ()) -> Box:
    """Return the box of one plane of a label map, or of all of it."""
    return (
        *(slice(i, i + 1) for i in plane),
        *(slice(0, n) for n in shape[len(plane) :]),
    )


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all of some."""
    sides = zip(*boxes, strict=True)
    return tuple(slice(min(s.start for s in a), max(s.stop for s in a)) for a in sides)


def within(part: Box, box: Box) -> Box:
    """Return where a box lies in one that holds it."""
    return tuple(slice(p.start - b.start, p.stop - b.start) for p, b in zip(part, box, strict=True))


def tight(box: Box, changed: np.ndarray) -> tuple[Box, Box] | None:
    """Shrink a box to what changed in it.

    Returns
    -------
    box
        The smallest one, in the label map.
    inner
        The same in the old box; None for both where nothing changed.
    """
    inner = []
    for axis in range(changed.ndim):
        others = tuple(a for a in range(changed.ndim) if a != axis)
        found = np.flatnonzero(changed.any(axis=others))
        if not len(found):
            return None
        inner.append(slice(int(found[0]), int(found[-1]) + 1))
    outer = tuple(
        slice(b.start + s.start, b.start + s.stop) for b, s in zip(box, inner, strict=True)
    )
    return outer, tuple(inner)
