"""A coarse look at labels before all of them are there: some pixels of a part of the image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.progress import Progress

if TYPE_CHECKING:
    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries

MOST = 1 << 16
"""Pixels that are looked at: some two on a screen apart, for the half second until all are."""
LEAST = 1 << 21
"""Pixels of an image below which all of it is labelled as quickly."""

Rectangle = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Glimpse(Progress):
    """Labels of a part of the image, coarser than they will be.

    Attributes
    ----------
    place
        Rows and columns of the image.
    ids : shape of the place, uint16
        Unrefined; each pixel has the id of one near it.
    """

    place: Rectangle
    ids: np.ndarray


def glimpse(features: Features, queries: Queries, place: Rectangle) -> Glimpse | None:
    """Look at a part of an image.

    Parameters
    ----------
    features
        Of windows that were merged.
    queries
        What is looked for.
    place
        Rows and columns; the fewer, the finer.

    Returns
    -------
    Glimpse or None
        None where the image is small, windows were kept apart, or nothing is to be seen.
    """
    import torch

    from napari_ovseg.points import sample

    sides = [s.stop - s.start for s in place]
    if math.prod(features.shape) < LEAST or not features.merged or min(sides) < 1:
        return None
    step = max(1, math.ceil(math.sqrt(math.prod(sides) / MOST)))
    with torch.inference_mode():
        device = features.vectors.device
        rows, columns = (
            (torch.arange(s.start, s.stop, step, device=device) + (step - 1) / 2).clamp(
                max=s.stop - 1
            )
            for s in place
        )
        seen = sample(features, queries, rows, columns).to(torch.int32).cpu().numpy()
    ids = _enlarged(seen.astype(np.uint16), step)[: sides[0], : sides[1]]
    return Glimpse("labels", 0, 1, place, np.ascontiguousarray(ids))


def _enlarged(ids: np.ndarray, step: int) -> np.ndarray:
    """Make squares of pixels; by an assignment, as `np.repeat` holds Python's lock."""
    height, width = ids.shape
    squares = np.empty((height, step, width, step), ids.dtype)
    squares[:] = ids[:, None, :, None]
    return squares.reshape(height * step, width * step)
