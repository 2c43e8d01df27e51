"""Thin sections of tissue and cells in an electron microscope: grey, dark membranes."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    ROUND,
    Bodies,
    Kind,
    blur,
    cloud,
    crowd,
    fill,
    grain,
    outlines,
)
from napari_ovseg.starter.microscopy.packing import from_seams, packed, rippled
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.stains import fibrous
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "cell membrane": (
        "cell membrane",
        "membrane",
        "membranes",
        "thin dark line",
        "dark outline of a cell",
        "plasma membrane",
    ),
    "mitochondrion": (
        "mitochondrion",
        "mitochondria",
        "dark ellipse",
        "dark oval organelle",
        "organelle with inner folds",
    ),
    "vesicle": (
        "vesicle",
        "vesicles",
        "synaptic vesicles",
        "small rings",
        "small round circles",
        "small dots",
    ),
    "cytoplasm": (
        "cytoplasm",
        "inside of a cell",
        "grey cell body",
        "background",
        "light grey area",
    ),
    "cell nucleus": ("cell nucleus", "nucleus", "large nucleus with clumps", "chromatin"),
    "empty resin": ("empty resin", "background", "light background", "space outside the cell"),
}


def _cytoplasm(rng: np.random.Generator, size: int, level: Array) -> Array:
    """Grey, fine-grained, in places cloudy."""
    fine = grain(rng, size, log_uniform(rng, 1.2, 5), 2) - 0.5
    broad = cloud(rng, size, log_uniform(rng, 15, 100)) - 0.5
    return level + rng.uniform(0.02, 0.2) * fine + rng.uniform(0, 0.15) * broad


def _add_mitochondria(rng: np.random.Generator, sheet: Sheet, away: Array, radius: float) -> None:
    """Long or round bodies with a dark rim and folds, darker than what is around them."""
    size = len(sheet.parts)
    kind = Kind((1.0, rng.uniform(1.3, 5)), (2, 3), 0.06, 5, 0.5)
    bodies = crowd(rng, size, radius, log_uniform(rng, 0.03, 0.5), kind, 1.3 * away)
    bodies = Bodies(bodies.labels * (away > 1.5), bodies.count)
    folds = fibrous(rng, size, max(0.18 * radius, 1.2), rng.uniform(0.6, 3) * radius)
    shade = rng.uniform(0.15, 0.45) + rng.uniform(0.05, 0.3) * folds
    shade = shade - rng.uniform(0, 0.3) * np.exp(-bodies.inner / max(0.08 * radius, 0.8))
    shade = shade + bodies.each(rng.normal(0, 0.05, bodies.count))
    sheet.cover(bodies.mask, "mitochondrion", np.clip(shade, 0, 1)[..., None], 0.7)


def _add_vesicles(rng: np.random.Generator, sheet: Sheet, away: Array, radius: float) -> None:
    """Small circles: hollow ones in clusters, or a few with a dark core."""
    size = len(sheet.parts)
    room = away * (cloud(rng, size, 0.3 * size) > 0.4) * sheet.shows("cytoplasm")
    bodies = crowd(rng, size, radius, log_uniform(rng, 0.02, 0.3), ROUND, room)
    rim = np.exp(-((bodies.inner / (0.25 * radius + 0.3) - 0.5) ** 2))
    core = np.clip(3 * (bodies.depth - 0.5), 0, 1) * float(rng.choice([0.0, 0.0, 0.6]))
    tint = rng.uniform(0.6, 0.9) - 0.55 * np.maximum(rim, core)
    sheet.cover(bodies.mask, "vesicle", tint[..., None], 0.5)


@look("microscopy", "electron micrograph of tissue")
def tissue_micrograph(rng: np.random.Generator, size: int) -> Drawing:
    """Cut processes of cells in all sizes, with membranes, mitochondria and vesicles."""
    wide = log_uniform(rng, 10, 0.3 * size)
    tiles = packed(rng, size, wide, log_uniform(rng, 1, 8), log_uniform(rng, 1, 3))
    wavy = rippled(rng, tiles.labels, rng.uniform(0, 1.2) * wide, 2.5 * wide)
    wavy = rippled(rng, wavy, rng.uniform(0.1, 0.3) * wide, max(rng.uniform(0.5, 1) * wide, 4))
    tiles = Bodies(wavy, tiles.count)
    away = from_seams(wavy)
    half = log_uniform(rng, 0.6, max(0.05 * wide, 1.5))
    middle = rng.uniform(0.5, 0.8)
    level = tiles.each(np.clip(rng.normal(middle, rng.uniform(0, 0.12), tiles.count), 0.3, 0.95))
    sheet = Sheet(_cytoplasm(rng, size, level), "cytoplasm")
    if rng.random() < 0.75:
        radius = log_uniform(rng, 4, max(0.4 * wide, 7))
        _add_mitochondria(rng, sheet, away - half, radius)
    if rng.random() < 0.5:
        _add_vesicles(
            rng, sheet, away - half, log_uniform(rng, 1.6, float(np.clip(0.08 * wide, 3, 6)))
        )
    if rng.random() < 0.5:  # membranes cut along their face are grey smears
        smear = np.exp(-away / (4 * half + 2)) * (cloud(rng, size, wide) > 0.6)
        sheet.image = sheet.image * (1 - rng.uniform(0.1, 0.5) * blur(smear, 1)[..., None])
    dark = rng.uniform(0.03, max(middle - 0.25, 0.3)) * np.ones((size, size, 1), np.float32)
    sheet.cover(away <= half, "cell membrane", dark, rng.uniform(0.4, 0.9))
    return sheet.drawing()


@look("microscopy", "electron micrograph of a cell")
def cell_micrograph(rng: np.random.Generator, size: int) -> Drawing:
    """One or two large cells: a nucleus with clumps, mitochondria, layers of membranes."""
    radius = log_uniform(rng, 0.25, 0.9) * size
    centres = rng.uniform(0, size, (int(rng.integers(1, 4)), 2))
    radii = radius * rng.uniform(0.8, 1.2, len(centres))
    cells = fill(size, outlines(rng, centres, radii, Kind((1, 1.8), (2, 3), 0.08, 8)))
    resin = rng.uniform(0.75, 0.95) - 0.05 * grain(rng, size, log_uniform(rng, 1.2, 20))
    sheet = Sheet(resin, "empty resin")
    middle = rng.uniform(0.45, 0.75)
    inside = _cytoplasm(rng, size, np.full((size, size), middle, np.float32))
    sheet.cover(cells.mask, "cytoplasm", inside[..., None], 0.8)
    if rng.random() < 0.5:  # endoplasmic reticulum
        folds, _ = curves(rng, size, int(rng.integers(5, 40)), log_uniform(rng, 0.8, 2.5), 0.25)
        sheet.image = sheet.image * (1 - 0.6 * (blur(folds, 0.5) * cells.mask)[..., None])
    _add_mitochondria(rng, sheet, cells.inner, log_uniform(rng, 4, 0.09 * size))
    if rng.random() < 0.5:
        _add_vesicles(rng, sheet, cells.inner, log_uniform(rng, 1.6, 0.03 * size))
    oval = Kind((1, 1.6), wobble=0.06)
    nuclei = fill(size, outlines(rng, centres, 0.55 * radii, oval))
    own = nuclei.labels * (nuclei.labels == cells.labels)  # none shows through a cell above
    _add_nuclei(rng, sheet, Bodies(own, nuclei.count))
    half = log_uniform(rng, 0.7, 2.5)
    rim = cells.mask & (cells.inner < 2 * half)
    sheet.cover(rim, "cell membrane", np.full((1, 1, 1), rng.uniform(0.05, 0.3)), 0.6)
    return sheet.drawing()


def _add_nuclei(rng: np.random.Generator, sheet: Sheet, nuclei: Bodies) -> None:
    """Grey with dark clumps, most of them along the envelope."""
    size = len(sheet.parts)
    clumps = cloud(rng, size, log_uniform(rng, 5, 0.12 * size))
    clumps = clumps + 0.4 * np.exp(-nuclei.inner / rng.uniform(2, 12)) > rng.uniform(0.55, 0.8)
    level = rng.uniform(0.5, 0.8) - rng.uniform(0.15, 0.45) * blur(clumps, 1.2)
    level = _cytoplasm(rng, size, level) - 0.4 * np.exp(-((nuclei.inner - 1.5) ** 2))
    sheet.cover(nuclei.mask, "cell nucleus", np.clip(level, 0, 1)[..., None], 0.8)
