"""Features of rows that are finished, while those below are still being encoded."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.batches import Encoded
from napari_ovseg.progress import Progress, Steps, mapped
from napari_ovseg.windows import Window

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.features import Features

EVERY_S = 2.0
"""Between two bands: labels are taken of each, which should not slow the encoding down."""


@dataclass(frozen=True, eq=False, slots=True)
class Band(Progress):
    """Rows of an image that no window to come takes part in.

    Attributes
    ----------
    features
        Of these rows as a picture of its own: those of the size that is worked at, without the
        smaller ones that are averaged in at the end.
    rows
        Which rows of the image.
    """

    features: Features
    rows: slice


class Bands:
    """Turns what `encode_windows` tells into bands, of rows that were in none before.

    Parameters
    ----------
    whole
        What the features of the image will be, with no vectors and windows yet.
    patch
        Of the encoder, px of the working image.
    """

    def __init__(self, whole: Features, patch: int) -> None:
        self._whole, self._patch = whole, patch
        self._top, self._last = 0, time.monotonic()

    def watch(self, steps: Steps[Tensor]) -> Steps[Tensor]:
        """Encode windows, and tell of a band instead of a step now and then."""
        return mapped(steps, self._told)

    def _told(self, progress: Progress) -> Progress:
        if not isinstance(progress, Encoded) or time.monotonic() - self._last < EVERY_S:
            return progress
        bottom = _finished(progress)
        if bottom <= self._top:
            return progress
        top, self._top, self._last = self._top, bottom, time.monotonic()
        return self._band(progress, top, bottom)

    def _band(self, encoded: Encoded, top: int, bottom: int) -> Band:
        from napari_ovseg.merging import merge

        whole, patch = self._whole, self._patch
        windows = encoded.windows[: len(encoded.vectors)]
        reach = [i for i, w in enumerate(windows) if w.top < bottom and w.top + w.height > top]
        above = windows[reach[0]].top
        lowered = [replace(windows[i], top=windows[i].top - above) for i in reach]
        merged, (around,) = merge(encoded.vectors[reach], lowered, patch)
        cells = merged.shape[1] * patch // around.height
        inside = slice((top - above) // patch * cells, (bottom - above) // patch * cells)
        scale = whole.shape[0] / whole.working[0]
        rows = slice(round(top * scale), min(round(bottom * scale), whole.shape[0]))
        pixels = np.asarray(whole.image.levels[0][rows])
        features = replace(
            whole,
            vectors=merged[:, inside],
            windows=(Window(0, 0, bottom - top, around.width),),
            working=(bottom - top, whole.working[1]),
            shape=(rows.stop - rows.start, whole.shape[1]),
            image=replace(whole.image, levels=(pixels,)),
        )
        return Band(encoded.stage, encoded.done, encoded.total, features, rows)


def _finished(encoded: Encoded) -> int:
    """Return the row of the working image above which no window is left to encode."""
    left = encoded.windows[len(encoded.vectors) :]
    return min((w.top for w in left), default=0)
