"""Polished and etched metals: grains, second phases, lamellae, carbides, pores."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    Bodies,
    Kind,
    blur,
    cloud,
    crowd,
    grain,
    share_of,
)
from napari_ovseg.starter.microscopy.packing import from_seams, packed, rippled
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "grain": (
        "grain",
        "grains",
        "crystal",
        "crystal grain",
        "inside of a grain",
        "polygonal grain",
        "background",
    ),
    "grain boundary": (
        "grain boundary",
        "grain boundaries",
        "boundary between grains",
        "network of thin lines",
        "line between grains",
    ),
    "matrix": ("matrix", "metal", "metal matrix", "ground mass", "background", "smooth metal"),
    "bright phase": (
        "bright phase",
        "second phase",
        "light phase",
        "bright island",
        "bright patch",
    ),
    "dark phase": ("dark phase", "second phase", "dark island", "dark patch", "dark constituent"),
    "carbide": (
        "carbide",
        "carbides",
        "hard particle",
        "small bright particle in metal",
        "cementite",
        "inclusion",
    ),
    "pore": ("pore", "pores", "void", "dark hole", "hole", "cavity", "porosity"),
}


def _metal(rng: np.random.Generator, size: int) -> Array:
    """A polished face: nearly even, with scratches, stains and a fine grain."""
    field = np.full((size, size), rng.uniform(0.35, 0.85), np.float32)
    field += rng.uniform(0, 0.15) * (cloud(rng, size, rng.uniform(0.2, 1) * size) - 0.5)
    field += rng.uniform(0, 0.12) * (grain(rng, size, log_uniform(rng, 1, 10)) - 0.5)
    if rng.random() < 0.45:
        lines, _ = curves(rng, size, int(rng.integers(2, 60)), log_uniform(rng, 0.4, 1.5), 2)
        field += rng.uniform(-0.15, 0.1) * blur(lines, 0.4)
    return field


def _tinted(rng: np.random.Generator, field: Array) -> Array:
    """Grey, or in the warm and cold tints of an etched face in a light microscope."""
    if rng.random() < 0.75:
        return field
    dark, light = tone(rng, (0.1, 0.07, 0.05), 0.05), tone(rng, (0.97, 0.9, 0.8), 0.06)
    return paint(np.clip(field, 0, 1), dark, light)


@look("microscopy", "polycrystal")
def polycrystal(rng: np.random.Generator, size: int) -> Drawing:
    """Grains told by their grey, by dark or bright lines between them, or by both."""
    wide = log_uniform(rng, 9, 0.5 * size)
    tiles = packed(rng, size, wide, log_uniform(rng, 1, 4), log_uniform(rng, 1, 2.5))
    labels = rippled(rng, tiles.labels, rng.uniform(0, 0.08) * wide + 0.5, max(0.4 * wide, 4))
    grains = Bodies(labels, tiles.count)
    spread = float(rng.choice([0.0, 0.04, 0.15, 0.3]))
    image = _metal(rng, size) + grains.each(rng.uniform(-spread, spread, tiles.count))
    if rng.random() < 0.35:  # twins: straight bands across some grains
        image = image + _twins(rng, grains, wide)
    half = log_uniform(rng, 0.5, max(0.05 * wide, 1.2))
    line = from_seams(labels) <= half
    strength = log_uniform(rng, 0.1 if spread > 0.1 else 0.2, 0.6) * (
        1 if rng.random() < 0.25 else -1
    )
    fade = 1 - rng.uniform(0, 0.8) * cloud(rng, size, rng.uniform(0.5, 2) * wide)
    image = image + strength * blur(line, rng.uniform(0.3, 0.8)) * fade
    if rng.random() < 0.4:  # etch pits and specks
        pits = crowd(rng, size, log_uniform(rng, 0.8, 3), rng.uniform(0.002, 0.03))
        image = image - rng.uniform(0.1, 0.4) * blur(pits.mask, 0.5)
    sheet = Sheet(_tinted(rng, image), "grain")
    sheet.name(line, "grain boundary")
    return sheet.drawing()


def _twins(rng: np.random.Generator, grains: Bodies, wide: float) -> Array:
    """Straight bands, in each grain along a direction of its own."""
    rows, cols = np.indices(grains.labels.shape).astype(np.float32)
    angle = grains.each(rng.uniform(0, np.pi, grains.count))
    period = wide * rng.uniform(0.3, 1.2)
    wave = np.sin((rows * np.cos(angle) + cols * np.sin(angle)) * (2 * np.pi / period))
    some = grains.each(rng.random(grains.count) < rng.uniform(0.1, 0.7))
    return rng.uniform(-0.2, 0.2) * (wave > rng.uniform(0.3, 0.9)) * some


def _islands(rng: np.random.Generator, size: int) -> Array:
    """Mask of a second phase: blobs, a sponge, whole grains, or lamellae in some of them."""
    style = rng.integers(4)
    scale = log_uniform(rng, 6, 0.3 * size)
    if style == 0:
        kind = Kind((1, rng.uniform(1.2, 6)), (2, 4), rng.uniform(0.02, 0.15), 7, 0.4)
        return crowd(rng, size, 0.5 * scale, share_of(rng, 0.7), kind).mask
    if style == 1:
        field = cloud(rng, size, scale) + 0.4 * (cloud(rng, size, max(scale / 3, 2)) - 0.5)
        return blur(field > rng.uniform(0.45, 0.85), 0.8) > 0.5
    tiles = packed(rng, size, scale, log_uniform(rng, 1, 3), log_uniform(rng, 1, 2))
    labels = rippled(rng, tiles.labels, 0.15 * scale, max(0.4 * scale, 4))
    grains = Bodies(labels, tiles.count)
    chosen = grains.each(rng.random(tiles.count) < rng.uniform(0.1, 0.7)) > 0
    if style == 2:
        return chosen
    rows, cols = np.indices((size, size)).astype(np.float32)
    angle = grains.each(rng.uniform(0, np.pi, tiles.count))
    period = log_uniform(rng, 5, max(0.5 * scale, 7))
    bend = 3 * (cloud(rng, size, scale) - 0.5)
    wave = np.sin((rows * np.cos(angle) + cols * np.sin(angle)) * (2 * np.pi / period) + bend)
    return wave > rng.uniform(-0.3, 0.7)


@look("microscopy", "two-phase alloy")
def two_phase(rng: np.random.Generator, size: int) -> Drawing:
    """Islands, sponges or lamellae of a second phase, brighter or darker than the matrix."""
    mask = _islands(rng, size)
    contrast = log_uniform(rng, 0.08, 0.5) * (1 if rng.random() < 0.5 else -1)
    image = _metal(rng, size) - 0.3 * contrast
    inner = 1 - rng.uniform(0, 0.5) * grain(rng, size, log_uniform(rng, 1.5, 12))
    soft = blur(mask, rng.uniform(0.4, 1.2))
    rim = rng.uniform(-0.3, 0.3) * float(rng.random() < 0.4) * 4 * soft * (1 - soft)
    sheet = Sheet(_tinted(rng, image + contrast * soft * inner + rim), "matrix")
    sheet.name(mask, "bright phase" if contrast > 0 else "dark phase")
    return sheet.drawing()


@look("microscopy", "carbides in steel")
def carbides(rng: np.random.Generator, size: int) -> Drawing:
    """Fine round and larger blocky particles, and films along the boundaries of grains."""
    radius = log_uniform(rng, 1.5, 0.04 * size)
    image = _metal(rng, size) * 0.75
    bodies = crowd(rng, size, radius, share_of(rng, 0.5), Kind((1, 2), (2, 4), 0.06))
    mask = bodies.mask
    if rng.random() < 0.4:
        wide = log_uniform(rng, 15, 0.5 * size)
        tiles = packed(rng, size, wide, log_uniform(rng, 1, 2.5))
        labels = rippled(rng, tiles.labels, 0.1 * wide, max(0.4 * wide, 4))
        half = rng.uniform(0.4, 1.2) * radius * 2 * cloud(rng, size, 0.5 * wide)
        mask = mask | (from_seams(labels) <= half - 0.3)
    if rng.random() < 0.3:  # a few large blocks
        mask = mask | crowd(rng, size, 4 * radius, 0.08, Kind((1, 2.5), (2, 6), 0.1)).mask
    bright = rng.random() < 0.6
    soft = blur(mask, rng.uniform(0.4, 0.9))
    image = image + (1 if bright else -1) * log_uniform(rng, 0.12, 0.5) * soft
    ring = blur(mask, 1.5 + 0.3 * radius) * ~mask
    image = image - rng.uniform(-0.2, 0.3) * float(rng.random() < 0.5) * ring
    sheet = Sheet(_tinted(rng, image), "matrix")
    sheet.name(mask, "carbide")
    return sheet.drawing()


@look("microscopy", "porous metal")
def porous(rng: np.random.Generator, size: int) -> Drawing:
    """Holes in a polished face: round gas pores or ragged gaps, black or with lit walls."""
    radius = log_uniform(rng, 2, 0.15 * size)
    kind = Kind((1, 1.3), (2, 2.2), 0.02) if rng.random() < 0.5 else Kind((1, 4), (1.6, 3), 0.16, 9)
    mask = crowd(rng, size, radius, share_of(rng, 0.4), kind).mask
    if rng.random() < 0.4:
        mask = mask | crowd(rng, size, max(radius * 0.25, 1.2), rng.uniform(0.005, 0.06), kind).mask
    holes = Bodies(mask.astype(np.int32), 1)
    image = _metal(rng, size)
    floor = rng.uniform(0.0, 0.3) * np.ones((size, size), np.float32)
    if rng.random() < 0.4:  # the walls inside catch light
        walls = grain(rng, size, max(0.4 * radius, 2)) * np.exp(-holes.inner / (0.4 * radius + 1))
        floor += rng.uniform(0.1, 0.5) * walls
    floor = np.minimum(floor, image - 0.08)
    soft = blur(mask, rng.uniform(0.4, 1.0))
    edge = rng.uniform(0, 0.4) * float(rng.random() < 0.5) * blur(mask, 1.5) * ~mask
    sheet = Sheet(_tinted(rng, image * (1 - soft) + floor * soft + edge), "matrix")
    sheet.name(mask, "pore")
    return sheet.drawing()
