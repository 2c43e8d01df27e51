"""Procedural surfaces: what the starter model and the generated scenes are made of.

Every surface is a function ``(rng, size) -> (size, size, 3) float32 in 0..1`` that
draws a new instance of its category each time: another scale, palette and grain.
``@surface("grass", "lawn")`` names the category and its synonyms.
"""

from napari_ovseg.starter.textures import built, materials, natural
from napari_ovseg.starter.textures._surface import SURFACES

__all__ = ["SURFACES", "built", "materials", "natural"]
