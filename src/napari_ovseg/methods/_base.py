"""What a method is: its hyper-parameters, and three hooks with defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

    from napari_ovseg.backbones import Block, Vision


@dataclass(frozen=True)
class Method:
    """A way to get one vector per patch from a CLIP image encoder.

    A method *is* its hyper-parameters: subclasses add fields, and the file, the window
    and the recipe are made from them. Most change only `last_block`; one that needs
    earlier blocks, several views, or all windows of an image at once overrides `tokens`
    or `features`.
    """

    source: ClassVar[str] = ""
    """The paper."""
    passes: ClassVar[int] = 1
    """Encoder passes per window, shown to the user as the cost."""

    @property
    def name(self) -> str:
        """The file stem, which is the name in the registry."""
        return type(self).__module__.rpartition(".")[2]

    def last_block(self, block: Block, x: Tensor) -> Tensor:
        """Replace the last transformer block.

        Parameters
        ----------
        block
            The last block, opened.
        x : (B, 1 + N, D)
            Its input; token 0 is CLS.

        Returns
        -------
        (B, 1 + N, D)
        """
        return block(x)

    def tokens(self, vision: Vision, pixels: Tensor) -> Tensor:
        """Encode a batch of windows.

        Parameters
        ----------
        vision
            The image encoder, opened.
        pixels : (B, 3, h, w)
            Normalised windows.

        Returns
        -------
        (B, N, C)
            Patch tokens in the joint space, row by row, not of unit length.
        """
        x = vision.embed(pixels)
        for block in vision.blocks[:-1]:
            x = block(x)
        return vision.project(self.last_block(vision.blocks[-1], x))

    def features(self, vision: Vision, batches: Iterable[Tensor]) -> Iterator[Tensor]:
        """Encode all windows of an image, batch by batch and in order.

        Yields one (B, N, C) tensor of unit vectors per batch. A method whose windows see
        each other first reads all batches, then yields.
        """
        for pixels in batches:
            tokens = self.tokens(vision, pixels)
            yield tokens / tokens.norm(dim=-1, keepdim=True)

    def phrases(self, query: str) -> tuple[tuple[float, str], ...]:
        """What is embedded for a query: shares and phrases, whose ensembles are added."""
        return ((1.0, query),)

    def score(self, vectors: Tensor, text: Tensor) -> Tensor:
        """Compare features (..., C) with the queries' embeddings (Q, C): (..., Q) cosines."""
        return vectors @ text.mT
