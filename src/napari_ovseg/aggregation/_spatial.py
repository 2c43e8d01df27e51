"""Attention among the patches of a category, in squares of the grid (section 3.2)."""

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

_BARRED = -100.0


class SpatialLayer(nn.Module):
    """Two Swin blocks, the second with its squares shifted by half; the image guides.

    Letters: T categories, (h, w) grid, D hidden channels, G of the guidance.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.guidance_norm = nn.LayerNorm(sizes.appearance)
        self.block_1 = SwinBlock(sizes, shift=0)
        # A grid of one square has nothing to shift.
        self.block_2 = SwinBlock(sizes, shift=sizes.window // 2 if sizes.grid > sizes.window else 0)

    def pauses(self, x: Tensor, appearance: Tensor) -> Pauses[Tensor]:
        """Aggregate costs x (T, h, w, D), guided by the image (h, w, G)."""
        guidance = self.guidance_norm(appearance)
        first, second = (b.attn.guided(guidance) for b in (self.block_1, self.block_2))
        hidden = self.block_1.mlp.fc1.out_features * guidance[..., 0].numel()
        return (
            yield from in_groups(
                lambda part: self.block_2(self.block_1(part, first), second), x, hidden
            )
        )


class SwinBlock(nn.Module):
    """Attention in squares, and a feed-forward part, each with a norm and a residual."""

    def __init__(self, sizes: Sizes, shift: int) -> None:
        super().__init__()
        width = sizes.hidden
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = SquareAttention(sizes, shift)
        self.mlp = Mlp(width)
        if shift:
            self.register_buffer("attn_mask", barred(sizes.grid, sizes.window, shift))

    def forward(self, x: Tensor, guided: Tensor) -> Tensor:
        """Run the block: x (n, h, w, D), and what `Projections.guided` gave, to (n, h, w, D)."""
        mask = getattr(self, "attn_mask", None)
        x = x + self.attn.mixed(self.norm1(x), guided, mask)
        mixed: Tensor = x + self.mlp(self.norm2(x))
        return mixed


class SquareAttention(Projections):
    """Patches attend to those of their square."""

    def __init__(self, sizes: Sizes, shift: int) -> None:
        super().__init__(sizes.hidden, sizes.appearance)
        self.heads, self.window, self.shift = sizes.heads, sizes.window, shift
        self.proj = nn.Linear(sizes.hidden, sizes.hidden)

    def mixed(self, x: Tensor, guided: Tensor, mask: Tensor | None) -> Tensor:
        """Mix values within the squares, shifted ones with their mask: (n, h, w, D)."""
        qkv, side = self(x, guided), self.window
        n, height, width, _ = qkv.shape
        if self.shift:
            qkv = qkv.roll((-self.shift, -self.shift), (1, 2))
        squares = qkv.unflatten(2, (-1, side)).unflatten(1, (-1, side))
        squares = squares.unflatten(-1, (3, self.heads, -1))  # n, row, y, column, x, 3, head, d
        q, k, v = squares.permute(5, 0, 1, 3, 6, 2, 4, 7).flatten(1, 3).flatten(3, 4)
        each = None if mask is None else mask.to(q.dtype).repeat(n, 1, 1)[:, None]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=each)
        mixed = mixed.unflatten(0, (n, height // side, width // side)).unflatten(-2, (side, side))
        mixed = mixed.permute(0, 1, 4, 2, 5, 3, 6).flatten(5).flatten(3, 4).flatten(1, 2)
        if self.shift:
            mixed = mixed.roll((self.shift, self.shift), (1, 2))
        joined: Tensor = self.proj(mixed)
        return joined


class Mlp(nn.Module):
    """Two linear layers with GELU between, four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Feed (..., D) forward."""
        result: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return result


def barred(grid: int, window: int, shift: int) -> Tensor:
    """Mask of shifted squares: (squares, window², window²), -100 between parts that do not touch.

    A shifted grid wraps around its borders, so a square at the border holds patches from
    opposite sides of the image, which must not see each other.
    """
    side = torch.arange(grid)
    part = (side >= grid - window).long() + (side >= grid - shift).long()
    parts = (3 * part[:, None] + part).unflatten(1, (-1, window)).unflatten(0, (-1, window))
    squares = parts.permute(0, 2, 1, 3).reshape(-1, window * window)
    apart: Tensor = squares[:, :, None] != squares[:, None]
    return apart.float() * _BARRED
