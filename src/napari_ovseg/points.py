"""Scores at single pixels: what is decided a second time, and what a person points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_ovseg.apart import logits_of, window_logits
from napari_ovseg.interpolate import weights_at
from napari_ovseg.scoring import decide

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries


_BLOCK = 1 << 22
"""Numbers in the largest temporary: 16 MiB of float32."""


def best_at(
    features: Features, queries: Queries, place: tuple[int, int], count: int = 3
) -> list[tuple[int, float]]:
    """Find the likeliest categories of one pixel.

    Parameters
    ----------
    place
        Row and column of the image.

    Returns
    -------
    list of (category id, probability 0..1)
        At most `count`, the likeliest first. A category's is that of its best query; 0 stands
        for the contrast words.
    """
    with torch.inference_mode():
        row, column = (torch.tensor([i]) for i in place)
        logits = logits_at(features, queries, row, column)[0]
        chances = (logits if queries.independent else logits.softmax(-1)).tolist()
    best: dict[int, float] = {}
    for category, chance in zip(queries.ids.tolist(), chances, strict=True):
        best[category] = max(chance, best.get(category, 0.0))
    return sorted(best.items(), key=lambda pair: -pair[1])[:count]


def logits_at(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    """Score pixels of an image as `scoring` does; only patches around them are looked at.

    Parameters
    ----------
    rows, columns : (n,) int64
        Of the image.

    Returns
    -------
    logits : (n, Q) float32
    """
    device = features.vectors.device
    rows, columns = rows.to(device), columns.to(device)
    if not features.merged:
        return _row_by_row(features, queries, rows, columns)
    return _between_patches(features, queries, features.vectors[0], (rows, columns))


def sample(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    """Label some rows and columns of an image whose windows were merged.

    Parameters
    ----------
    rows, columns : (n,) and (m,) float32
        Where, px; rising.

    Returns
    -------
    ids : (n, m) int64
        As `scoring.label_blocks` gives them there.
    """
    grid, ratios = features.vectors.shape[1:3], _ratios(features)
    low, high, down = weights_at(rows, grid[0], ratios[0])
    left, right, across = weights_at(columns, grid[1], ratios[1])
    first, before = int(low[0]), int(left[0])
    vectors = features.vectors[0, first : int(high[-1]) + 1, before : int(right[-1]) + 1]
    logits = logits_of(features, vectors, queries)
    at_rows = torch.lerp(logits[low - first], logits[high - first], down[:, None, None])
    parts = []
    for part in at_rows.split(max(1, _BLOCK // (len(columns) * logits.shape[-1]))):
        ends_of = part[:, left - before], part[:, right - before]
        parts.append(decide(torch.lerp(*ends_of, across[:, None]), queries))
    return torch.cat(parts)


def _row_by_row(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    """Score whole rows of the image and keep what is asked for: (n, Q)."""
    logits = torch.empty(len(rows), len(queries.ids), device=rows.device)
    at_once = max(1, _BLOCK // (len(queries.ids) * features.working[1]))
    for start in range(0, features.shape[0], at_once):
        inside = (rows >= start) & (rows < start + at_once)
        if bool(inside.any()):
            first, last = int(rows[inside].min()), int(rows[inside].max()) + 1
            part = window_logits(features, queries, first, last)
            logits[inside] = part[rows[inside] - first, columns[inside]]
    return logits


def _ratios(features: Features) -> tuple[float, float]:
    """Patches of a merged grid per pixel of the image, along rows and columns."""
    window, cells = features.windows[0], features.vectors.shape[1:3]
    sides = window.height, window.width
    zoom = [work / side for work, side in zip(features.working, features.shape, strict=True)]
    return zoom[0] * cells[0] / sides[0], zoom[1] * cells[1] / sides[1]


def _between_patches(
    features: Features,
    queries: Queries,
    vectors: Tensor,
    places: tuple[Tensor, Tensor],
) -> Tensor:
    """Interpolate logits between the four patches (gh, gw, C) around each of n pixels: (n, Q)."""
    (height, width), ratios = vectors.shape[:2], _ratios(features)
    top, bottom, down = weights_at(places[0], height, ratios[0])
    left, right, along = weights_at(places[1], width, ratios[1])
    corners = torch.stack([r * width + c for r in (top, bottom) for c in (left, right)])
    cells, place = corners.unique(return_inverse=True)
    logits = logits_of(features, vectors.flatten(0, 1)[cells][None], queries)[0]
    upper, lower = (
        torch.lerp(logits[place[i]], logits[place[i + 1]], along[:, None]) for i in (0, 2)
    )
    return torch.lerp(upper, lower, down[:, None])
