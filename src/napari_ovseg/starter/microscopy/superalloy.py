"""Nickel superalloys in an electron microscope: precipitates of two sizes in a matrix."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    Bodies,
    Kind,
    blur,
    cloud,
    crowd,
    fill,
    grain,
    outlines,
)
from napari_ovseg.starter.microscopy.packing import from_seams, middles, packed, rippled
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "matrix": (
        "matrix",
        "metal matrix",
        "gamma matrix channel",
        "channel between precipitates",
        "ground mass",
        "background",
    ),
    "secondary precipitate": (
        "secondary precipitate",
        "large blocky precipitate",
        "gamma prime precipitate",
        "large precipitate",
        "blocky particle",
        "large grain",
    ),
    "tertiary precipitate": (
        "tertiary precipitate",
        "tiny round precipitate",
        "fine particles",
        "small dots",
        "small round precipitates",
        "fine precipitate",
    ),
}


def _blocks(rng: np.random.Generator, size: int, wide: float) -> Array:
    """Mask of large precipitates: grown into one another, or boxes and rounds side by side."""
    boxes = Kind((1, 1.7), (2, rng.uniform(2.5, 7)), float(rng.choice([0.02, 0.08])), 6, 0.2)
    style = rng.choice(["grown", "apart", "heaped"], p=[0.25, 0.5, 0.25])
    tiles = packed(rng, size, wide, log_uniform(rng, 1, 2.5), log_uniform(rng, 1, 1.5))
    if style == "apart":
        centres, widths = middles(tiles)
        radii = widths * rng.uniform(0.35, 0.55) * rng.uniform(0.8, 1.1, len(widths))
        some = rng.random(len(widths)) < rng.uniform(0.6, 1)
        solid = fill(size, outlines(rng, centres[some], radii[some], boxes)).mask
    elif style == "grown":
        labels = rippled(rng, tiles.labels, rng.uniform(0, 0.2) * wide, max(0.5 * wide, 4))
        half = log_uniform(rng, 0.03, 0.3) * wide
        # Channels narrow to nothing in places, where neighbours have merged around a notch.
        local = half * np.clip(
            rng.uniform(0.5, 1.3) + 2 * (cloud(rng, size, 0.8 * wide) - 0.5), 0, 2
        )
        solid = from_seams(labels) > local
        some = Bodies(labels, tiles.count).each(rng.random(tiles.count) < rng.uniform(0.5, 1))
        solid &= some > 0
    else:
        solid = crowd(rng, size, 0.55 * wide, log_uniform(rng, 0.15, 1.2), boxes).mask
    rounded = blur(solid, rng.uniform(0.03, 0.14) * wide) > 0.5
    return rounded if rng.random() > 0.08 else np.zeros((size, size), bool)


def _dots(rng: np.random.Generator, away: Array, radius: float) -> Bodies:
    """Small precipitates where there is room, none close to the large ones."""
    size = len(away)
    room = away / rng.uniform(1.2, 4)
    return crowd(rng, size, radius, log_uniform(rng, 0.05, 0.6), Kind((1, 1.3), wobble=0.03), room)


def _relief(rng: np.random.Generator, blocks: Array, wide: float) -> Array:
    """Etching: shade inside the blocks, light on their edges, one flank brighter."""
    size = len(blocks)
    soft = blur(blocks, log_uniform(rng, 0.03, 0.2) * wide)
    edge = rng.uniform(-0.1, 0.35) * 4 * soft * (1 - soft) * ~blocks
    edge = edge - rng.uniform(-0.1, 0.25) * 4 * soft * (1 - soft) * blocks
    down, right = np.gradient(blur(blocks, log_uniform(rng, 0.8, 3)))
    angle = rng.uniform(0, 2 * np.pi)
    flank = float(rng.choice([0.0, 0.3, 1.0])) * (down * np.sin(angle) + right * np.cos(angle))
    grainy = rng.uniform(0, 0.12) * (grain(rng, size, log_uniform(rng, 1, 6), 2) - 0.5)
    return edge + flank + grainy


@look("microscopy", "superalloy")
def superalloy(rng: np.random.Generator, size: int) -> Drawing:
    """Blocky secondary and tiny round tertiary precipitates, darker or brighter than the matrix."""
    wide = log_uniform(rng, 10, 0.45 * size)
    blocks = _blocks(rng, size, wide)
    away = np.asarray(distance_transform_edt(~blocks), np.float32)
    away = away if blocks.any() else np.full((size, size), 1e3, np.float32)
    radius = float(np.clip(wide * log_uniform(rng, 0.03, 0.14), 1.2, 0.03 * size))
    dots = _dots(rng, away, radius)
    if rng.random() < 0.15:
        dots = Bodies(np.zeros_like(dots.labels), 0)
    contrast = log_uniform(rng, 0.06, 0.55) * (-1 if rng.random() < 0.65 else 1)
    ground = rng.uniform(0.35, 0.65) - 0.4 * contrast
    image = ground + rng.uniform(0, 0.12) * (cloud(rng, size, 0.5 * size) - 0.5)
    image = image + contrast * blur(blocks, rng.uniform(0.4, 1.2)) + _relief(rng, blocks, wide)
    weaker = rng.uniform(0.4, 1.1, dots.count)
    image = image + contrast * blur(dots.each(weaker), rng.uniform(0.4, 0.5 + 0.15 * radius))
    sheet = Sheet(_scars(rng, image), "matrix")
    sheet.name(blocks, "secondary precipitate")
    sheet.name(dots.mask & ~blocks, "tertiary precipitate")
    return sheet.drawing()


def _scars(rng: np.random.Generator, image: Array) -> Array:
    """Scratches of polishing and stray bits, dark or bright."""
    size = len(image)
    if rng.random() < 0.4:
        lines, _ = curves(rng, size, int(rng.integers(1, 12)), log_uniform(rng, 0.5, 2), 1.5)
        image = image + rng.uniform(-0.15, 0.15) * blur(lines, 0.7)
    if rng.random() < 0.25:
        bits = crowd(rng, size, log_uniform(rng, 1.5, 8), 0.004, Kind((1, 4), (2, 6), 0.08))
        image = image + rng.uniform(-0.5, 0.5) * blur(bits.mask, 0.6)
    return image
