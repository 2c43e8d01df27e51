"""Napari's strokes: what its brush and its polygon cover, and its records of what they changed.

What they cover is asked of an empty layer that they paint on, so it is right in all versions.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

if TYPE_CHECKING:
    from napari_ovseg.annotate.box import Box


@lru_cache(maxsize=8)
def brush_footprint(diameter: float, scale: tuple[float, ...]) -> np.ndarray:
    """What one dot of the brush covers, its middle in the middle.

    Parameters
    ----------
    diameter
        Of the brush, px of the axis along which they are smallest.
    scale
        Of the axes that it paints along.

    Returns
    -------
    bool, axes of equal odd length
    """
    half = int(diameter) // 2
    plain = Labels(np.zeros((2 * half + 1,) * len(scale), np.uint8), scale=scale)
    plain.n_edit_dimensions, plain.brush_size = len(scale), diameter
    plain.paint((half,) * len(scale), 1)
    covered: np.ndarray = np.asarray(plain.data) == 1
    return covered


def polygon_footprint(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a polygon covers: its first pixel (2,), and bool of the size of its box.

    Parameters
    ----------
    points : (n, 2)
        Its corners, px; napari cuts their fractions off.
    """
    corners = points.astype(int)
    first = corners.min(0)
    plain = Labels(np.zeros(np.ptp(corners, axis=0) + 1, np.uint8))
    plain.paint_polygon(corners - first, 1)
    return first, np.asarray(plain.data) == 1


def read_record(atom: Any) -> tuple[Box, np.ndarray, np.ndarray]:
    """Read a record of napari's: the box, which of its pixels changed, and what these held before.

    It is by box and mask, or by the index of every pixel.
    """
    if len(atom) == 4:
        box, mask, old, _ = atom
        if mask is None:
            mask = np.ones(np.shape(old), bool)
        return tuple(box), mask, np.asarray(old)[mask] if np.ndim(old) == mask.ndim else old
    indices, old, _ = atom
    indices = tuple(np.asarray(i).ravel() for i in indices)
    box = tuple(slice(int(i.min()), int(i.max()) + 1) for i in indices)
    within = tuple(i - b.start for i, b in zip(indices, box, strict=True))
    values = np.zeros(tuple(b.stop - b.start for b in box), np.asarray(old).dtype)
    mask = np.zeros(values.shape, bool)
    mask[within], values[within] = True, old
    return box, mask, values[mask]


def encircles(layer: Labels, event: Any) -> bool:
    """Whether napari draws an outline meanwhile, from a click of the right button to its end.

    It comes as a polygon when it is closed; the left button moves the picture until then.
    """
    outline = layer._overlays.get("brush_stroke")  # as napari's own brush asks
    return outline is not None and (outline.active or (outline.enabled and event.button == 2))
