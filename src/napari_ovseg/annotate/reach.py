"""Which pixels a brush has reached, also those that it did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_ovseg.annotate.box import Box

_PIECE = 64
"""Dots of a brush that are taken together, so that their box stays small on a long way."""


def stamped(
    corners: np.ndarray, footprint: np.ndarray, shape: tuple[int, ...]
) -> Iterator[tuple[Box, np.ndarray]]:
    """Find the pixels under a footprint that is set down at one place after the other.

    Parameters
    ----------
    corners : (n, ndim) int
        First pixel of the footprint at each place; it may lie outside of the map.
    footprint : bool
        What is covered.
    shape
        Of the map.

    Yields
    ------
    box, reached : bool of the shape of the box
        For some places together. What lies outside of the map is left out.
    """
    size = np.array(footprint.shape)
    for start in range(0, len(corners), _PIECE):
        places = np.unique(corners[start : start + _PIECE], axis=0)
        low = places.min(0)
        reached = np.zeros(places.max(0) - low + size, bool)
        for place in places - low:
            reached[tuple(map(slice, place, place + size))] |= footprint
        begin, end = np.maximum(low, 0), np.minimum(low + reached.shape, shape)
        if (begin < end).all():
            box = tuple(slice(int(b), int(e)) for b, e in zip(begin, end, strict=True))
            yield box, reached[tuple(map(slice, begin - low, end - low))]
