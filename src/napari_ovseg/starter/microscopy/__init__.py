"""Looks of microscopes: fluorescence, stained slides, living cells, electrons, metals."""

from __future__ import annotations

from napari_ovseg.starter.microscopy import (
    contrast,
    electron,
    glowing,
    metals,
    nuclei,
    particles,
    smears,
    superalloy,
    tissue,
    walls,
)

_FILES = (nuclei, glowing, walls, tissue, smears, contrast, electron, superalloy, metals, particles)

WORDS: dict[str, tuple[str, ...]] = {
    name: tuple(dict.fromkeys(w for file in _FILES for w in file.WORDS.get(name, ())))
    for name in dict.fromkeys(name for file in _FILES for name in file.WORDS)
}
"""Every category of the family, with the words for it from all files; its name first."""
