"""Features of rows that are finished, while those below are still being encoded."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_ovseg.batches import Encoded
from napari_ovseg.progress import Progress
from napari_ovseg.windows import Window

if TYPE_CHECKING:
    from napari_ovseg.features import Features

EVERY_S = 2.0
"""Between two bands, seconds."""
PAUSE = 4.0
"""Between two bands, times what labelling the last one took: a fifth of the time at most."""
_LEAST_ROWS = 2
"""Of a band: less is no picture."""


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
        self._whole, self._patch, self._top = whole, patch, 0
        self._told: Progress | None = None
        self._when = time.monotonic()
        self._next = self._when + EVERY_S

    def tell(self, progress: Progress) -> Progress:
        """Return a band instead of a step, if it is time for one; else the plain step."""
        now = time.monotonic()
        if isinstance(self._told, Band):  # whoever asked for it has labelled it meanwhile
            self._next = now + max(EVERY_S, PAUSE * (now - self._when))
        self._told, self._when = progress.plain, now
        if isinstance(progress, Encoded) and now >= self._next:
            bottom = _finished(progress)
            rows = self._rows(self._top, bottom)
            if rows.stop - rows.start >= _LEAST_ROWS:
                self._told = self._band(progress, self._top, bottom, rows)
                self._top = bottom
        return self._told

    def _rows(self, top: int, bottom: int) -> slice:
        """Return which rows of the image lie between rows of the working image."""
        height = self._whole.shape[0]
        scale = height / self._whole.working[0]
        return slice(round(top * scale), min(round(bottom * scale), height))

    def _band(self, encoded: Encoded, top: int, bottom: int, rows: slice) -> Band:
        from napari_ovseg.merging import merge

        whole, patch = self._whole, self._patch
        windows = encoded.windows[: len(encoded.vectors)]
        reach = [i for i, w in enumerate(windows) if w.top < bottom and w.top + w.height > top]
        above = windows[reach[0]].top
        lowered = [replace(windows[i], top=windows[i].top - above) for i in reach]
        merged, (around,) = merge(
            encoded.vectors[reach], lowered, patch, feathered=whole.recipe.tiling.feathered
        )
        cells = merged.shape[1] * patch // around.height
        inside = slice((top - above) // patch * cells, (bottom - above) // patch * cells)
        features = replace(
            whole,
            vectors=merged[:, inside],
            windows=(Window(0, 0, bottom - top, around.width),),
            working=(bottom - top, whole.working[1]),
            shape=(rows.stop - rows.start, whole.shape[1]),
            image=whole.image.rows(rows),
        )
        return Band(encoded.stage, encoded.done, encoded.total, features, rows)


def _finished(encoded: Encoded) -> int:
    """Return the row of the working image above which no window is left to encode."""
    left = encoded.windows[len(encoded.vectors) :]
    return min((w.top for w in left), default=0)
