"""Scores at single pixels: what is decided a second time, and what a person points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_ovseg.scoring import between_cells, patch_logits, window_logits

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries

_BLOCK = 1 << 22
"""Numbers in the largest temporary: 16 MiB of float32."""


def logits_at(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    """Score pixels of an image as `scoring` does, only these.

    Parameters
    ----------
    rows, columns : (n,) int64
        Of the image.

    Returns
    -------
    logits : (n, Q) float32
        Of one merged grid only the patches around the pixels are compared with the words; of
        windows that were kept apart whole rows of the image.
    """
    device = features.vectors.device
    places = rows.to(device), columns.to(device)
    return (_merged if features.merged else _apart)(features, queries, *places)


def _merged(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    grid = features.vectors[0]
    window, sides = features.windows[0], (0, 1)
    patches = window.height / grid.shape[0], window.width / grid.shape[1]
    ratios = (features.working[i] / features.shape[i] / patches[i] for i in sides)
    (top, bottom, down), (left, right, along) = (
        between_cells(pixels, cells, ratio)
        for pixels, cells, ratio in zip((rows, columns), grid.shape, ratios, strict=False)
    )
    width = grid.shape[1]
    corners = torch.stack([r * width + c for r in (top, bottom) for c in (left, right)])
    cells, place = corners.unique(return_inverse=True)
    logits = patch_logits(features, grid.flatten(0, 1)[cells][None], queries)[0]
    upper, lower = (
        torch.lerp(logits[place[i]], logits[place[i + 1]], along[:, None]) for i in (0, 2)
    )
    return torch.lerp(upper, lower, down[:, None])


def _apart(features: Features, queries: Queries, rows: Tensor, columns: Tensor) -> Tensor:
    count = len(queries.ids)
    found = torch.empty(len(rows), count, device=rows.device)
    step = max(1, _BLOCK // (count * max(features.shape[1], features.working[1])))
    for band in (rows // step).unique().tolist():
        inside = rows // step == band
        first, last = int(rows[inside].min()), int(rows[inside].max())
        logits = window_logits(features, queries, first, last + 1)
        found[inside] = logits[rows[inside] - first, columns[inside]]
    return found
