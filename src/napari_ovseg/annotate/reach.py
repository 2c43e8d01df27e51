"""Which pixels a brush or a polygon has reached, also those that it did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.annotate.box import Box


def along(
    path: Sequence[Sequence[float]], axes: Sequence[int], brush: float, shape: tuple[int, ...]
) -> tuple[Box, np.ndarray] | None:
    """Find the pixels under a round brush that was drawn along a path.

    Parameters
    ----------
    path
        Places in the label map, px, one after the other.
    axes
        The two axes that were on screen; all places share the others.
    brush
        Diameter, px.
    shape
        Of the label map.

    Returns
    -------
    box, reached : bool of the shape of the box; None if it is outside of the map
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.draw import line

    places = np.rint(np.asarray(path, float)).astype(int)
    rows_cols = places[:, list(axes)[-2:]]
    radius = max(brush / 2 - 0.5, 0)
    margin = int(np.ceil(radius))
    low, high = rows_cols.min(0) - margin, rows_cols.max(0) + margin + 1
    drawn = np.ones(high - low, bool)
    for start, stop in zip(rows_cols, [*rows_cols[1:], rows_cols[-1]], strict=True):
        drawn[line(*(start - low), *(stop - low))] = False
    return _cut(distance_transform_edt(drawn) <= radius, low, places[0], axes, shape)


def inside(points: np.ndarray, shape: tuple[int, ...]) -> tuple[Box, np.ndarray] | None:
    """Find the pixels inside of a polygon.

    Parameters
    ----------
    points : (n, ndim) float
        Its corners, px; they differ along the two axes that were on screen.
    shape
        Of the label map.

    Returns
    -------
    As `along`.
    """
    from skimage.draw import polygon2mask

    varied = np.flatnonzero(np.ptp(points, axis=0) > 0)
    axes = varied.tolist() if len(varied) == 2 else list(range(len(shape)))[-2:]
    corners = points[:, axes]
    low = np.floor(corners.min(0)).astype(int)
    size = np.ceil(corners.max(0)).astype(int) + 1 - low
    first = np.rint(points[0]).astype(int)
    return _cut(polygon2mask(tuple(size), corners - low), low, first, axes, shape)


def _cut(
    reached: np.ndarray, low: np.ndarray, place: np.ndarray, axes: Sequence[int],
    shape: tuple[int, ...],
) -> tuple[Box, np.ndarray] | None:  # fmt: skip
    """Cut what lies outside of the map off, and give the plane its place in a stack."""
    rows, cols = sorted(list(axes)[-2:])
    if (rows, cols) != tuple(list(axes)[-2:]):
        reached, low = reached.T, low[::-1]
    box = [slice(int(p), int(p) + 1) for p in place]
    cuts = []
    for axis, start, count in zip((rows, cols), low, reached.shape, strict=True):
        begin, end = max(int(start), 0), min(int(start) + count, shape[axis])
        if begin >= end:
            return None
        box[axis] = slice(begin, end)
        cuts.append(slice(begin - int(start), end - int(start)))
    if any(b.start < 0 or b.stop > n for b, n in zip(box, shape, strict=True)):
        return None
    size = tuple(b.stop - b.start for b in box)
    return tuple(box), reached[tuple(cuts)].reshape(size)
