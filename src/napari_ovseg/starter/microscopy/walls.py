"""Cells that fill the plane, told by their walls: plants, epithelia, stained sections."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import Bodies, Kind, blur, cloud, fill, grain, outlines
from napari_ovseg.starter.microscopy.light import haze, lamp, levels, shown
from napari_ovseg.starter.microscopy.packing import from_seams, middles, packed, rippled
from napari_ovseg.starter.microscopy.sheet import Sheet

WORDS: dict[str, tuple[str, ...]] = {
    "cell wall": (
        "cell wall",
        "cell walls",
        "plant cell wall",
        "bright cell boundary",
        "thin bright outline",
        "cell border",
        "wall between cells",
    ),
    "cell interior": (
        "cell interior",
        "inside of a cell",
        "dark cell lumen",
        "empty space inside a cell",
        "lumen",
        "vacuole",
        "background",
        "dark background",
    ),
    "empty cell": (
        "empty cell",
        "cell interior",
        "white cell lumen",
        "lumen",
        "empty space inside a cell",
        "background",
        "white background",
    ),
    "cell membrane": (
        "cell membrane",
        "membrane",
        "membranes",
        "cell outline",
        "bright cell boundary",
        "thin line between cells",
        "plasma membrane",
    ),
}


def _tissue(rng: np.random.Generator, size: int, ratio: float) -> tuple[Bodies, float]:
    """Cells of sizes up to `ratio` apart, and the width of the smallest in px."""
    small = log_uniform(rng, 8, size / 2.5 / np.sqrt(ratio))
    tiles = packed(rng, size, small, ratio, log_uniform(rng, 1, 3))
    if rng.random() < 0.4:  # wavy borders, as in a leaf's skin
        strength, scale = rng.uniform(0.03, 0.15) * small, rng.uniform(0.4, 0.9) * small
        tiles = Bodies(rippled(rng, tiles.labels, strength, max(scale, 3)), tiles.count)
    return tiles, small


def _wall(rng: np.random.Generator, tiles: Bodies, width: float) -> tuple[Array, Array]:
    """Mask of walls `width` px wide, round where three meet, and distance from their middle."""
    away = from_seams(tiles.labels)
    half = width / 2
    rounded = blur(away > half, rng.uniform(0.3, 3) * half) < 0.5
    return rounded | (away <= half), away


@look("microscopy", "bright cell walls")
def bright_walls(rng: np.random.Generator, size: int) -> Drawing:
    """Plant tissue in a confocal microscope: bright walls around dark, large and small cells."""
    tiles, small = _tissue(rng, size, log_uniform(rng, 1, 14))
    width = log_uniform(rng, 1.2, max(0.3 * small, 2))
    mask, away = _wall(rng, tiles, width)
    level = 1 - rng.uniform(0, 0.6) * cloud(rng, size, rng.uniform(1, 5) * small)
    level *= 1 - rng.uniform(0, 0.35) * cloud(rng, size, max(width, 2))
    light = blur(mask, rng.uniform(0.3, 0.4 + 0.12 * width)) * level
    if width > 4 and rng.random() < 0.4:  # a dark seam between two walls
        light *= 1 - rng.uniform(0.2, 0.7) * np.exp(-((away / (0.12 * width)) ** 2))
    ground = haze(rng, size, 0.08) + _lumens(rng, tiles, small)
    outside = _outside(rng, tiles)
    keep = blur(~outside, 0.7)
    light = np.maximum(light * keep, ground * keep) + rng.choice([0, 0.1]) * blur(light, 4 * width)
    sheet = Sheet(shown(rng, light * log_uniform(rng, 0.4, 1.3)), "cell interior")
    sheet.name(mask, "cell wall")
    sheet.name(outside, "background")
    return sheet.drawing()


def _lumens(rng: np.random.Generator, tiles: Bodies, small: float) -> Array:
    """Faint light inside the cells: a few are hazy, some hold grains."""
    size = len(tiles.labels)
    hazy = tiles.each((rng.random(tiles.count) < rng.uniform(0, 0.2)) * rng.uniform(0.1, 0.4))
    light = hazy * grain(rng, size, max(0.5 * small, 3))
    if rng.random() < 0.25:
        dots = np.clip(6 * (cloud(rng, size, max(0.12 * small, 2.5)) - 0.85), 0, 1)
        light += rng.uniform(0.1, 0.5) * dots * tiles.each(rng.random(tiles.count) < 0.5)
    return light


def _outside(rng: np.random.Generator, tiles: Bodies) -> Array:
    """Now and then, the ground beyond the last cells."""
    size = len(tiles.labels)
    if rng.random() < 0.75:
        return np.zeros((size, size), bool)
    if rng.random() < 0.15:
        return np.ones((size, size), bool)
    middle = cloud(rng, size, 0.8 * size)
    total = np.bincount(tiles.labels.ravel(), middle.ravel(), tiles.count + 1)
    area = np.bincount(tiles.labels.ravel(), minlength=tiles.count + 1)
    return (total / np.maximum(area, 1))[tiles.labels] > rng.uniform(0.5, 0.75)


@look("microscopy", "epithelium with bright membranes")
def epithelium(rng: np.random.Generator, size: int) -> Drawing:
    """Cells of an animal: thin bright membranes, a grey inside, often nuclei in another colour."""
    tiles, small = _tissue(rng, size, log_uniform(rng, 1, 3))
    mask, _ = _wall(rng, tiles, log_uniform(rng, 1.2, max(0.1 * small, 2)))
    level = 1 - rng.uniform(0, 0.8) * cloud(rng, size, rng.uniform(0.3, 4) * small)
    light = blur(mask, rng.uniform(0.3, 1.0)) * level
    inner = rng.uniform(0, 0.3) * (1 - 0.7 * grain(rng, size, max(0.3 * small, 2)))
    light = np.maximum(light, inner * tiles.each(rng.uniform(0.4, 1, tiles.count)))
    image = shown(rng, (light + haze(rng, size, 0.08)) * log_uniform(rng, 0.5, 1.3))
    sheet = Sheet(image, "cell interior")
    sheet.name(mask, "cell membrane")
    if rng.random() < 0.4:
        _nuclei_within(rng, sheet, tiles)
    outside = _outside(rng, tiles)
    sheet.cover(outside, "background", haze(rng, size, 0.1)[..., None], 1.0)
    return sheet.drawing()


def _nuclei_within(rng: np.random.Generator, sheet: Sheet, tiles: Bodies) -> None:
    """Light a nucleus in the middle of most cells."""
    size = len(tiles.labels)
    chosen = rng.random(tiles.count) < rng.uniform(0.5, 1)
    centres, wide = middles(tiles)
    kept = chosen & (wide > 6)
    radii = wide[kept] * rng.uniform(0.22, 0.38)
    nuclei = fill(size, outlines(rng, centres[kept], radii, Kind((1, 1.6), wobble=0.03)))
    colour = lamp(rng) if rng.random() < 0.6 else np.ones(3, np.float32)
    texture = 1 - 0.5 * grain(rng, size, max(0.1 * float(wide.mean()), 2))
    light = blur(nuclei.each(levels(rng, nuclei.count)) * texture, 0.8) * rng.uniform(0.5, 1)
    sheet.image = np.maximum(sheet.image, light[..., None] * colour)
    sheet.name(nuclei.mask, "cell nucleus")


STAINS = (
    (0.75, 0.15, 0.35),
    (0.15, 0.5, 0.5),
    (0.35, 0.2, 0.6),
    (0.45, 0.3, 0.15),
    (0.3, 0.3, 0.3),
)


@look("microscopy", "stained plant section")
def stained_section(rng: np.random.Generator, size: int) -> Drawing:
    """A plant section in bright light: coloured or grey walls around pale or empty cells."""
    tiles, small = _tissue(rng, size, log_uniform(rng, 1, 8))
    width = log_uniform(rng, 1.5, max(0.3 * small, 2))
    mask, _ = _wall(rng, tiles, width)
    paper = tone(rng, (0.93, 0.93, 0.9), 0.04)
    sheet = Sheet(np.ones((size, size, 3), np.float32) * paper, "empty cell")
    filled = tiles.each((rng.random(tiles.count) < rng.uniform(0, 0.5)) * rng.uniform(0.1, 0.5))
    body = tone(rng, STAINS[rng.integers(len(STAINS))], 0.08)
    sheet.image = sheet.image * (1 - (filled * grain(rng, size, 8))[..., None] * (1 - body))
    dark = tone(rng, STAINS[rng.integers(len(STAINS))], 0.08)
    shade = paint(grain(rng, size, 2 * small), dark, np.clip(dark + rng.uniform(0, 0.3), 0, 1))
    sheet.stain(mask, "cell wall", shade, rng.uniform(0.4, 0.5 + 0.1 * width))
    sheet.cover(_outside(rng, tiles), "empty glass", paper, 0.8)
    return sheet.drawing()
