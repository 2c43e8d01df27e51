"""Means and growth in squares around pixels, at a cost that hardly depends on their size."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def cells(planes: Tensor, side: int) -> Tensor:
    """Means of cells, the last ones smaller: (n, h, w) to (n, a, b)."""
    return F.avg_pool2d(planes[None], side, ceil_mode=True, count_include_pad=False)[0]


def box(planes: Tensor, reach: int) -> Tensor:
    """Mean of a square around each pixel, of what is inside the image: (n, h, w)."""
    total = _joined(planes, reach, operator.add)
    for axis in (-2, -1):
        size = planes.shape[axis]
        at = torch.arange(size, device=planes.device)
        count = (at + reach).clamp(max=size - 1) - (at - reach).clamp(min=0) + 1
        total = total / count.view(-1, *(1,) * (-1 - axis))
    return total


def opened(mask: Tensor, reach: int) -> Tensor:
    """Return what squares of ``2 * reach + 1`` px inside a mask cover: (h, w) bool.

    Beyond the image the mask goes on.
    """
    return spread(~spread(~mask, reach), reach)


def spread(mask: Tensor, reach: int) -> Tensor:
    """Grow a mask by `reach` px in a square: (h, w) bool."""
    return _joined(mask, reach, operator.or_)


def _joined(planes: Tensor, reach: int, join: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Join all values of a square around each pixel, zero beyond: (..., h, w).

    Runs of 1, 2, 4, … values make a run of ``2 * reach + 1``, in log2(reach) passes. The order
    is the same at every pixel, so that sums do not depend on where a tile begins.
    """
    planes = F.pad(planes, (reach,) * 4, value=0)
    length = 2 * reach + 1
    for axis in (-2, -1):
        size = planes.shape[axis] - length + 1
        run, have = planes, 1
        result, done = planes.narrow(axis, 0, size), 1  # the length is odd
        while 2 * have <= length:
            kept = run.shape[axis] - have
            run, have = join(run.narrow(axis, 0, kept), run.narrow(axis, have, kept)), 2 * have
            if length & have:
                result = join(result, run.narrow(axis, done, size))
                done += have
        planes = result
    return planes
