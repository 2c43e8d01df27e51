"""Outlines of objects that give exactly the same pixels back.

Coordinates are x, y in pixels with the picture's top left corner at (0, 0), so the centre
of the pixel in row ``r`` and column ``c`` is (c + 0.5, r + 0.5). An outline passes through
the middles of the pixels' edges and cuts corners between them: it stays 0.35 pixels away
from every centre. Filled by the even-odd rule, pixel by pixel at the centres, it is the
mask without any difference, and still is after rounding to a tenth of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """A connected part of an object.

    Attributes
    ----------
    number
        Of the object; a part of a thing is the whole thing.
    rings
        The outline, then the holes: (n, 2) x, y, not closed.
    mask : (h, w) bool
        Its pixels.
    corner
        Left and top of `mask` in the picture.
    """

    number: int
    rings: tuple[np.ndarray, ...]
    mask: np.ndarray
    corner: tuple[int, int]

    @property
    def outline_area(self) -> float:
        """Area within the outline, holes included: what lies in a hole has less."""
        return abs(_signed_area(self.rings[0]))


def polygons_of(numbers: np.ndarray) -> list[Part]:
    """Outline the objects of a picture.

    Parameters
    ----------
    numbers : (H, W) integer
        Number of each pixel's object, 0 is no object.

    Returns
    -------
    list of Part
        The largest outline first, so that a part within a hole comes after what surrounds it.
    """
    from scipy.ndimage import find_objects
    from skimage.measure import label

    regions = label(numbers, background=0)
    parts = []
    for region, place in enumerate(find_objects(regions), start=1):
        mask = regions[place] == region
        corner = (place[1].start, place[0].start)
        number = int(numbers[place][mask][0])
        parts.append(Part(number, _rings(mask, corner), mask, corner))
    return sorted(parts, key=lambda part: -part.outline_area)


def _rings(mask: np.ndarray, corner: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Outline and holes of a connected mask; regions that touch at a corner are one."""
    from skimage.measure import find_contours

    contours = find_contours(np.pad(mask, 1), 0.5, fully_connected="high")
    # Row, column of padded pixel centres become x, y of pixel corners: -1 and +0.5.
    shift = np.asarray(corner) - 0.5
    rings = [_straight(contour[:-1, ::-1] + shift) for contour in contours]
    return tuple(sorted(rings, key=lambda ring: -abs(_signed_area(ring))))


def _straight(ring: np.ndarray) -> np.ndarray:
    """Drop the points in the middle of straight lines, which changes nothing."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    kept: np.ndarray = ring[turn != 0]
    return kept


def _signed_area(ring: np.ndarray) -> float:
    x, y = ring.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
