"""Confusion tables: counting them, what they amount to, and how sure that is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RESAMPLES = 1000
_SEED = 0


def confusion_table(truth: np.ndarray, predicted: np.ndarray, size: int) -> np.ndarray:
    """Count pairs of values below `size`: (size, size) int64, rows are the truth's."""
    pairs = truth.astype(np.int64) * size + predicted
    return np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)


def tiles(shape: tuple[int, int], count: int) -> Iterator[tuple[slice, slice]]:
    """Cut a picture of (H, W) px into `count` rows and columns of tiles."""
    rows, columns = (np.linspace(0, side, count + 1).astype(int) for side in shape)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            yield slice(top, bottom), slice(left, right)


def scores(table: np.ndarray, names: dict[int, str]) -> dict[str, Any]:
    """Turn a (K + 1, K + 1) confusion table into mIoU, accuracy and IoU by name."""
    ious = _ious(table)
    iou = {name: float(ious[i]) for i, name in names.items() if table[i].sum() > 0}
    return {
        "miou": float(np.mean(list(iou.values()))) if iou else 0.0,
        "pixel_accuracy": float(np.trace(table) / max(table.sum(), 1)),
        "iou": iou,
    }


def interval(tables: Sequence[np.ndarray]) -> tuple[float, float]:
    """How far the mIoU may be off: the bootstrap's 95 % interval.

    Parameters
    ----------
    tables : n of (K + 1, K + 1)
        One per picture, or per tile: what is drawn again, with replacement, 1000 times.

    Notes
    -----
    Percentile method (Efron 1979). Every drawing's mean is over the categories that occur in
    all tables together, as that of `scores` is: one of which a drawing has no pixel counts as
    in all of them. Few pictures, or tiles, which are alike, give an interval that is too short.
    """
    stack = np.stack(tables)
    times = np.random.default_rng(_SEED).multinomial(
        len(stack), np.full(len(stack), 1 / len(stack)), _RESAMPLES
    )
    drawn = np.tensordot(times, stack, 1)
    whole = stack.sum(0)
    ious = np.where(drawn.sum(-1) > 0, _ious(drawn), _ious(whole))
    means = ious[:, whole.sum(-1) > 0].mean(-1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _ious(tables: np.ndarray) -> np.ndarray:
    """IoU of every category: (..., K, K) to (..., K); 0 where there is nothing."""
    hit = np.diagonal(tables, axis1=-2, axis2=-1)
    union = tables.sum(-1) + tables.sum(-2) - hit
    return np.asarray(hit / np.maximum(union, 1))
