"""The pictures that were worked on last: found again by a glance at their pixels."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from napari_ovseg.channels import Shown
    from napari_ovseg.features import Features
    from napari_ovseg.gui.job import Job
    from napari_ovseg.image import Image
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.scoring import Queries

Place: TypeAlias = tuple[Any, ...]
_MOST = 4
"""Pictures that are remembered."""
_LOOKED_AT = 1 << 22
"""Bytes of a picture that a glance takes in: some milliseconds."""


class Recent:
    """Features, words and limits of the last pictures, by the identity of their arrays.

    A picture in memory whose pixels were changed since is another one. Images are kept with what
    is known of them, so that their identities stay taken.
    """

    def __init__(self) -> None:
        self._encoded: OrderedDict[Any, tuple[Image, Features]] = OrderedDict()
        self._scored: OrderedDict[Any, tuple[Image, Features, Queries]] = OrderedDict()
        self._shown: tuple[Any, Shown, Image] | None = None

    def resolved(self, job: Job) -> Recipe:
        """Return the recipe with its limits; those of the last image are not looked for again."""
        wanted = job.image.identity, _trace(job.image), job.recipe.display
        if self._shown is None or self._shown[0] != wanted:
            self._shown = wanted, job.recipe.display.resolve(job.image), job.image
        return replace(job.recipe, display=self._shown[1])

    def place(self, job: Job, recipe: Recipe) -> Place:
        """Say where the features of a picture are kept; to be asked before it is encoded."""
        image, plane = job.image, job.plane
        return _picture(image, plane), _trace(image, plane), recipe.encoding(), job.device

    def features(self, place: Place, recipe: Recipe) -> Features | None:
        """Return the features of a picture, to be labelled as the recipe says."""
        found = self._encoded.get(place)
        return replace(found[1], recipe=found[1].recipe.labelling_as(recipe)) if found else None

    def encoded(self, place: Place, image: Image, features: Features) -> None:
        """Remember the features of a picture as it was when its place was asked for."""
        _remember(self._encoded, place, (image, features))

    def scored(self, job: Job, features: Features, queries: Queries) -> None:
        """Remember what a picture was last compared with."""
        _remember(self._scored, _picture(job.image, job.plane), (job.image, features, queries))

    def scores_at(
        self, image: Image, plane: tuple[int, ...], place: tuple[int, int]
    ) -> list[tuple[int, float]]:
        """Say what the model found likeliest at a row and column when it last labelled them.

        Returns
        -------
        list of (category id, probability 0..1)
            See `best_at`; empty if the picture was not labelled lately.
        """
        found = self._scored.get(_picture(image, plane))
        if found is None:
            return []
        from napari_ovseg.points import best_at

        return best_at(found[1], found[2], place)

    def clear(self) -> None:
        """Forget all."""
        self._encoded.clear()
        self._scored.clear()
        self._shown = None


def _trace(image: Image, plane: tuple[int, ...] = ()) -> int:
    """Checksum of what is in memory; where that is large, of some of its rows or planes."""
    found, whole = 0, image.levels[0]
    for pixels in getattr(whole, "parts", (whole,)):  # those of several layers
        if isinstance(pixels, np.ndarray):
            part = pixels[plane]
            some = part[:: 1 + part.nbytes // _LOOKED_AT]
            found = zlib.crc32(np.ascontiguousarray(some).data, found)
    return found


def _picture(image: Image, plane: tuple[int, ...]) -> tuple[Any, ...]:
    return image.identity, plane


def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > _MOST:
        kept.popitem(last=False)
