"""The result, before and after a person: `LabelMap`, `Provenance`, `Annotation`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.naming import with_every_id

if TYPE_CHECKING:
    from napari_ovseg.grid import Grid
    from napari_ovseg.vocabulary import Vocabulary


class Owner(IntEnum):
    """Who decided a pixel. A model never changes one that is not its own."""

    MODEL = 0
    PERSON = 1
    LOCKED = 2


_BLOCK = 1 << 18
"""Pixels that are counted at once: some 0.5 ms."""


def locked_ids(ids: np.ndarray, owner: np.ndarray | None) -> frozenset[int]:
    """Return which ids any locked pixel has; none where nobody knows who decided the pixels."""
    return frozenset() if owner is None else frozenset(count_ids(ids[owner == Owner.LOCKED]))


def count_ids(ids: np.ndarray) -> dict[int, int]:
    """Count the pixels of each id that occurs.

    Parameters
    ----------
    ids : (...) integer
        Any integers, as layers of other programs hold them; of ids 0..65 535 it is several
        times faster.
    """
    if ids.min(initial=0) >= 0 and ids.max(initial=0) <= np.iinfo(np.uint16).max:
        table = _table(ids.ravel(), int(ids.max(initial=0)) + 1)
        found = np.flatnonzero(table)
        counts = table[found]
    else:  # a table of all ids up to the largest might not fit into memory
        found, counts = np.unique(ids, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _table(ids: np.ndarray, length: int) -> np.ndarray:
    """Count (n,) ids below `length`, a block at a time: `np.bincount` holds Python's lock."""
    table = np.zeros(length, np.intp)
    for start in range(0, ids.size, _BLOCK):
        block = ids[start : start + _BLOCK].astype(np.intp, copy=False)
        table += np.bincount(block, minlength=length)
    return table


@dataclass(frozen=True, eq=False, slots=True)
class LabelMap:
    """Category ids on the image's own pixels.

    Attributes
    ----------
    ids : (..., H, W) uint16
        `Category.id` of each pixel; 0 is unlabelled. For an export, an array on disk will do, as
        of Zarr or dask.
    vocabulary
        What the ids mean.
    grid
        Where the pixels are.
    """

    ids: np.ndarray
    vocabulary: Vocabulary
    grid: Grid

    def __post_init__(self) -> None:
        """Refuse a map that does not fit its grid."""
        if self.ids.dtype != np.uint16 or self.ids.ndim != len(self.grid.axes):
            raise ImageError(
                f"a label map is uint16 with axes {self.grid.axes}, "
                f"got {self.ids.dtype} of shape {self.ids.shape}"
            )

    def counts(self) -> dict[str, int]:
        """Count the pixels of each category, by name."""
        found = count_ids(self.ids)
        return {c.name: found.get(c.id, 0) for c in self.vocabulary}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where labels come from, complete enough to make them again.

    Attributes
    ----------
    recipe
        The resolved recipe as TOML.
    weights
        Name, sha256 and licence of the encoder.
    versions
        Of this package and of the libraries that compute.
    created
        ISO 8601 time, UTC.
    share_by_hand
        Share of pixels that a person decided or locked, 0..1.
    """

    recipe: str = ""
    weights: str = ""
    versions: str = ""
    created: str = ""
    share_by_hand: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Annotation:
    """A label map with its history: what exporters write and people correct.

    Attributes
    ----------
    name
        Of the image, used for file names.
    labels
        The categories of its pixels.
    owner : (..., H, W) uint8 or None
        `Owner` of each pixel; None where nobody knows.
    provenance
        How the labels were made.
    """

    name: str
    labels: LabelMap
    owner: np.ndarray | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def named(self) -> Annotation:
        """Return the same with a category for every id of its pixels, as far as there may be more.

        A person may paint with a number that has no word, and no word to come is to be its name.
        """
        words, ids = self.labels.vocabulary, count_ids(np.asarray(self.labels.ids))
        return replace(self, labels=replace(self.labels, vocabulary=with_every_id(words, ids)))

    def in_memory(self) -> Annotation:
        """Return the same with numpy's arrays, of which most things are made."""
        owner = None if self.owner is None else np.asarray(self.owner)
        return replace(
            self, labels=replace(self.labels, ids=np.asarray(self.labels.ids)), owner=owner
        )
