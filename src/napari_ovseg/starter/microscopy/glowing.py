"""Fluorescence of other things than nuclei: whole cells, fibres, bacteria, vesicles."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    ROD,
    ROUND,
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
from napari_ovseg.starter.microscopy.light import glow, haze, lamp, levels, shown
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "cell": (
        "cell",
        "cells",
        "whole cell",
        "fluorescent cell",
        "glowing cell",
        "bright cell",
        "living cell",
    ),
    "fibre": (
        "fibre",
        "fibres",
        "fiber",
        "filament",
        "bright fibre",
        "thin bright line",
        "cytoskeleton",
        "microtubules",
        "threads",
    ),
    "bacterium": (
        "bacterium",
        "bacteria",
        "bacterial cell",
        "rod-shaped bacterium",
        "small rod",
        "microbes",
    ),
    "vesicle": (
        "vesicle",
        "vesicles",
        "small dots",
        "puncta",
        "small bright spot",
        "granule",
        "bright dots inside a cell",
    ),
    "mitochondrion": (
        "mitochondrion",
        "mitochondria",
        "mitochondrial network",
        "worm-like organelle",
    ),
}


MOST_CHAINS = 90
"""Chains of cocci in one picture."""


def spread_cells(rng: np.random.Generator, size: int, radius: float, share: float) -> Bodies:
    """Cells spread on glass: round, angular, long, or with arms."""
    centres = places(rng, size, radius, share)
    count = len(centres)
    kind = Kind((1.0, rng.uniform(1.2, 4)), (2, 4), rng.choice([0.03, 0.1, 0.2]), 7, 0.4)
    angles = rng.uniform(0, 2 * np.pi, count)
    radii = radius * np.exp(rng.normal(0, 0.2, count))
    shapes = outlines(rng, centres, radii, kind, angles)
    if rng.random() < 0.25:  # arms of the same cells: thin bodies through their middles
        every = np.concatenate(
            [shapes]
            + [
                outlines(
                    rng,
                    centres + rng.normal(0, 0.6 * radius, centres.shape),
                    radii * rng.uniform(0.5, 0.9),
                    Kind((6, 25), (1.2, 2), 0.05, 5, 0.6),
                )
                for _ in range(3)
            ]
        )
        bodies = fill(size, every)
        return Bodies((bodies.labels - 1) % max(count, 1) * bodies.mask + bodies.mask, count)
    return fill(size, shapes)


@look("microscopy", "fluorescent cells")
def fluorescent_cells(rng: np.random.Generator, size: int) -> Drawing:
    """Whole cells that glow, even or patchy, some with a bright rim or a dark nucleus."""
    radius = log_uniform(rng, 5, 0.2 * size)
    cells = spread_cells(rng, size, radius, share_of(rng, 1.1))
    inside = 1 - rng.uniform(0, 0.7) * grain(rng, size, max(radius * rng.uniform(0.1, 0.8), 1.5))
    if rng.random() < 0.4:  # thicker in the middle
        inside *= 0.35 + 0.65 * np.minimum(cells.depth / 0.6, 1)
    if rng.random() < 0.3:
        rim = np.exp(-cells.inner / max(0.06 * radius, 0.8)) * cells.mask
        inside = inside * rng.uniform(0.15, 0.7) + rim
    if rng.random() < 0.3:
        inside *= 1 - rng.uniform(0.3, 0.8) * blur(cells.depth > 0.55, 0.05 * radius + 0.5)
    light = blur(cells.each(levels(rng, cells.count)) * inside, rng.uniform(0.4, 1 + 0.05 * radius))
    light += haze(rng, size) + rng.choice([0, 0.15]) * blur(light, radius)
    sheet = Sheet(shown(rng, light * log_uniform(rng, 0.35, 1.3)), "background")
    sheet.name(cells.mask, "cell")
    return sheet.drawing()


@look("microscopy", "fluorescent fibres")
def fluorescent_fibres(rng: np.random.Generator, size: int) -> Drawing:
    """Filaments on a dark ground or inside cells that faintly glow, some with nuclei."""
    width = log_uniform(rng, 1.0, 0.03 * size)
    count = int(np.clip(share_of(rng, 1.0) * size / width, 0, 220))
    light, mask = curves(rng, size, count, width, log_uniform(rng, 0.2, 1.5))
    light = blur(light, rng.uniform(0.3, 0.5 + 0.15 * width)) * rng.uniform(0.5, 1.3)
    sheet_light = haze(rng, size, 0.15)
    body = np.zeros((size, size), bool)
    if rng.random() < 0.5:
        body = spread_cells(rng, size, 0.25 * size, rng.uniform(0.3, 1.2)).mask
        light, mask = light * body, mask & body
        sheet_light += rng.uniform(0.05, 0.25) * blur(body, 3) * (0.5 + grain(rng, size, 12) / 2)
    far, _ = curves(rng, size, count // 2, 2 * width)  # out of focus
    sheet_light += rng.uniform(0, 0.25) * blur(far, 1.5 * width + 1) * (body if body.any() else 1)
    sheet = Sheet(shown(rng, np.maximum(light, 0.3 * light + sheet_light)), "background")
    sheet.name(body, "cytoplasm")
    sheet.name(mask, "fibre")
    if rng.random() < 0.25:
        _add_nuclei(rng, sheet, 0.06 * size)
    return sheet.drawing()


def _add_nuclei(rng: np.random.Generator, sheet: Sheet, radius: float) -> None:
    """Put nuclei of a second dye over what is there."""
    size = len(sheet.parts)
    nuclei = crowd(rng, size, radius * log_uniform(rng, 0.6, 1.6), rng.uniform(0.05, 0.3))
    light = glow(rng, nuclei, radius, levels(rng, nuclei.count))
    blue = np.array([0.25, 0.4, 1.0], np.float32) if rng.random() < 0.7 else lamp(rng)
    sheet.image = np.maximum(sheet.image, np.clip(light, 0, 1)[..., None] * blue)
    sheet.name(nuclei.mask, "cell nucleus")


@look("microscopy", "fluorescent bacteria")
def fluorescent_bacteria(rng: np.random.Generator, size: int) -> Drawing:
    """Rods, cocci or threads of bacteria, filled with light or lit at their membrane."""
    bodies, radius = bacteria(rng, size)
    inside: Array = np.ones((size, size), np.float32)
    if rng.random() < 0.3:
        inside = rng.uniform(0.1, 0.5) + np.exp(-bodies.inner / max(0.25 * radius, 0.8))
    elif rng.random() < 0.4:  # nucleoids or spots
        inside = 0.35 + 0.9 * np.clip(3 * (cloud(rng, size, max(radius, 2)) - 0.5), 0, 1)
    light = blur(
        bodies.each(levels(rng, bodies.count)) * inside, rng.uniform(0.4, 0.6 + 0.1 * radius)
    )
    light += haze(rng, size) + rng.choice([0, 0.2]) * blur(light, 2 * radius)
    sheet = Sheet(shown(rng, light * log_uniform(rng, 0.4, 1.3)), "background")
    sheet.name(bodies.mask, "bacterium")
    return sheet.drawing()


def bacteria(rng: np.random.Generator, size: int) -> tuple[Bodies, float]:
    """Scatter bacteria of one species; also their radius in px."""
    radius = log_uniform(rng, 2.0, 0.05 * size)
    kind = (
        ROD,
        Kind((1.5, 3), (2.5, 4), 0.01, 3, 0.1),
        ROUND,
        Kind((5, 16), (3, 6), 0.02, 4, 0.8),
    )[rng.choice(4, p=(0.45, 0.2, 0.2, 0.15))]
    long = np.sqrt(np.mean(kind.stretch))
    centres = places(rng, size, radius * long, share_of(rng, 0.7))
    if kind is ROUND and len(centres) and rng.random() < 0.6:  # chains and clusters
        steps = rng.normal(0, 1, (len(centres), 6, 2))
        steps *= 1.9 * radius / np.linalg.norm(steps, axis=2, keepdims=True)
        centres = (centres[:MOST_CHAINS, None] + np.cumsum(steps[:MOST_CHAINS], 1)).reshape(-1, 2)
    radii = radius * long * np.exp(rng.normal(0, 0.12, len(centres)))
    angles = rng.normal(rng.uniform(0, np.pi), rng.choice([0.3, 3.0]), len(centres))
    return fill(size, outlines(rng, centres, radii, kind, angles)), radius


@look("microscopy", "fluorescent vesicles")
def fluorescent_vesicles(rng: np.random.Generator, size: int) -> Drawing:
    """Dots, rings or worm-like mitochondria inside cells, or on an empty dark ground."""
    ground = haze(rng, size, 0.1)
    cells = spread_cells(rng, size, rng.uniform(0.1, 0.3) * size, rng.uniform(0.3, 1.3))
    inside = cells.mask if rng.random() < 0.65 else np.zeros((size, size), bool)
    hollow = blur(cells.depth > rng.uniform(0.5, 0.7), 1) > 0.5  # the nucleus holds none
    texture = 1 - 0.6 * grain(rng, size, 10)
    ground += rng.uniform(0.06, 0.3) * blur(inside & ~hollow, 1) * texture
    free = inside & ~hollow if inside.any() else np.ones((size, size), bool)
    worms = rng.random() < 0.3
    if worms:
        width = log_uniform(rng, 1.2, 0.02 * size)
        count = int(rng.integers(10, 160))
        light, mask = curves(rng, size, count, width, log_uniform(rng, 0.06, 0.2))
    else:
        light, mask = _dots(rng, size)
    light = blur(light * free, rng.uniform(0.3, 1.0))
    sheet = Sheet(shown(rng, np.maximum(ground, light * rng.uniform(0.4, 1.2))), "background")
    sheet.name(inside, "cytoplasm")
    sheet.name(mask & free, "mitochondrion" if worms else "vesicle")
    return sheet.drawing()


def _dots(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Small round spots, the larger ones sometimes hollow: light and mask."""
    radius = log_uniform(rng, 1.3, 0.03 * size)
    dots = crowd(rng, size, radius, share_of(rng, 0.35), ROUND)
    light = dots.each(levels(rng, dots.count))
    if radius > 4 and rng.random() < 0.5:
        light = light * (0.2 + np.exp(-dots.inner / (0.2 * radius)))
    return light, dots.mask
