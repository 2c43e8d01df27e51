"""Scores of windows that are kept apart: the papers' arithmetic.

Letters as in `scoring`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_ovseg.interpolate import rows_of

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries


def logits_of(features: Features, vectors: Tensor, queries: Queries) -> Tensor:
    """Logits of patches: (a, b, C) to (a, b, Q)."""
    if features.scored:
        return vectors + queries.ahead
    method = features.recipe.method
    return method.score(vectors.float(), queries.text * queries.scale) + queries.ahead


def window_logits(features: Features, queries: Queries, start: int, stop: int) -> Tensor:
    """Logits of rows `start` to `stop` of the image: (stop - start, w, Q).

    Each window's logits are interpolated to its pixels, averaged where windows overlap, and
    the average is interpolated to the image (SCLIP's sliding inference). Those of a trained
    method become probabilities first; the view of the whole image, which comes last, then
    counts as much as all windows together (CAT-Seg's).
    """

    def mean(first: int, last: int) -> Tensor:
        if not features.whole:
            return _averaged(features, queries, first, last)
        rest = _averaged(features, queries, first, last)
        return (rest + _whole(features, queries, first, last)) / 2

    device = features.vectors.device
    return rows_of(mean, features.working[0], features.shape, (start, stop), device)


def _averaged(features: Features, queries: Queries, first: int, last: int) -> Tensor:
    """Mean over the windows at rows of the working image: (last - first, W, Q)."""
    device, width = features.vectors.device, features.working[1]
    total = torch.zeros(last - first, width, len(queries.ids), device=device)
    count = torch.zeros(last - first, width, 1, device=device)
    number = len(features.windows) - features.whole
    for window, vectors in zip(features.windows[:number], features.vectors, strict=False):
        top, bottom = max(first, window.top), min(last, window.top + window.height)
        if top >= bottom:
            continue
        rows = (top - window.top, bottom - window.top)
        pixels = _pixels(features, vectors, queries, (window.height, window.width), rows)
        place = slice(top - first, bottom - first), window.slices[1]
        total[place] += pixels[:, : total[place].shape[1]]  # merged ones reach over the border
        count[place] += 1
    return total / count


def _whole(features: Features, queries: Queries, first: int, last: int) -> Tensor:
    """Scores of the view of the whole at rows of the working image: (last - first, W, Q).

    They are settled at the size of a window, and interpolated from there.
    """
    side = features.recipe.tiling.crop or features.working[0]

    def read(top: int, bottom: int) -> Tensor:
        return _pixels(features, features.vectors[-1], queries, (side, side), (top, bottom))

    return rows_of(read, side, features.working, (first, last), features.vectors.device)


def _pixels(
    features: Features,
    vectors: Tensor,
    queries: Queries,
    size: tuple[int, int],
    rows: tuple[int, int],
) -> Tensor:
    """Rows of a window's logits or probabilities at `size`: (n, w, Q)."""

    def read(first: int, last: int) -> Tensor:
        return logits_of(features, vectors[first:last], queries)

    pixels = rows_of(read, len(vectors), size, rows, vectors.device)
    return pixels.sigmoid() if features.scored else pixels
