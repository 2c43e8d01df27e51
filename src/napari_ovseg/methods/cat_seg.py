"""CAT-Seg: a trained head aggregates the costs of all categories at all patches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from napari_ovseg.aggregation import Head
    from napari_ovseg.backbones import Block, Vision
    from napari_ovseg.methods._base import Windows
    from napari_ovseg.progress import Pauses
    from napari_ovseg.settings import Tiling

_WINDOW = 384
"""Side of a window, px, in the official evaluation, whatever the encoder's own size."""


@dataclass(frozen=True)
class CATSeg(Method):
    """Cost aggregation, trained on COCO-Stuff; needs a checkpoint of its own.

    The last block keeps its values only, with CLS as the residual of all patches, and its
    feed-forward part; what two earlier blocks gave goes along (section 3.4). The head then
    compares whole windows with all queries at once, so the score of a query depends on the
    others, and is a probability of its own.

    Windows are brought to the size that the encoder was trained on. With `Tiling.whole` the
    image is seen as a whole, too, as in the official evaluation (which also has a
    `Tiling.canvas` of 640); with a crop of 0 that is all that is seen.

    Attributes
    ----------
    patches
        Per side of a window, as the head was trained with.
    taps
        The two earlier blocks, counted from 1. Empty: after a third and two thirds.
    """

    source: ClassVar[str] = "Cho et al., CAT-Seg, CVPR 2024 (arXiv 2303.11797)"
    memory: ClassVar[str] = "memory of all windows"
    trained: ClassVar[bool] = True
    template: ClassVar[str] = "A photo of a {} in the scene"

    patches: int = 24
    taps: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse grids and taps that are none."""
        object.__setattr__(self, "patches", int(self.patches))
        if self.patches < 1:
            raise RecipeError(f"patches must be at least 1 per side, got {self.patches}")
        if self.taps and len(self.taps) != 2:
            raise RecipeError(f"taps must be two blocks, or none for the usual; got {self.taps}")

    def tiling(self, asked: Tiling, vision: Vision) -> Tiling:
        """See `Method.tiling`; windows are never merged, since scores are not linear."""
        if len(asked.scales) > 1:
            raise RecipeError(f"{self.name} sees an image at one scale, got {asked.scales}")
        crop = _WINDOW if asked.crop is None else asked.crop
        # An overlap of 2 is the official step of two thirds; of 1, none.
        stride = asked.stride or max(2 * crop // (asked.overlap + 1), 1)
        whole = crop > 0 if asked.whole is None else asked.whole
        return replace(asked, crop=crop, stride=stride, blend="exact", whole=whole)

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        (values,) = block.heads(x, "v")
        x = block.merge(values) + x[:, :1]
        return x + block.mlp(x)

    def tokens(self, vision: Vision, pixels: Tensor) -> Tensor:
        """See `Method.tokens`; C in the joint space, then D of either tap: (B, N, C + 2 D)."""
        import torch

        taps = self._taps(len(vision.blocks))
        x, kept = vision.embed(pixels, to_size=True), []
        for number, block in enumerate(vision.blocks[:-1], start=1):
            x = block(x)
            if number in taps:
                kept.append(x[:, vision.prefix :])
        x = self.last_block(vision.blocks[-1], x, vision.grid(pixels))
        return torch.cat([vision.project(x), *kept], dim=-1)

    def _taps(self, depth: int) -> tuple[int, ...]:
        taps = self.taps or (max(depth // 3, 1), max(2 * depth // 3, 2))
        if not 1 <= taps[0] < taps[1] < depth:
            raise RecipeError(
                f"taps must be two blocks between 1 and {depth - 1} for this encoder, got {taps}"
            )
        return taps

    def features(self, vision: Vision, windows: Windows) -> Iterator[Tensor]:
        """See `Method.features`; vectors keep their lengths, which the head was trained with."""
        from napari_ovseg.interpolate import stretched

        for pixels in windows.batches:
            fitted = stretched(pixels, self.patches * vision.patch)
            yield self.tokens(vision, fitted).unflatten(1, vision.grid(fitted))

    def compare(self, vectors: Tensor, text: Tensor, head: Head) -> Pauses[Tensor]:
        """See `Method.compare`."""
        if head.grid != self.patches:
            raise RecipeError(
                f"these weights were trained with {head.grid} patches per side of a window, and "
                f"the recipe says {self.patches}; leave it at its default"
            )
        return head.pauses(vectors, text)

    def remark(self, queries: int) -> str:
        """See `Method.remark`."""
        from napari_ovseg.aggregation import Sizes

        most = Sizes().most
        if queries <= most:
            return ""
        return (
            f"{self.name} compares at most {most} of the {queries} words, in each window those "
            "that fit best anywhere in it; the others cannot win there."
        )
