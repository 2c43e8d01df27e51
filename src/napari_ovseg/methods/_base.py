"""What a method is: its hyper-parameters, and hooks with defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg._registry import name_of
from napari_ovseg.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    from torch import Tensor

    from napari_ovseg.aggregation import Head
    from napari_ovseg.backbones import Block, Vision
    from napari_ovseg.progress import Pauses
    from napari_ovseg.settings import Tiling


@dataclass(frozen=True, eq=False, slots=True)
class Windows:
    """All windows of an image, for a method to read.

    Attributes
    ----------
    batches
        Normalised windows, (B, 3, h, w) each, in order; to be read once.
    count
        How many windows there are in all.
    guide
        From normalised windows (B, 3, h, w) to the maps of a second encoder
        (B, G, fh, fw), whose grid is a whole multiple of the patch grid; None without one.
    """

    batches: Iterable[Tensor]
    count: int
    guide: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True)
class Method:
    """A way to get one vector per patch from a CLIP image encoder.

    A method *is* its hyper-parameters: subclasses add fields, and the file, the window
    and the recipe are made from them. Most change only `last_block`; one that needs
    earlier blocks overrides `tokens`, one that needs several views, a guide, or all
    windows of an image at once overrides `features`.
    """

    source: ClassVar[str] = ""
    """The paper."""
    memory: ClassVar[str] = "memory of a batch"
    """What is held while an image is encoded, in words for the user."""
    default_guide: ClassVar[str] = ""
    """The second encoder that the paper uses; empty where there is none."""
    labelling: ClassVar[tuple[str, ...]] = ()
    """Fields that only labelling uses: features do not depend on them."""
    trained: ClassVar[bool] = False
    """Whether it scores by `compare`, with weights of its own that come with the encoder."""
    template: ClassVar[str] = ""
    """The one prompt that queries are put into; empty for the mean of OpenAI's 80."""

    @property
    def name(self) -> str:
        """Name in the registry: the file stem, or that of the entry point."""
        return name_of(type(self))

    @property
    def passes(self) -> int:
        """Encoder passes per window, shown to the user as the cost."""
        return 1

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """Replace the last transformer block.

        Parameters
        ----------
        block
            The last block, opened.
        x : (B, T, D)
            Its input: CLS, where the encoder has one, and the N patches.
        grid
            Rows and columns of the N patches.

        Returns
        -------
        (B, T, D)
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
        return vision.project(self.last_block(vision.blocks[-1], x, vision.grid(pixels)))

    def features(self, vision: Vision, windows: Windows) -> Iterator[Tensor]:
        """Encode all windows of an image, batch by batch and in order.

        Yields one (B, gh, gw, C) tensor per batch; its vectors are compared with text as
        they are, so those of one view are unit vectors. A method whose windows see each
        other first reads all batches, then yields.
        """
        for pixels in windows.batches:
            yield unit(self.tokens(vision, pixels)).unflatten(1, vision.grid(pixels))

    def phrases(self, query: str, definition: str = "") -> tuple[tuple[float, str], ...]:
        """What is embedded for a query: shares and phrases, whose ensembles are added.

        `definition` is what the category means in a sentence, if anybody said so.
        """
        return ((1.0, query),)

    def tiling(self, asked: Tiling, vision: Vision) -> Tiling:
        """Fill in how windows are cut, where the recipe leaves it open."""
        if asked.whole or asked.canvas:
            raise RecipeError(
                f"{self.name} sees no image stretched or as a whole; leave canvas and whole out of "
                "the recipe, or use a trained method such as cat_seg"
            )
        patch = vision.patch
        crop = asked.crop if asked.crop is not None else vision.native
        stride = asked.stride or max(crop // asked.overlap, patch)
        if asked.blend != "exact":
            crop, stride = crop // patch * patch, max(stride // patch, 1) * patch
        return replace(asked, crop=crop, stride=stride)

    def score(self, vectors: Tensor, text: Tensor) -> Tensor:
        """Compare features (..., C) with the queries' embeddings (Q, C): (..., Q) cosines."""
        return vectors @ text.mT

    def compare(self, vectors: Tensor, text: Tensor, head: Head) -> Pauses[Tensor]:
        """Compare the features of one whole window with all queries, where that is `trained`.

        Parameters
        ----------
        vectors : (gh, gw, C)
            As `features` gave them.
        text : (Q, C')
            Embeddings of the queries.
        head
            The weights.

        Returns
        -------
        (h, w, Q)
            Logits on a grid of any size, whose sigmoids are probabilities. A query's may
            depend on the others, and a patch's on the rest of the window.
        """
        raise RecipeError(f"{self.name} is not trained, so it has no head to compare by")

    def remark(self, queries: int) -> str:
        """What a user should know of a result with so many queries; mostly nothing."""
        return ""

    def finish(self, ids: np.ndarray) -> np.ndarray:
        """Change the finished label map (H, W); most methods leave it as it is."""
        return ids


def unit(x: Tensor) -> Tensor:
    """Divide vectors (..., C) by their length; a zero vector stays zero."""
    divided: Tensor = x / x.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return divided
