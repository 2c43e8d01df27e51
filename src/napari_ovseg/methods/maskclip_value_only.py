"""MaskCLIP as ClearCLIP's and GLA-CLIP's code have it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block


@dataclass(frozen=True)
class MaskCLIPValueOnly(Method):
    """Each patch keeps its own value: no attention, no residual, no feed-forward part."""

    source: ClassVar[str] = (
        "Zhou, Loy, Dai, MaskCLIP, ECCV 2022; residual-free as in Lan et al., ClearCLIP, ECCV 2024"
    )

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        return block.merge(*block.heads(x, "v"))
