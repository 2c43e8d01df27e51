"""The one place that knows the inside of timm's plain ViTs: SigLIP2, BiomedCLIP, DINO.

They may have CLS or none, a pooling by attention (SigLIP), LayerScale, and norms of queries and
keys. Everything else (registers, rotary positions, gates, other blocks) is refused by
`difference`.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_ovseg.backbones._vision import Block, Vision, resized_positions


class TimmBlock(Block):
    """A block of timm's ``VisionTransformer``."""

    def heads(self, x: Tensor, parts: str = "qkv") -> tuple[Tensor, ...]:
        """See `Block.heads`."""
        attn = self.module.attn
        normal = self.module.norm1(x)
        number = {"q": 0, "k": 1, "v": 2}
        norms = {"q": attn.q_norm, "k": attn.k_norm, "v": nn.Identity()}
        weights = attn.qkv.weight.chunk(3)
        biases = (None,) * 3 if attn.qkv.bias is None else attn.qkv.bias.chunk(3)
        return tuple(
            norms[p](
                F.linear(normal, weights[number[p]], biases[number[p]])
                .unflatten(-1, (attn.num_heads, -1))
                .transpose(1, 2)
            )
            for p in parts
        )

    def out(self, joined: Tensor) -> Tensor:
        """See `Block.out`."""
        scaled: Tensor = self.module.ls1(self.module.attn.proj(joined))
        return scaled

    def mlp(self, x: Tensor) -> Tensor:
        """See `Block.mlp`."""
        result: Tensor = self.module.ls2(self.module.mlp(self.module.norm2(x)))
        return result


class TimmVision(Vision):
    """timm's ``VisionTransformer``, with the head that open_clip sets on it.

    Parameters
    ----------
    trunk
        One that `difference` finds nothing in.
    head
        From its features to the joint space; a guide has none.
    """

    def __init__(self, trunk: Any, head: Any = None) -> None:
        self._trunk, self._head = trunk, head or nn.Identity()
        self.patch = int(trunk.patch_embed.patch_size[0])
        self.native = int(trunk.patch_embed.img_size[0])
        self.parameters = sum(p.numel() for p in trunk.parameters())
        self.prefix = int(trunk.num_prefix_tokens)
        self.blocks = [TimmBlock(module) for module in trunk.blocks]

    def embed(self, pixels: Tensor, *, to_size: bool = False) -> Tensor:
        """See `Vision.embed`; timm's own refuses other sizes, or resizes positions otherwise."""
        trunk = self._trunk
        maps = trunk.patch_embed.proj(pixels)
        tokens = maps.flatten(2).mT
        if trunk.cls_token is not None:
            cls = trunk.cls_token.to(tokens.dtype).expand(len(tokens), -1, -1)
            tokens = torch.cat([cls, tokens], dim=1)
        grid = (maps.shape[-2], maps.shape[-1])
        native = trunk.pos_embed[0]
        positions = resized_positions(native, grid, self.prefix, to_size=to_size)
        result: Tensor = trunk.norm_pre(tokens + positions.to(tokens.dtype))
        return result

    def project_patches(self, x: Tensor) -> Tensor:
        """See `Vision.project_patches`.

        Where a latent query pools by attention (SigLIP), each patch goes the way its value goes
        in there, as if the query attended to it alone: the idea of MaskCLIP, applied to the pool.
        """
        trunk = self._trunk
        x = trunk.norm(x)
        if (pool := trunk.attn_pool) is not None:
            x = pool.proj(F.linear(x, pool.kv.weight.chunk(2)[1], pool.kv.bias.chunk(2)[1]))
            x = x + pool.mlp(pool.norm(x))
        projected: Tensor = self._head(trunk.head(trunk.fc_norm(x)))
        return projected


def difference(trunk: Any) -> str:
    """Say what a model of timm has that `TimmVision` does not run; nothing if it runs all."""
    from timm.layers import AttentionPoolLatent
    from timm.models import vision_transformer as plain

    if type(trunk) is not plain.VisionTransformer:
        return f"it is a {type(trunk).__name__}, no plain ViT"
    rows, columns = trunk.patch_embed.grid_size
    tokens = trunk.num_prefix_tokens + rows * columns
    pool = trunk.attn_pool
    idle = [trunk.patch_embed.norm, trunk.patch_drop]
    for block in trunk.blocks:
        idle += [getattr(block.attn, "norm", None), getattr(block.attn, "gate", None)]
    found = {
        "it has registers": trunk.num_prefix_tokens != int(trunk.cls_token is not None),
        "its pictures are not square": rows != columns,
        "its positions are not learnt for every token": trunk.pos_embed is None
        or trunk.pos_embed.shape[1] != tokens,
        "it pools in a way of its own": pool is not None
        and (type(pool) is not AttentionPoolLatent or pool.pos_embed is not None),
        "its blocks are not timm's plain ones": any(
            type(block) is not plain.Block or type(block.attn) is not plain.Attention
            for block in trunk.blocks
        ),
        "it has more norms or gates": any(
            part is not None and not isinstance(part, nn.Identity) for part in idle
        ),
    }
    return next((what for what, there in found.items() if there), "")
