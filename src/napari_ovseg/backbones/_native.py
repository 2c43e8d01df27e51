"""The one place that knows the inside of native transformers, built by open_clip or by `_clip`.

It touches only what open_clip 3.3 (``nn.MultiheadAttention``) and its development branch
(an ``Attention`` of its own) share: ``ln_1, ln_2, mlp, ls_1, ls_2, attn.in_proj_weight,
attn.in_proj_bias, attn.out_proj, attn.num_heads``.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_ovseg.backbones._vision import Block, Vision, resized_positions


class NativeBlock(Block):
    """A block of a native transformer."""

    def heads(self, x: Tensor, parts: str = "qkv") -> tuple[Tensor, ...]:
        """See `Block.heads`."""
        attn = self.module.attn
        normal = self.module.ln_1(x)
        rows = {"q": 0, "k": 1, "v": 2}
        weights, biases = attn.in_proj_weight.chunk(3), attn.in_proj_bias.chunk(3)
        projected = (F.linear(normal, weights[rows[p]], biases[rows[p]]) for p in parts)
        return tuple(p.unflatten(-1, (attn.num_heads, -1)).transpose(1, 2) for p in projected)

    def out(self, joined: Tensor) -> Tensor:
        """See `Block.out`."""
        scaled: Tensor = self.module.ls_1(self.module.attn.out_proj(joined))
        return scaled

    def mlp(self, x: Tensor) -> Tensor:
        """See `Block.mlp`."""
        result: Tensor = self.module.ls_2(self.module.mlp(self.module.ln_2(x)))
        return result


class NativeVision(Vision):
    """A plain ViT of open_clip or `_clip`: CLS, ``ln_post``, a matrix into the joint space."""

    prefix = 1

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self.patch = int(visual.patch_size[0])
        self.native = int(visual.image_size[0])
        self.parameters = sum(p.numel() for p in visual.parameters())
        self.blocks = [NativeBlock(module) for module in visual.transformer.resblocks]

    def embed(self, pixels: Tensor, *, to_size: bool = False) -> Tensor:
        """See `Vision.embed`."""
        visual = self._visual
        maps = visual.conv1(pixels)
        grid = (maps.shape[-2], maps.shape[-1])
        tokens = maps.flatten(2).mT
        cls = visual.class_embedding.to(tokens.dtype).expand(len(tokens), 1, -1)
        positions = self.positions(grid, to_size=to_size).to(tokens.dtype)
        result: Tensor = visual.ln_pre(torch.cat([cls, tokens], dim=1) + positions)
        return result

    def positions(self, grid: tuple[int, int], *, to_size: bool = False) -> Tensor:
        """Positional embedding for a grid (rows, columns): (1 + N, D)."""
        return resized_positions(self._visual.positional_embedding, grid, to_size=to_size)

    def project_patches(self, x: Tensor) -> Tensor:
        """See `Vision.project_patches`."""
        tokens = self._visual.ln_post(x)
        if self._visual.proj is None:
            plain: Tensor = tokens
            return plain
        projected: Tensor = tokens @ self._visual.proj
        return projected
