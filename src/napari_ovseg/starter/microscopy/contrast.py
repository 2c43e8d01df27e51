"""Living cells without a dye: phase contrast and interference contrast, grey on grey."""

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
    places,
    share_of,
)
from napari_ovseg.starter.microscopy.glowing import bacteria, spread_cells
from napari_ovseg.starter.microscopy.packing import packed, rippled
from napari_ovseg.starter.microscopy.sheet import Sheet

WORDS: dict[str, tuple[str, ...]] = {
    "cell": (
        "cell",
        "cells",
        "cultured cell",
        "living cell",
        "grey cell",
        "cell with a bright halo",
        "cell in phase contrast",
    ),
    "yeast cell": ("yeast cell", "yeast", "yeast cells", "budding yeast", "round cell", "cell"),
    "bacterium": (
        "bacterium",
        "bacteria",
        "dark rod",
        "dark rod-shaped cell",
        "bacterial cell",
        "cell",
    ),
    "grey background": (
        "grey background",
        "gray background",
        "background",
        "culture medium",
        "empty grey area",
        "plain grey area",
    ),
}


def _field(rng: np.random.Generator, size: int) -> Array:
    """The grey ground: uneven, with shadows of things out of focus and dust."""
    field = np.full((size, size), rng.uniform(0.3, 0.75), np.float32)
    field += rng.uniform(0, 0.2) * (cloud(rng, size, rng.uniform(0.3, 1.2) * size) - 0.5)
    field += rng.uniform(0, 0.06) * (grain(rng, size, log_uniform(rng, 2, 30)) - 0.5)
    if rng.random() < 0.4:
        dust = crowd(rng, size, log_uniform(rng, 1, 5), rng.uniform(0.002, 0.02))
        field += rng.uniform(-0.25, 0.2) * blur(dust.mask, log_uniform(rng, 0.6, 4))
    return field


def _outer(bodies: Bodies) -> Array:
    """Distance from the nearest body, px; far where there is none."""
    if not bodies.mask.any():
        return np.full(bodies.labels.shape, 1e3, np.float32)
    return np.asarray(distance_transform_edt(~bodies.mask), np.float32)


def _halo(rng: np.random.Generator, bodies: Bodies, radius: float) -> Array:
    """The bright fringe that phase contrast lays around things."""
    reach = log_uniform(rng, 1, max(0.4 * radius, 1.5))
    return rng.uniform(0, 0.4) * np.exp(-_outer(bodies) / reach) * ~bodies.mask


def _colony(rng: np.random.Generator, size: int, radius: float) -> Bodies:
    """Cells that have grown together, with clearings."""
    tiles = packed(rng, size, 2 * radius, rng.uniform(1, 2), log_uniform(rng, 1, 3))
    labels = rippled(rng, tiles.labels, 0.3 * radius, max(radius, 3))
    field = cloud(rng, size, rng.uniform(0.2, 0.7) * size)
    return Bodies(labels * (field < rng.uniform(0.3, 1.1)), tiles.count)


@look("microscopy", "phase-contrast cells")
def phase_contrast(rng: np.random.Generator, size: int) -> Drawing:
    """Cells on grey with bright fringes: flat and grainy, or round and shining."""
    radius = log_uniform(rng, 5, 0.22 * size)
    grown = rng.random() < 0.25
    cells = _colony(rng, size, radius) if grown else spread_cells(rng, size, radius, share_of(rng))
    texture = grain(rng, size, max(radius * rng.uniform(0.1, 0.6), 1.5)) - 0.5
    level = rng.normal(-rng.uniform(-0.05, 0.3), 0.05, cells.count)
    inside = cells.each(level) + log_uniform(rng, 0.05, 0.4) * texture * cells.mask
    rim = rng.uniform(-0.35, 0.35) * np.exp(-cells.inner / rng.uniform(0.8, 2.5)) * cells.mask
    image = _field(rng, size) + blur(inside + rim, 0.6) + blur(_halo(rng, cells, radius), 0.6)
    if rng.random() < 0.35:  # nuclei show as rounds with a dark rim and dots
        image += rng.uniform(-0.15, 0.15) * blur(cells.depth > 0.5, 1)
    mask = cells.mask
    if rng.random() < 0.35:  # rounded up, shining
        balls = crowd(rng, size, 0.5 * radius, 0.05, Kind((1, 1.2), wobble=0.02))
        shine = rng.uniform(0.2, 0.6) * np.exp(-((balls.depth - 0.4) ** 2) / 0.1) * balls.mask
        image += blur(shine, 0.7) - 0.25 * np.exp(-_outer(balls) / 2) * ~balls.mask
        mask = mask | balls.mask
    sheet = Sheet(image, "grey background")
    sheet.name(mask, "cell")
    return sheet.drawing()


@look("microscopy", "interference-contrast cells")
def interference_contrast(rng: np.random.Generator, size: int) -> Drawing:
    """Cells as if lit from one side: bright on one flank, dark on the other, flat between."""
    radius = log_uniform(rng, 6, 0.22 * size)
    cells = spread_cells(rng, size, radius, share_of(rng, 1.0))
    steep = log_uniform(rng, 0.08, 0.6)
    height = 1 - (1 - np.clip(cells.depth / steep, 0, 1)) ** 2
    height = height + rng.uniform(0.1, 0.8) * grain(rng, size, 0.3 * radius) * cells.mask
    if rng.random() < 0.5:
        height += rng.uniform(0.1, 0.4) * (cells.depth > 0.55)  # a nucleus
    height = blur(height.astype(np.float32) * radius, 0.8)
    down, right = np.gradient(height)
    angle = rng.uniform(0, 2 * np.pi)
    relief = np.tanh(rng.uniform(0.4, 2) * (down * np.sin(angle) + right * np.cos(angle)))
    image = _field(rng, size) + rng.uniform(0.1, 0.4) * relief
    sheet = Sheet(image - rng.uniform(-0.05, 0.08) * blur(cells.mask, 0.6), "grey background")
    sheet.name(cells.mask, "cell")
    return sheet.drawing()


@look("microscopy", "yeast")
def yeast(rng: np.random.Generator, size: int) -> Drawing:
    """Round and budding cells with a dark or bright rim, single, in clumps, or in chains."""
    radius = log_uniform(rng, 4, 0.12 * size)
    mothers = places(rng, size, radius, share_of(rng, 0.8))
    buds = mothers[rng.random(len(mothers)) < rng.uniform(0, 0.6)]
    small = radius * rng.uniform(0.4, 0.8, len(buds))
    way = rng.normal(0, 1, buds.shape)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    centres = np.concatenate([mothers, buds + way * (radius + 0.8 * small)[:, None]])
    radii = np.concatenate([radius * rng.uniform(0.8, 1.15, len(mothers)), small])
    cells = fill(size, outlines(rng, centres, radii, Kind((1.0, 1.35), wobble=0.01)))
    polarity = 1 if rng.random() < 0.5 else -1
    rim = np.exp(-((cells.inner / max(0.12 * radius, 0.8) - 0.7) ** 2)) * cells.mask
    body = rng.uniform(-0.1, 0.35) * cells.mask * (0.6 + 0.4 * cells.depth)
    spots = np.clip(4 * (cloud(rng, size, max(0.4 * radius, 2)) - 0.65), 0, 1) * cells.mask
    inside = body - rng.uniform(0.15, 0.5) * rim + rng.uniform(-0.3, 0.2) * spots
    fringe = _halo(rng, cells, radius)
    image = _field(rng, size) + polarity * blur(inside + fringe, rng.uniform(0.4, 0.9))
    sheet = Sheet(image, "grey background")
    sheet.name(cells.mask, "yeast cell")
    return sheet.drawing()


@look("microscopy", "dark bacteria")
def dark_bacteria(rng: np.random.Generator, size: int) -> Drawing:
    """Rods or cocci, dark on grey with a fringe, or stained on a bright field."""
    bodies, radius = bacteria(rng, size)
    level = rng.uniform(0.12, 0.5) * rng.uniform(0.7, 1.2, bodies.count)
    inside = bodies.each(level) * (0.6 + 0.4 * np.minimum(bodies.inner / (0.6 * radius), 1))
    image = _field(rng, size) + blur(_halo(rng, bodies, 3 * radius), 0.6)
    uptake = blur(inside, rng.uniform(0.4, 0.8))
    if rng.random() < 0.35:  # stained: violet or pink on white
        dye = ((0.3, 0.15, 0.55), (0.8, 0.25, 0.45), (0.2, 0.3, 0.65))[rng.integers(3)]
        light = np.clip(image + 0.35, 0, 1)[..., None]
        strong = np.clip(2.2 * uptake, 0, 1)[..., None]
        sheet = Sheet(light * (1 - strong * (1 - np.asarray(dye, np.float32))), "empty glass")
    else:
        sheet = Sheet(image - uptake, "grey background")
    sheet.name(bodies.mask, "bacterium")
    return sheet.drawing()
