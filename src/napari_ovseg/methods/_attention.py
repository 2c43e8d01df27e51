"""Attention whose weights come from a second encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from napari_ovseg.backbones import Vision


def softmax_of_positive(logits: Tensor, cutting: float = 0.0) -> Tensor:
    """Softmax over the entries (..., N) that are not below `cutting`; overwrites `logits`.

    A row that lies below it altogether keeps its largest entry. ProxyCLIP's code has no
    such guard and turns a nearly uniform window into NaN; GLA-CLIP's has.
    """
    lowest = logits.amax(-1, keepdim=True).clamp(max=cutting)
    return logits.masked_fill_(logits < lowest, -torch.inf).softmax(-1)


def keys_and_values(
    vision: Vision, pixels: Tensor, guide: Callable[[Tensor], Tensor] | None
) -> tuple[Tensor, Tensor]:
    """What tokens are compared by, and what they carry, on one grid.

    Without a guide the queries of the last block are the keys (GLA-CLIP's ClearCLIP branch).

    Parameters
    ----------
    pixels : (B, 3, h, w)
        Normalised windows.

    Returns
    -------
    keys : (B, G, fh, fw)
    values : (B, fh * fw, D)
        Of the last block, heads side by side; interpolated per channel, bilinear
        (ProxyCLIP, section 3.3).
    """
    x = vision.embed(pixels)
    for block in vision.blocks[:-1]:
        x = block(x)
    grid = vision.grid(pixels)
    heads = vision.blocks[-1].heads(x[:, vision.prefix :], "v" if guide else "vq")
    values, *queries = (h.transpose(2, 3).flatten(1, 2).unflatten(-1, grid) for h in heads)
    keys = guide(pixels) if guide else queries[0]
    if values.shape[-2:] != keys.shape[-2:]:
        size = [keys.shape[-2], keys.shape[-1]]
        values = F.interpolate(values, size=size, mode="bilinear", align_corners=False)
    return keys, values.flatten(2).mT


def neighbour_mean(maps: Tensor) -> Tensor:
    """Mean direction of the up to eight neighbours of each cell, itself left out: (B, G, h, w).

    A map of one cell has no neighbours and stays.
    """
    if maps.shape[-1] * maps.shape[-2] == 1:
        return maps
    directions = maps / maps.norm(dim=1, keepdim=True)
    total, count = (
        F.avg_pool2d(m, 3, stride=1, padding=1, divisor_override=1) - m
        for m in (directions, torch.ones_like(maps[:1, :1]))
    )
    mean: Tensor = total / count
    return mean
