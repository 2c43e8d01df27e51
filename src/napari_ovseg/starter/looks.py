"""Looks: whole pictures as one kind of instrument takes them, drawn with exact label maps.

A surface (`textures`) fills a region; a look is a picture of its own, whose parts belong
together: nuclei in their cytoplasm, a ventricle in its wall, a crack in its slab. Each is a
function ``(rng, size) -> Drawing`` in the file of its kind, found by its family's package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

FAMILIES = ("microscopy", "medical", "engineering")
NATURAL = "natural"
"""The family of surfaces, which are laid out side by side."""


@dataclass(frozen=True)
class Drawing:
    """A picture and what each pixel shows.

    Attributes
    ----------
    image : (H, W, 3) float32 in 0..1
        Before the camera: `instrument` adds blur, noise and contrast.
    parts : (H, W) uint8
        Index into `names`, for every pixel.
    names
        Categories, each a key of its family's ``WORDS``.
    """

    image: Array
    parts: Array
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be trained on."""
        shape = self.image.shape
        if shape[:2] != self.parts.shape or shape[2] != 3 or self.image.dtype != np.float32:
            raise ValueError(f"a drawing needs float32 RGB and parts of its shape, got {shape}")
        if self.parts.dtype != np.uint8 or int(self.parts.max()) >= len(self.names):
            raise ValueError(f"parts must be uint8 below {len(self.names)}")


Draw: TypeAlias = Callable[[np.random.Generator, int], Drawing]


@dataclass(frozen=True)
class Look:
    """One kind of picture: its name, its family, and how it is drawn."""

    name: str
    family: str
    draw: Draw


LOOKS: dict[str, Look] = {}
"""Every look by name, once its family's package is imported; see `words.looks`."""


def look(family: str, name: str) -> Callable[[Draw], Draw]:
    """Register a drawing function under the name of its look."""
    if family not in FAMILIES:
        raise ValueError(f"a look is of one of {', '.join(FAMILIES)}, got {family!r}")

    def register(draw: Draw) -> Draw:
        if name in LOOKS:
            raise ValueError(f"there are two looks {name!r}")
        LOOKS[name] = Look(name, family, draw)
        return draw

    return register
