"""From features and text to category ids, block by block, never (Q, H, W) at full size.

Letters: Q queries, L windows, (gh, gw) patch grid, C channels, (h, w) image, n rows of a
block. Scores are bilinear between patch centres (``align_corners=False``), as in SCLIP.

On one merged grid most of the work can be skipped. Interpolate along the columns only;
then, on the stretch of a column between two grid rows, every query's score is a straight
line. A query that is best at both ends is best in between, and the probability of that
query is at least the smaller of its two ends, because ``1 / p = sum_q exp(s (l_q - l_best))``
is convex there. Only the other stretches are computed pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_ovseg.features import Features

_BLOCK = 1 << 23
"""Numbers in the largest temporary of a block: 32 MiB of float32."""


@dataclass(frozen=True, eq=False, slots=True)
class Queries:
    """What is looked for, one row per query.

    Attributes
    ----------
    text : (Q, C) float32
        Embeddings.
    ids : (Q,) int64
        Category id of each query; 0 for contrast words.
    thresholds : (Q,) float32
        Smallest probability at which the query's category is assigned.
    eligible : (Q,) bool
        Queries that may win; the others still share the probability.
    scale : float
        Factor on cosines before the softmax over queries.
    """

    text: Tensor
    ids: Tensor
    thresholds: Tensor
    eligible: Tensor
    scale: float


def label_blocks(features: Features, queries: Queries) -> Iterator[tuple[int, int, Tensor]]:
    """Label an image, a block of rows at a time.

    Yields
    ------
    start, stop
        Rows of the image.
    ids : (stop - start, w) int64
        Category ids, 0 where a contrast word won or no threshold was reached.
    """
    if features.merged:
        yield from _merged_blocks(features, queries)
        return
    height, width = features.shape
    rows = max(1, _BLOCK // (len(queries.ids) * max(width, features.working[1])))
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        yield start, stop, decide(logits(features, queries, start, stop), queries)


def decide(scores: Tensor, queries: Queries) -> Tensor:
    """Choose for each pixel: (Q, ...) cosines to (...) category ids."""
    masked = scores.masked_fill(~_along_first(queries.eligible, scores), -torch.inf)
    best, winner = masked.max(dim=0)
    ids = queries.ids[winner]
    if not bool(queries.eligible.any()):
        return torch.zeros_like(ids)
    if bool((queries.thresholds > 0).any()):
        ids = torch.where(_probability(scores, best, queries) < queries.thresholds[winner], 0, ids)
    return ids


def _along_first(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.ndim - 1))


def _probability(scores: Tensor, best: Tensor, queries: Queries) -> Tensor:
    """Softmax probability over all queries of the one that scores `best`."""
    return 1 / ((scores - best) * queries.scale).exp().sum(dim=0)


# --- windows kept apart: the papers' arithmetic ---------------------------------------


def logits(features: Features, queries: Queries, start: int, stop: int) -> Tensor:
    """Cosines of rows `start` to `stop` of the image: (Q, stop - start, w).

    Each window's scores are interpolated to its pixels, averaged where windows overlap, and
    the average is interpolated to the image (SCLIP's sliding inference).
    """
    (work_h, work_w), (height, width) = features.working, features.shape
    ratio = work_h / height
    first = max(0, int((start + 0.5) * ratio - 0.5) - 1)
    last = min(work_h, int((stop - 0.5) * ratio - 0.5) + 3)
    total = torch.zeros(len(queries.ids), last - first, work_w, device=features.vectors.device)
    count = torch.zeros(1, last - first, work_w, device=total.device)
    for window, vectors in zip(features.windows, features.vectors, strict=True):
        top, bottom = max(first, window.top), min(last, window.top + window.height)
        if top >= bottom:
            continue
        scores = features.recipe.method.score(vectors.float(), queries.text).permute(2, 0, 1)
        pixels = upsample(scores, (window.height, window.width))
        columns = slice(window.left, window.left + window.width)
        total[:, top - first : bottom - first, columns] += pixels[
            :, top - window.top : bottom - window.top
        ]
        count[:, top - first : bottom - first, columns] += 1
    low, high, weight = _row_weights(height, work_h, ratio, total.device)
    low, high, weight = (v[start:stop] for v in (low, high, weight))
    mean = total / count
    rows = torch.lerp(mean[:, low - first], mean[:, high - first], weight[:, None])
    return upsample(rows, (stop - start, width))


def upsample(
    scores: Tensor, size: tuple[int, int], zoom: tuple[float, float] | None = None
) -> Tensor:
    """Interpolate (Q, a, b) scores to `size`, bilinear between centres.

    `zoom` gives pixels per cell where they are not ``size / (a, b)``.
    """
    factors = zoom or (size[0] / scores.shape[1], size[1] / scores.shape[2])
    result: Tensor = torch.ops.aten.upsample_bilinear2d.default(
        scores[None].contiguous(), list(size), False, *factors
    )
    return result[0]


def _row_weights(
    rows: int, cells: int, ratio: float, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Between which grid rows each pixel row lies, and how far: (rows,) each."""
    position = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * ratio - 0.5
    position = position.clamp(0, cells - 1)
    low = position.floor().long()
    return low, (low + 1).clamp(max=cells - 1), position - low


# --- one merged grid: the fast way ---------------------------------------------------


def _merged_blocks(features: Features, queries: Queries) -> Iterator[tuple[int, int, Tensor]]:
    height, width = features.shape
    cells = features.vectors.shape[1]
    patch = features.windows[0].height / cells
    ratio = features.working[0] / height / patch
    low, _, weight = _row_weights(height, cells, ratio, features.vectors.device)
    per_block = max(1, _BLOCK // (len(queries.ids) * width))
    for first in range(0, int(low[-1]) + 1, per_block):
        start, stop = (int(torch.searchsorted(low, v)) for v in (first, first + per_block))
        if start == stop:
            continue
        last = min(int(low[stop - 1]) + 2, cells)
        lattice = _lattice(features, queries, first, last)
        yield start, stop, _fill(lattice, low[start:stop] - first, weight[start:stop], queries)


def _lattice(features: Features, queries: Queries, first: int, last: int) -> Tensor:
    """Scores at grid rows `first` to `last`, interpolated along the columns: (Q, rows, w)."""
    vectors = features.vectors[0, first:last].float()
    scores = features.recipe.method.score(vectors, queries.text).permute(2, 0, 1)
    width = features.shape[1]
    patch = features.windows[0].width / vectors.shape[1]
    zoom = patch * width / features.working[1]
    return upsample(scores, (last - first, width), (1.0, zoom))


def _fill(lattice: Tensor, low: Tensor, weight: Tensor, queries: Queries) -> Tensor:
    """Label pixel rows from lattice rows.

    Parameters
    ----------
    lattice : (Q, r, w)
        Scores on consecutive grid rows.
    low, weight : (n,)
        Lattice row above each pixel row, and how far below it the pixel row lies, 0..1.

    Returns
    -------
    ids : (n, w) int64
    """
    masked = lattice
    if not bool(queries.eligible.all()):
        masked = lattice.masked_fill(~_along_first(queries.eligible, lattice), -torch.inf)
    best, winner = masked.max(dim=0)
    sure = torch.ones_like(winner, dtype=torch.bool)
    if bool((queries.thresholds > 0).any()):
        sure = _probability(lattice, best, queries) >= queries.thresholds[winner]
    below = torch.arange(1, len(winner) + 1, device=winner.device).clamp(max=len(winner) - 1)
    certain = sure & sure[below] & (winner == winner[below])
    ids = queries.ids[winner][low]
    open_row, open_column = torch.nonzero(~certain, as_tuple=True)
    counts = torch.bincount(low, minlength=len(winner))
    firsts = torch.cumsum(counts, 0) - counts
    for rows in counts.unique().tolist():
        if rows == 0:
            continue
        chosen = counts[open_row] == rows
        places = open_row[chosen], open_column[chosen]
        step = max(1, _BLOCK // (len(lattice) * rows))
        for begin in range(0, len(places[0]), step):
            r, c = (p[begin : begin + step] for p in places)
            offsets = torch.arange(rows, device=r.device)[:, None]
            pixel_rows = firsts[r] + offsets
            top, bottom = lattice[:, r, c][:, None], lattice[:, below[r], c][:, None]
            scores = torch.lerp(top, bottom, weight[pixel_rows])
            ids[pixel_rows, c.expand_as(pixel_rows)] = decide(scores, queries)
    return ids
