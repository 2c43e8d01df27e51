"""From features and text to category ids, block by block, never (Q, H, W) at full size.

Letters: Q queries (always the last axis), L windows, (gh, gw) patch grid, C channels, (h, w)
image, n rows of a block. Logits are cosines times `Queries.scale`, bilinear between patch
centres (``align_corners=False``), as in SCLIP, plus `Queries.ahead`.

On one merged grid most of the work can be skipped. Interpolate along the columns only;
then, on the stretch of a column between two grid rows, every query's logit is a straight
line. A query that is best at both ends is best in between. With l_b the best logit, its
probability is p = 1 / g with ``g = sum_q exp(l_q - l_b)``, which is convex along the stretch:
if p reaches the threshold at both ends it does in between, and if the two tangents of g stay
above 1 / threshold it does nowhere. Only the other stretches are computed pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_ovseg.apart import logits_of, window_logits
from napari_ovseg.interpolate import row_weights, upsample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_ovseg.features import Features

_BLOCK = 1 << 22
"""Numbers in the largest temporary of a block: 16 MiB of float32."""


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
    below : int
        Id of pixels where no threshold was reached.
    independent : bool
        Whether scores are probabilities already, of each query by itself.
    ahead : (Q,) or () float32
        Added to the logits; nothing by default.
    """

    text: Tensor
    ids: Tensor
    thresholds: Tensor
    eligible: Tensor
    scale: float
    below: int = 0
    independent: bool = False
    ahead: Tensor = field(default_factory=lambda: torch.zeros(()))

    @property
    def thresholded(self) -> bool:
        """Whether any category has a threshold."""
        return bool((self.thresholds > 0).any())


def label_blocks(features: Features, queries: Queries) -> Iterator[tuple[int, int, Tensor]]:
    """Label an image, a block of rows at a time.

    Yields
    ------
    start, stop
        Rows of the image.
    ids : (stop - start, w) int64
        Category ids, 0 where a contrast word won, `Queries.below` where no threshold was reached.
    """
    if features.merged:
        yield from _merged_blocks(features, queries)
        return
    height, width = features.shape
    rows = max(1, _BLOCK // (len(queries.ids) * max(width, features.working[1])))
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        yield start, stop, decide(window_logits(features, queries, start, stop), queries)


def decide(logits: Tensor, queries: Queries, barred: Tensor | None = None) -> Tensor:
    """Choose for each pixel: (..., Q) logits to (...) category ids.

    `barred`, (..., Q) bool, says which queries may not win where; those still share the
    probability, as ineligible ones do. A pixel that all are barred from gets `Queries.below`.
    """
    if not bool(queries.eligible.any()):
        return torch.zeros(logits.shape[:-1], dtype=queries.ids.dtype, device=logits.device)
    allowed = logits if barred is None else logits.masked_fill(barred, -torch.inf)
    best, winner = _best(allowed, queries)
    ids = torch.where(best == -torch.inf, queries.below, queries.ids[winner])
    if queries.thresholded:
        shares = None if queries.independent else logits.softmax(-1)
        probability = best if shares is None else shares.gather(-1, winner[..., None])[..., 0]
        ids = torch.where(probability < queries.thresholds[winner], queries.below, ids)
    return ids


def _best(logits: Tensor, queries: Queries) -> tuple[Tensor, Tensor]:
    """Return the largest logit of an eligible query, and which query it is."""
    if not bool(queries.eligible.all()):
        logits = logits.masked_fill(~queries.eligible, -torch.inf)
    best, winner = logits.max(dim=-1)
    return best, winner


# --- one merged grid: the fast way ---------------------------------------------------


def _merged_blocks(features: Features, queries: Queries) -> Iterator[tuple[int, int, Tensor]]:
    height, width = features.shape
    cells = features.vectors.shape[1]
    patch = features.windows[0].height / cells
    ratio = features.working[0] / height / patch
    low, _, weight = row_weights(height, cells, ratio, features.vectors.device)
    per_block = max(1, _BLOCK // (len(queries.ids) * width))
    for first in range(0, int(low[-1]) + 1, per_block):
        start, stop = (int(torch.searchsorted(low, v)) for v in (first, first + per_block))
        if start == stop:
            continue
        last = min(int(low[stop - 1]) + 2, cells)
        lattice = _lattice(features, queries, first, last)
        yield start, stop, _fill(lattice, low[start:stop] - first, weight[start:stop], queries)


def _lattice(features: Features, queries: Queries, first: int, last: int) -> Tensor:
    """Logits at grid rows `first` to `last`, interpolated along the columns: (rows, w, Q)."""
    patches = logits_of(features, features.vectors[0, first:last], queries)
    width = features.shape[1]
    patch = features.windows[0].width / patches.shape[1]
    zoom = patch * width / features.working[1]
    return upsample(patches, (last - first, width), (1.0, zoom))


def _fill(lattice: Tensor, low: Tensor, weight: Tensor, queries: Queries) -> Tensor:
    """Label pixel rows from lattice rows.

    Parameters
    ----------
    lattice : (r, w, Q)
        Logits on consecutive grid rows.
    low, weight : (n,)
        Lattice row above each pixel row, and how far below it the pixel row lies, 0..1.

    Returns
    -------
    ids : (n, w) int64
    """
    if len(lattice) == 1:  # the last grid row continues to the border
        lattice = lattice.expand(2, -1, -1)
    top, bottom = lattice[:-1], lattice[1:]
    known, certain = _stretches(lattice, queries)
    # A pixel row on the last lattice row lies at the end of the last stretch.
    beyond = low == len(top)
    low, weight = torch.where(beyond, low - 1, low), torch.where(beyond, 1.0, weight)
    ids = known[low]
    open_row, open_column = torch.nonzero(~certain, as_tuple=True)
    counts = torch.bincount(low, minlength=len(top))
    firsts = torch.cumsum(counts, 0) - counts
    for rows in counts.unique().tolist():
        chosen = counts[open_row] == rows
        places = open_row[chosen], open_column[chosen]
        step = max(1, _BLOCK // (lattice.shape[-1] * max(rows, 1)))
        for begin in range(0, len(places[0]) if rows else 0, step):
            r, c = (p[begin : begin + step] for p in places)
            pixel_rows = firsts[r][:, None] + torch.arange(rows, device=r.device)
            ends = top[r, c][:, None], bottom[r, c][:, None]
            logits = torch.lerp(*ends, weight[pixel_rows][..., None])
            ids[pixel_rows, c[:, None].expand_as(pixel_rows)] = decide(logits, queries)
    return ids


def _stretches(lattice: Tensor, queries: Queries) -> tuple[Tensor, Tensor]:
    """Label what is certain between lattice rows.

    Returns
    -------
    ids : (r - 1, w) int64
        Category id along each stretch, where it is certain.
    certain : (r - 1, w) bool
    """
    if not bool(queries.eligible.any()):
        nobody = torch.zeros(
            lattice[1:, :, 0].shape, dtype=queries.ids.dtype, device=lattice.device
        )
        return nobody, torch.ones_like(nobody, dtype=torch.bool)
    best, winner = _best(lattice, queries)
    same = winner[:-1] == winner[1:]
    ids = queries.ids[winner[:-1]]
    if not queries.thresholded:
        return ids, same
    weights = (lattice - best[..., None]).exp()
    g = weights.sum(-1)
    slope = (lattice[1:] - lattice[:-1]) - (best[1:] - best[:-1])[..., None]
    d0, d1 = (weights[:-1] * slope).sum(-1), (weights[1:] * slope).sum(-1)
    limit = 1 / queries.thresholds[winner[:-1]]
    g0, g1 = g[:-1], g[1:]
    passes = (g0 <= limit) & (g1 <= limit)
    # Lowest point of the larger of the two tangents; at an end where g only rises or falls.
    meet = ((g1 - d1 - g0) / (d0 - d1)).nan_to_num(0.0).clamp(0, 1)
    dips = (d0 < 0) & (d1 > 0)
    lowest = torch.where(dips, g0 + d0 * meet, torch.minimum(g0, g1))
    fails = lowest * (1 - 1e-5) > limit
    return torch.where(fails, queries.below, ids), same & (passes | fails)
