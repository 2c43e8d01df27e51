"""ClearCLIP: attention among queries, nothing else in the last block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block


@dataclass(frozen=True)
class ClearCLIP(Method):
    """``out_proj(softmax(q qᵀ s) v)``: no residual, no feed-forward part (section 3.3)."""

    source: ClassVar[str] = "Lan et al., ClearCLIP, ECCV 2024 (arXiv 2407.12442)"

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        return block.merge(block.attend(*block.heads(x, "qv")))
