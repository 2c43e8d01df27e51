"""From features and text to category ids, block by block, never (Q, H, W) at full size.

Letters: Q queries (always the last axis), L windows, (gh, gw) patch grid, C channels, (h, w)
image, n rows of a block. Logits are cosines times `Queries.scale`, bilinear between patch
centres (``align_corners=False``), as in SCLIP.

On one merged grid most of the work can be skipped. Interpolate along the columns only;
then, on the stretch of a column between two grid rows, every query's logit is a straight
line. A query that is best at both ends is best in between. With l_b the best logit, its
probability is p = 1 / g with ``g = sum_q exp(l_q - l_b)``, which is convex along the stretch:
if p reaches the threshold at both ends it does in between, and if the two tangents of g stay
above 1 / threshold it does nowhere. Only the other stretches are computed pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

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
    """

    text: Tensor
    ids: Tensor
    thresholds: Tensor
    eligible: Tensor
    scale: float
    below: int = 0

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
        probability = logits.softmax(-1).gather(-1, winner[..., None])[..., 0]
        ids = torch.where(probability < queries.thresholds[winner], queries.below, ids)
    return ids


def _best(logits: Tensor, queries: Queries) -> tuple[Tensor, Tensor]:
    """Return the largest logit of an eligible query, and which query it is."""
    if not bool(queries.eligible.all()):
        logits = logits.masked_fill(~queries.eligible, -torch.inf)
    best, winner = logits.max(dim=-1)
    return best, winner


def patch_logits(features: Features, vectors: Tensor, queries: Queries) -> Tensor:
    """Logits of patches: (a, b, C) to (a, b, Q)."""
    return features.recipe.method.score(vectors.float(), queries.text * queries.scale)


def upsample(
    logits: Tensor, size: tuple[int, int], zoom: tuple[float, float] | None = None
) -> Tensor:
    r"""Interpolate (a, b, Q) to (\*size, Q), bilinear between centres.

    `zoom` gives pixels per cell where they are not ``size / (a, b)``.
    """
    factors = zoom or (size[0] / logits.shape[0], size[1] / logits.shape[1])
    planes = logits.permute(2, 0, 1)[None]  # queries stay innermost in memory
    result: Tensor = torch.ops.aten.upsample_bilinear2d.default(planes, list(size), False, *factors)
    return result[0].permute(1, 2, 0)


def between_cells(pixels: Tensor, cells: int, ratio: float) -> tuple[Tensor, Tensor, Tensor]:
    """Between which cells of a grid pixels lie along one axis, and how far: like `pixels` each."""
    position = ((pixels.float() + 0.5) * ratio - 0.5).clamp(0, cells - 1)
    low = position.floor().long()
    return low, (low + 1).clamp(max=cells - 1), position - low


# --- windows kept apart: the papers' arithmetic ---------------------------------------


def window_logits(features: Features, queries: Queries, start: int, stop: int) -> Tensor:
    """Logits of rows `start` to `stop` of the image: (stop - start, w, Q).

    Each window's logits are interpolated to its pixels, averaged where windows overlap, and
    the average is interpolated to the image (SCLIP's sliding inference).
    """
    (work_h, work_w), (height, width) = features.working, features.shape
    ratio = work_h / height
    first = max(0, int((start + 0.5) * ratio - 0.5) - 1)
    last = min(work_h, int((stop - 0.5) * ratio - 0.5) + 3)
    device = features.vectors.device
    total = torch.zeros(last - first, work_w, len(queries.ids), device=device)
    count = torch.zeros(last - first, work_w, 1, device=device)
    for window, vectors in zip(features.windows, features.vectors, strict=True):
        top, bottom = max(first, window.top), min(last, window.top + window.height)
        if top >= bottom:
            continue
        pixels = upsample(patch_logits(features, vectors, queries), (window.height, window.width))
        place = slice(top - first, bottom - first), window.slices[1]
        inside = total[place].shape[1]  # a merged window reaches over the border
        total[place] += pixels[top - window.top : bottom - window.top, :inside]
        count[place] += 1
    low, high, weight = between_cells(torch.arange(start, stop, device=device), work_h, ratio)
    mean = total / count
    rows = torch.lerp(mean[low - first], mean[high - first], weight[:, None, None])
    return upsample(rows, (stop - start, width))


# --- one merged grid: the fast way ---------------------------------------------------


def _merged_blocks(features: Features, queries: Queries) -> Iterator[tuple[int, int, Tensor]]:
    height, width = features.shape
    cells = features.vectors.shape[1]
    patch = features.windows[0].height / cells
    ratio = features.working[0] / height / patch
    pixels = torch.arange(height, device=features.vectors.device)
    low, _, weight = between_cells(pixels, cells, ratio)
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
    patches = patch_logits(features, features.vectors[0, first:last], queries)
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
