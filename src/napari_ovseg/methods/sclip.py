"""SCLIP: patches attend to patches like themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block


@dataclass(frozen=True)
class SCLIP(Method):
    """Correlative self-attention in the last block.

    ``A = softmax(q qᵀ s) + softmax(k kᵀ s)`` with ``s = d^-1/2`` (section 3.2); the sum is not
    halved, and the residual and the feed-forward part are kept, as in the official code.
    """

    source: ClassVar[str] = "Wang, Mei, Yuille, SCLIP, ECCV 2024 (arXiv 2312.01597)"

    def last_block(self, block: Block, x: Tensor) -> Tensor:
        """See `Method.last_block`."""
        q, k, v = block.qkv(x)
        scale = q.shape[-1] ** -0.5
        attention = (q @ q.mT * scale).softmax(-1) + (k @ k.mT * scale).softmax(-1)
        x = x + block.merge(attention @ v)
        return x + block.mlp(x)
