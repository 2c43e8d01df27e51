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

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        q, k, v = block.heads(x)
        x = x + block.merge(block.attend(q, v) + block.attend(k, v))
        return x + block.mlp(x)
