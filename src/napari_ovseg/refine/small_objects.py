"""Objects of a label map that are smaller than their category asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


def small_objects(ids: np.ndarray, least: Mapping[int, int]) -> np.ndarray:
    """Find objects, pixels of one category that touch also at corners, that are too small.

    Parameters
    ----------
    ids : (H, W) unsigned integer
        0 is no category.
    least : id to number of pixels
        Smallest size; all objects of other categories are large enough.

    Returns
    -------
    small : (H, W) bool
    """
    from skimage.measure import label

    wanted = np.zeros(int(ids.max()) + 1, np.int64)
    for category, size in least.items():
        if category < len(wanted):
            wanted[category] = size
    objects = label(np.where(wanted[ids] > 1, ids, 0), background=0, connectivity=2)
    category_of = np.zeros(int(objects.max()) + 1, ids.dtype)
    category_of[objects] = ids
    category_of[0] = 0
    small = np.bincount(objects.ravel()) < wanted[category_of]
    small[0] = False
    found: np.ndarray = small[objects]
    return found
