"""Looks of engineering and of everyday: cracks, coatings, metal, electronics, fields, objects."""

from __future__ import annotations

from napari_ovseg.starter.engineering import (
    aerial,
    animals,
    boards,
    cracks,
    everyday,
    fields,
    fittings,
    furniture,
    grounds,
    layers,
    metal,
    metal_faults,
    nature,
    orchards,
    people,
    products,
    scenery,
    sections,
    street,
    tableware,
    textiles,
    vehicles,
    wafers,
    welds,
)

__all__ = ["WORDS", "everyday"]

_FILES = (
    *(grounds, cracks, sections, layers, metal, metal_faults, welds, fittings),
    *(boards, wafers, textiles, products, nature, fields, orchards, aerial),
    *(scenery, people, animals, vehicles, street, furniture, tableware),
)
WORDS: dict[str, tuple[str, ...]] = {
    name: words for file in _FILES for name, words in file.WORDS.items()
}
"""Every category of the family and all words for it; the first is its name."""
