"""How a surface is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_ovseg.starter.drawing import Array

Draw = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True)
class Surface:
    """A category that can be drawn: its name, other words for it, and how."""

    name: str
    synonyms: tuple[str, ...]
    draw: Draw


SURFACES: dict[str, Surface] = {}


def surface(name: str, *synonyms: str) -> Callable[[Draw], Draw]:
    """Register a drawing function under a category name."""

    def register(draw: Draw) -> Draw:
        SURFACES[name] = Surface(name, synonyms, draw)
        return draw

    return register
