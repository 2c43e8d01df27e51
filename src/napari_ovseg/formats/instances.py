"""Objects of a label map: connected regions of a category, numbered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_ovseg.vocabulary import Category, Vocabulary


@dataclass(frozen=True, eq=False, slots=True)
class Instances:
    """Numbered objects.

    Attributes
    ----------
    numbers : (..., H, W) int32
        Number of each pixel's object, from 1; 0 is unlabelled.
    categories
        Category of object ``i + 1``.
    """

    numbers: np.ndarray
    categories: tuple[Category, ...]


def instances_of(ids: np.ndarray, vocabulary: Vocabulary) -> Instances:
    """Number the objects of a label map.

    Parameters
    ----------
    ids : (..., H, W) integer
        Category ids.

    Notes
    -----
    Each connected region (corners count) of a category whose role is ``thing`` is an object;
    of any other category all pixels are one. Objects of one category that touch are one.
    """
    from skimage.measure import label

    things = np.isin(ids, [c.id for c in vocabulary if c.role == "thing"])
    numbers = label(np.where(things, ids, 0).astype(np.int32), background=0).astype(np.int32)
    first = np.zeros(int(numbers.max(initial=0)) + 1, np.int64)
    first[numbers] = ids
    by_id = {c.id: c for c in vocabulary}
    found = [by_id[int(i)] for i in first[1:]]
    for category in vocabulary:
        place = ids == category.id
        if category.role != "thing" and place.any():
            found.append(category)
            numbers[place] = len(found)
    return Instances(numbers, tuple(found))
