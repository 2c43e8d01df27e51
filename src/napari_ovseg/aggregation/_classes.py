"""Attention among the categories of a patch (section 3.2): linear, so its cost is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_ovseg.aggregation._groups import in_groups
from napari_ovseg.aggregation._projections import Projections

if TYPE_CHECKING:
    from napari_ovseg.aggregation._sizes import Sizes
    from napari_ovseg.progress import Pauses

_EPSILON = 1e-6


class ClassLayer(nn.Module):
    """Linear attention and a feed-forward part over the categories; the words guide.

    Fewer categories than the head was trained with are filled up with copies of a learnt
    token. They are never queries of interest, and equal at all pixels, so their keys and
    values are added up by a product, not made.

    Letters: T categories, (h, w) grid, D hidden channels, G of the guidance.
    """

    def __init__(self, sizes: Sizes, pooling: int) -> None:
        super().__init__()
        width = sizes.hidden
        self.heads, self.most, self.pooling = sizes.heads, sizes.most, pooling
        self.padding_tokens = nn.Parameter(torch.zeros(1, 1, width))
        self.padding_guidance = nn.Parameter(torch.zeros(1, 1, sizes.text))
        self.attention = Projections(width, sizes.text)
        self.MLP = nn.Sequential(
            nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width)
        )
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def pauses(self, x: Tensor, meanings: Tensor) -> Pauses[Tensor]:
        """Aggregate costs x (T, h, w, D), guided by the words (T, G)."""
        planes = x.permute(0, 3, 1, 2)
        pooled = (F.avg_pool2d(planes, self.pooling) if self.pooling > 1 else planes).permute(
            2, 0, 3, 1
        )
        guided = self.attention.guided(meanings)
        most = 4 * pooled[0].numel()
        mixed = yield from in_groups(lambda rows: self._mixed(rows, guided), pooled, most)
        mixed = mixed.transpose(0, 1)
        if self.pooling > 1:
            size = [x.shape[1], x.shape[2]]
            mixed = F.interpolate(
                mixed.permute(0, 3, 1, 2), size=size, mode="bilinear", align_corners=True
            ).permute(0, 2, 3, 1)
        return x + mixed

    def _mixed(self, x: Tensor, guided: Tensor) -> Tensor:
        """Mix (n, T, w, D), each of the n w patches by itself: (n, T, w, D)."""
        q, k, v = self._heads(x, guided[:, None])
        total = torch.einsum("ntphd,ntphe->nphde", k, v)
        sums = k.sum(1)
        missing = self.most - x.shape[1]
        if missing > 0:
            guidance = self.attention.guided(self.padding_guidance[0])
            _, key, value = self._heads(self.padding_tokens[0], guidance)
            total = total + missing * torch.einsum("thd,the->hde", key, value)
            sums = sums + missing * key[0]
        scale = torch.einsum("ntphd,nphd->ntph", q, sums) + _EPSILON
        x = x + (torch.einsum("ntphd,nphde->ntphe", q, total) / scale[..., None]).flatten(3)
        mixed: Tensor = x + self.MLP(self.norm2(x))
        return mixed

    def _heads(self, x: Tensor, guided: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries and keys, made positive, and values of (..., D): (..., heads, d) each."""
        qkv: Tensor = self.attention(self.norm1(x), guided)
        q, k, v = qkv.unflatten(-1, (3, self.heads, -1)).unbind(-3)
        return F.elu(q) + 1, F.elu(k) + 1, v
