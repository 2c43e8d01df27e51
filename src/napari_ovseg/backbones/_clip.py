"""CLIP's two plain towers (Radford et al. 2021, arXiv:2103.00020), named as in its weights.

open_clip builds the same and many others (`_native` opens both), but importing it brings
torchvision, timm and transformers along: on a laptop that takes as long as encoding an image
(decision 23).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

_IMAGE = {"image_size", "patch_size", "width", "layers", "head_width"}
_TEXT = {"context_length", "vocab_size", "width", "heads", "layers"}


def is_plain(config: dict[str, Any]) -> bool:
    """Whether a ``model_cfg`` asks for no more than `Clip` has; for all else there is open_clip."""
    if set(config) != {"embed_dim", "vision_cfg", "text_cfg"}:
        return False
    image, text = dict(config["vision_cfg"]), config["text_cfg"]
    # How the whole picture is pooled: patches are not.
    pooled = image.pop("pool_type", "tok") in {"tok", "avg"}
    if not pooled or set(image) != _IMAGE or set(text) != _TEXT:
        return False
    sizes = [config["embed_dim"], *image.values(), *text.values()]
    return all(type(size) is int and size > 0 for size in sizes)


class Clip(nn.Module):
    """Both towers, as `NativeVision` and `Text` open them; all their weights are to be loaded.

    Parameters
    ----------
    embed_dim
        Size C of the space of both.
    vision_cfg, text_cfg
        As `is_plain` allows them.
    """

    text_pool_type = "argmax"

    def __init__(
        self, embed_dim: int, vision_cfg: dict[str, Any], text_cfg: dict[str, Any]
    ) -> None:
        super().__init__()
        length, width = text_cfg["context_length"], text_cfg["width"]
        self.visual = _Image(embed_dim, vision_cfg)
        self.token_embedding = nn.Embedding(text_cfg["vocab_size"], width)
        self.positional_embedding = nn.Parameter(torch.empty(length, width))
        self.transformer = _Transformer(width, text_cfg["heads"], text_cfg["layers"])
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed_dim))
        causal = torch.full((length, length), -torch.inf).triu_(1)
        self.register_buffer("attn_mask", causal, persistent=False)


class _Image(nn.Module):
    """Weights of the image tower; `NativeVision` runs them."""

    def __init__(self, embed_dim: int, config: dict[str, Any]) -> None:
        super().__init__()
        width, patch, size = config["width"], config["patch_size"], config["image_size"]
        self.patch_size, self.image_size = (patch, patch), (size, size)
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((size // patch) ** 2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = _Transformer(width, width // config["head_width"], config["layers"])
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, embed_dim))


class _Transformer(nn.Module):
    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(_Block(width, heads) for _ in range(layers))

    def forward(self, x: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        for block in self.resblocks:
            x = block(x, attn_mask)
        return x


class _Block(nn.Module):
    """Attention, then the feed-forward part, each with its norm before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ls_1 = nn.Identity()  # where open_clip's other models scale a layer
        self.ln_2 = nn.LayerNorm(width)
        parts = (
            ("c_fc", nn.Linear(width, 4 * width)),
            ("gelu", nn.GELU()),
            ("c_proj", nn.Linear(4 * width, width)),
        )
        self.mlp = nn.Sequential(OrderedDict(parts))
        self.ls_2 = nn.Identity()

    def forward(self, x: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        normal = self.ln_1(x)
        attended = self.attn(normal, normal, normal, need_weights=False, attn_mask=attn_mask)[0]
        x = x + attended
        result: Tensor = x + self.mlp(self.ln_2(x))
        return result
