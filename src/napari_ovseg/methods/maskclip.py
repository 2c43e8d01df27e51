"""MaskCLIP: each patch keeps its own value, the rest of the block stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block


@dataclass(frozen=True)
class MaskCLIP(Method):
    """No attention in the last block; residual and feed-forward part are kept.

    ``x + out_proj(v)``, then ``+ mlp`` (section 3.1). The official configuration evaluates
    with exact GELU, ImageNet statistics and 85 templates, which CLIP was not trained with;
    here the encoder keeps its own.
    """

    source: ClassVar[str] = (
        "Zhou, Loy, Dai, Extract Free Dense Labels from CLIP, ECCV 2022 (arXiv 2112.01071)"
    )

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        x = x + block.merge(*block.heads(x, "v"))
        return x + block.mlp(x)
