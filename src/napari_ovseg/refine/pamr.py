"""Pixel-adaptive mask refinement: maps flow between pixels that look alike.

Araslanov, Roth, Single-Stage Semantic Segmentation from Image Labels, CVPR 2020
(arXiv 2005.08104); two dilations and ten steps as in SCLIP's code.

Letters: Q maps, (H, W) image, n dilations, K = 8 n neighbours of a pixel. A step is one
product of a sparse matrix, K numbers per row, with the maps as (H W, Q): the weights are
the same in every step. `torch.nn.functional.embedding_bag` is that product, without the
(Q, K, H, W) temporary of the plain way and without the warnings of torch's sparse matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def pamr(
    image: Tensor, maps: Tensor, steps: int = 10, dilations: tuple[int, ...] = (8, 16)
) -> Tensor:
    """Refine maps by the image.

    Needs about ``8 Q + 400`` bytes a pixel; for large images see `pamr_rows`.

    Parameters
    ----------
    image : (3, H, W) float32
        Only differences relative to the local spread count, so any range will do.
    maps : (Q, h, w) float32
        Logits or probabilities; another size than the image's is interpolated first,
        bilinear between corners (``align_corners=True``), as in the official code.
    steps
        How often every pixel becomes the weighted mean of its neighbours.
    dilations : n numbers
        Distances of the neighbours, px.

    Returns
    -------
    maps : (Q, H, W) float32
        A view of (H, W, Q).
    """
    height, width = image.shape[-2:]
    if maps.shape[-2:] != image.shape[-2:]:
        maps = F.interpolate(maps[None], (height, width), mode="bilinear", align_corners=True)[0]
    values = maps.permute(1, 2, 0).reshape(height * width, len(maps)).contiguous()
    weights = _weights(image, dilations)
    places = _places(height, width, dilations, image.device)
    for _ in range(steps):
        values = F.embedding_bag(places, values, mode="sum", per_sample_weights=weights)
    return values.view(height, width, -1).permute(2, 0, 1)


def pamr_rows(
    image_of: Callable[[int, int], Tensor],
    maps_of: Callable[[int, int], Tensor],
    height: int,
    steps: int = 10,
    dilations: tuple[int, ...] = (8, 16),
    rows: int = 512,
) -> Iterator[tuple[int, int, Tensor]]:
    """Refine an image that is too large for `pamr`, with the same result.

    What a pixel becomes depends on ``steps * max(dilations)`` rows around it, which are
    computed again for each block.

    Parameters
    ----------
    image_of, maps_of
        Make rows ``start`` to ``stop`` of the image, (3, stop - start, W), and of the maps,
        (Q, stop - start, W) float32.
    height
        Of the image, px.
    steps, dilations
        See `pamr`.
    rows
        Rows of a block.

    Yields
    ------
    start, stop
        Rows of the image.
    maps : (Q, stop - start, W) float32
    """
    halo = steps * max(dilations)
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        top, bottom = max(0, start - halo), min(height, stop + halo)
        refined = pamr(image_of(top, bottom), maps_of(top, bottom), steps, dilations)
        yield start, stop, refined[:, start - top : stop - top]


def _weights(image: Tensor, dilations: tuple[int, ...]) -> Tensor:
    """How much each pixel takes from each neighbour: (H W, K) float32, rows sum to 1."""
    unlike = torch.stack(
        [neighbour - image for d in dilations for neighbour in _neighbours(image, d)]
    )
    # The spread, which counts the pixel itself once per dilation, is that of the differences.
    count = 9 * len(dilations)
    total, squares = unlike.sum(0), torch.linalg.vector_norm(unlike, dim=0).square_()
    spread = (squares - total.square() / count).clamp_(min=0).div_(count - 1).sqrt_()
    unlike = unlike.abs_().div_(1e-8 + 0.1 * spread).mean(1)
    return (-unlike).softmax(0).flatten(1).T.contiguous()


def _neighbours(image: Tensor, distance: int) -> Iterator[Tensor]:
    """Yield the image 8 times, shifted, the border repeated: (3, H, W) each."""
    height, width = image.shape[-2:]
    padded = F.pad(image[None], (distance,) * 4, mode="replicate")[0]
    for y, x in _AROUND:
        rows = padded.narrow(1, distance * (1 + y), height)
        yield rows.narrow(2, distance * (1 + x), width)


def _places(height: int, width: int, dilations: tuple[int, ...], device: torch.device) -> Tensor:
    """Flat indices of the neighbours, in the order of `_weights`: (H W, K)."""
    # 32 bits halve the memory; only an image beyond 2 ** 31 pixels needs more.
    kind = torch.int32 if height * width < 2**31 else torch.int64
    rows = torch.arange(height, device=device, dtype=kind)[:, None]
    columns = torch.arange(width, device=device, dtype=kind)
    parts = [
        (rows + y * d).clamp(0, height - 1) * width + (columns + x * d).clamp(0, width - 1)
        for d in dilations
        for y, x in _AROUND
    ]
    return torch.stack(parts, -1).view(height * width, -1)
