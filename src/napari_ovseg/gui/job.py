"""One run, and all that decides what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_ovseg.glimpse import Rectangle
    from napari_ovseg.image import Image
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class Job:
    """One run, fixed when it starts: what is done does not change while it is done.

    Attributes
    ----------
    image
        The whole layer, maybe a stack.
    plane
        Which picture of it.
    vocabulary, recipe, device
        How.
    view
        Rows and columns that are on screen, to be labelled first.
    early
        Whether rows are labelled as soon as they are encoded.
    """

    image: Image
    plane: tuple[int, ...]
    vocabulary: Vocabulary
    recipe: Recipe
    device: str = "auto"
    view: Rectangle | None = None
    early: bool = False
