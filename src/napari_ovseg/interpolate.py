"""Bilinear interpolation between centres: of maps (rows, columns, Q), and of pictures.

Always as ``align_corners=False`` of torch: cell i of n covers the same share of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


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


def row_weights(
    rows: int, cells: int, ratio: float, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Between which grid rows each pixel row lies, and how far: (rows,) each."""
    return weights_at(torch.arange(rows, device=device), cells, ratio)


def weights_at(pixels: Tensor, cells: int, ratio: float) -> tuple[Tensor, Tensor, Tensor]:
    """Between which cells some pixels lie, and how far: of the shape of `pixels` each."""
    position = ((pixels.float() + 0.5) * ratio - 0.5).clamp(0, cells - 1)
    low = position.floor().long()
    return low, (low + 1).clamp(max=cells - 1), position - low


def stretched(pixels: Tensor, side: int) -> Tensor:
    """Stretch pictures (B, 3, h, w) to squares, as CAT-Seg's official code does.

    It skips pixels where more than two become one; there they are averaged instead.
    """
    if pixels.shape[-2:] == (side, side):
        return pixels
    coarse, size = max(pixels.shape[-2:]) > 2 * side, [side, side]
    return torch.nn.functional.interpolate(pixels, size=size, mode="bilinear", antialias=coarse)


def rows_of(
    read: Callable[[int, int], Tensor],
    cells: int,
    size: tuple[int, int],
    rows: tuple[int, int],
    device: torch.device,
) -> Tensor:
    """Interpolate a map to `size`, but only some rows of the result.

    Parameters
    ----------
    read
        Rows ``first`` to ``last`` of the map, (n, b, Q); asked only for those that are needed.
    cells
        Rows that the map has.
    size : (H, W)
    rows
        The first row that is wanted, and the one after the last.

    Returns
    -------
    (stop - start, W, Q)
    """
    weights = row_weights(size[0], cells, cells / size[0], device)
    low, high, weight = (part[slice(*rows)] for part in weights)
    first = int(low[0])
    given = read(first, int(high[-1]) + 1)
    between = torch.lerp(given[low - first], given[high - first], weight[:, None, None])
    return upsample(between, (len(low), size[1]))
