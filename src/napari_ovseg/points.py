"""Scores at single pixels: what is decided a second time, and what a person points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_ovseg.scoring import between_cells, patch_logits

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries


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
        chances = logits_at(features, queries, row, column)[0].softmax(-1).tolist()
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
    (work_h, work_w), (height, width) = features.working, features.shape
    if features.merged:
        window = features.windows[0]
        cells = features.vectors.shape[1:3]
        ratios = (
            work_h / height * cells[0] / window.height,
            work_w / width * cells[1] / window.width,
        )
        return _between_patches(features, queries, features.vectors[0], (rows, columns), ratios)
    low, high, down = between_cells(rows, work_h, work_h / height)
    left, right, along = between_cells(columns, work_w, work_w / width)
    corners = torch.stack([low, low, high, high]), torch.stack([left, right, left, right])
    mean = _over_windows(features, queries, (corners[0].flatten(), corners[1].flatten()))
    mean = mean.unflatten(0, (4, -1))
    upper, lower = (torch.lerp(mean[i], mean[i + 1], along[:, None]) for i in (0, 2))
    return torch.lerp(upper, lower, down[:, None])


def _over_windows(features: Features, queries: Queries, places: tuple[Tensor, Tensor]) -> Tensor:
    """Average the logits of windows at working pixels, (n,) rows and columns: (n, Q)."""
    rows, columns = places
    total = torch.zeros(len(rows), len(queries.ids), device=rows.device)
    count = torch.zeros(len(rows), 1, device=rows.device)
    for window, vectors in zip(features.windows, features.vectors, strict=True):
        down, along = rows - window.top, columns - window.left
        inside = (down >= 0) & (down < window.height) & (along >= 0) & (along < window.width)
        if not bool(inside.any()):
            continue
        ratios = vectors.shape[0] / window.height, vectors.shape[1] / window.width
        there = down[inside], along[inside]
        total[inside] += _between_patches(features, queries, vectors, there, ratios)
        count[inside] += 1
    return total / count


def _between_patches(
    features: Features,
    queries: Queries,
    vectors: Tensor,
    places: tuple[Tensor, Tensor],
    ratios: tuple[float, float],
) -> Tensor:
    """Interpolate logits between the four patches (gh, gw, C) around each of n places: (n, Q).

    `ratios` are patches per unit of the places, along rows and columns.
    """
    height, width = vectors.shape[:2]
    top, bottom, down = between_cells(places[0], height, ratios[0])
    left, right, along = between_cells(places[1], width, ratios[1])
    corners = torch.stack([r * width + c for r in (top, bottom) for c in (left, right)])
    cells, place = corners.unique(return_inverse=True)
    logits = patch_logits(features, vectors.flatten(0, 1)[cells][None], queries)[0]
    upper, lower = (
        torch.lerp(logits[place[i]], logits[place[i + 1]], along[:, None]) for i in (0, 2)
    )
    return torch.lerp(upper, lower, down[:, None])
