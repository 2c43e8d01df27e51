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
        merged, so not of unit length, and not to be made so.
    windows
        Where the L grids lie on the working image, px. Merged features have one window,
        the working image padded to whole patches.
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
    """

    vectors: Tensor
    windows: tuple[Window, ...]
    working: tuple[int, int]
    shape: tuple[int, int]
    image: Image
    recipe: Recipe
    weights: str

    @property
    def merged(self) -> bool:
        """Whether all windows have become one patch grid."""
        return len(self.windows) == 1

    @property
    def nbytes(self) -> int:
        """Memory that the vectors take, bytes."""
        return self.vectors.numel() * self.vectors.element_size()
