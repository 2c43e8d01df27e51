"""What a method keeps of an image: vectors on patch grids, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.image import Image
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.windows import Window


@dataclass(frozen=True, eq=False, slots=True)
class Features:
    """The slow half of a segmentation; it does not depend on the words.

    Attributes
    ----------
    vectors : (L, gh, gw, C) float16 or float32
        One vector per patch of each of L windows. Means of unit vectors where windows were
        merged, so not of unit length, and not to be made so. A trained method says what it
        keeps; once `scored`, (L, h, w, Q) logits of Q queries.
    windows
        Where the L grids lie on the working image, px. Merged features have one window,
        the working image padded to whole patches. The view of the whole, if any, is last.
    working : (H, W)
        Size of the working image, px.
    shape : (h, w)
        Size of the image itself, px; labels come back at this size.
    image
        The picture itself, not read or copied: refinement looks at its pixels again.
    recipe
        Resolved: its display limits and magnification are numbers.
    weights
        Name, licence and sha256 of the encoder, for `Provenance`.
    scored
        Whether words have been compared with them by a trained method.
    """

    vectors: Tensor
    windows: tuple[Window, ...]
    working: tuple[int, int]
    shape: tuple[int, int]
    image: Image
    recipe: Recipe
    weights: str
    scored: bool = False

    @property
    def merged(self) -> bool:
        """Whether all windows have become one patch grid, of vectors that cosines are made of."""
        return len(self.windows) == 1 and not self.scored

    @property
    def whole(self) -> bool:
        """Whether the last window is the view of the whole image."""
        return bool(self.recipe.tiling.whole) and len(self.windows) > 1

    @property
    def nbytes(self) -> int:
        """Memory that the vectors take, bytes."""
        return self.vectors.numel() * self.vectors.element_size()
