"""Nuclei that glow on a dark ground: scattered, dense, in rows, dividing, in glowing cells."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    Bodies,
    Kind,
    blur,
    cloud,
    crowd,
    fill,
    outlines,
    places,
    share_of,
)
from napari_ovseg.starter.microscopy.light import glow, haze, lamp, levels, shown
from napari_ovseg.starter.microscopy.packing import middles, packed
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "cell nucleus": (
        "cell nucleus",
        "cell nuclei",
        "nucleus",
        "nuclei",
        "fluorescent nucleus",
        "bright stained nuclei",
        "glowing cell",
        "bright round spot",
        "bright oval blob",
    ),
    "cytoplasm": (
        "cytoplasm",
        "cell body",
        "cytoplasm glow",
        "faint glow around a nucleus",
        "cell cytoplasm",
        "background",
    ),
    "background": (
        "background",
        "dark background",
        "black background",
        "empty background",
        "empty dark space",
    ),
}

KINDS = (
    Kind((1.0, 1.3), (2.0, 2.2), 0.02),
    Kind((1.1, 1.9), (2.0, 2.5), 0.03),
    Kind((1.2, 2.2), (2.0, 2.6), 0.05, 5, 0.45),  # beans
    Kind((1.0, 1.6), (2.0, 2.5), 0.10, 6),  # lobed
    Kind((1.8, 3.5), (2.0, 2.2), 0.04, 4, 0.25),  # spindles
)


def _kind(rng: np.random.Generator) -> Kind:
    return KINDS[rng.choice(len(KINDS), p=(0.2, 0.35, 0.2, 0.1, 0.15))]


def _dividing(rng: np.random.Generator, size: int, radius: float) -> tuple[Bodies, Array]:
    """Plates, parting pairs and crumbs of condensed chromatin, brighter than nuclei."""
    pairs = rng.uniform(0, size, (int(rng.integers(1, 7)), 2))
    away = rng.normal(0, 1, pairs.shape)
    away *= rng.uniform(0.2, 1.2, (len(pairs), 1)) * radius
    away /= np.linalg.norm(away, axis=1, keepdims=True) / radius
    along = np.arctan2(-away[:, 1], away[:, 0])
    centres = np.concatenate([pairs - away / 2, pairs + away / 2])
    radii = np.tile(radius * rng.uniform(0.35, 0.6, len(pairs)), 2)
    plates = outlines(rng, centres, radii, Kind((1.8, 4), (2, 3), 0.08, 6), np.tile(along, 2))
    near = places(rng, size, radius, 0.02)
    crumbs = np.repeat(near, 4, 0) + rng.normal(0, 0.5 * radius, (4 * len(near), 2))
    bits = outlines(rng, crumbs, radius * rng.uniform(0.15, 0.4, len(crumbs)), Kind())
    both = fill(size, np.concatenate([plates, bits]))
    return both, rng.uniform(1.0, 2.2, both.count)


def _rows(rng: np.random.Generator, size: int, radius: float) -> Bodies:
    """Nuclei side by side along a bow, as at the rim of an embryo or a gland."""
    middle = rng.uniform(-0.5, 1.5, 2) * size
    reach = rng.uniform(0.3, 1.2) * size
    shapes = []
    for ring in range(int(rng.integers(1, 4))):
        ring_reach = reach - 3.2 * radius * ring
        count = int(np.clip(np.pi * ring_reach / radius, 4, 300))
        angle = np.arange(count) * 2 * np.pi / count + rng.normal(0, 0.15 / count, count)
        far = ring_reach + rng.normal(0, 0.15 * radius, count)
        centres = middle + np.stack([np.sin(angle) * far, np.cos(angle) * far], -1)
        kind = Kind((1.3, 2.4), (2, 2.5), 0.04)
        radii = radius * rng.uniform(0.8, 1.1, count)
        shapes.append(outlines(rng, centres, radii, kind, angle))
    return fill(size, np.concatenate(shapes))


@look("microscopy", "fluorescent nuclei")
def fluorescent_nuclei(rng: np.random.Generator, size: int) -> Drawing:
    """Nuclei of a culture or an embryo on a dark ground."""
    radius = log_uniform(rng, 3, 0.22 * size)
    share = share_of(rng, 0.9)
    in_rows = share > 0 and rng.random() < 0.15
    if in_rows:
        radius = min(radius, 0.06 * size)
        bodies = _rows(rng, size, radius)
    else:
        bodies = crowd(rng, size, radius, share, _kind(rng))
    light = haze(rng, size) + glow(rng, bodies, radius, levels(rng, bodies.count))
    mask = bodies.mask
    if in_rows and rng.random() < 0.6:  # the yolk or the tissue beneath
        light += rng.uniform(0.1, 0.5) * blur(light, 2 * radius)
    if share > 0 and rng.random() < 0.3:
        condensed, level = _dividing(rng, size, radius)
        light = np.maximum(light, glow(rng, condensed, 0.5 * radius, level))
        mask = mask | condensed.mask
    if rng.random() < 0.3:  # threads and bodies of cells that hardly show
        thread, _ = curves(rng, size, int(rng.integers(2, 12)), log_uniform(rng, 1, 6))
        light += rng.uniform(0.02, 0.1) * blur(thread > 0, rng.uniform(0.7, 3))
    sheet = Sheet(shown(rng, light * log_uniform(rng, 0.35, 1.3)), "background")
    sheet.name(mask, "cell nucleus")
    return sheet.drawing()


def _shoulder_to_shoulder(rng: np.random.Generator, size: int, radius: float) -> Bodies:
    """Nuclei that nearly fill the plane: rounds that touch, or pressed into polygons."""
    tiles = packed(rng, size, 2.2 * radius, rng.uniform(1, 1.5), log_uniform(rng, 1, 2.2))
    keep = rng.random(tiles.count) < rng.uniform(0.5, 1.0)
    if rng.random() < 0.7:
        centres, wide = middles(tiles)
        radii = (wide * rng.uniform(0.38, 0.58) * rng.uniform(0.85, 1.1, len(wide)))[keep]
        return fill(size, outlines(rng, centres[keep], radii, _kind(rng)))
    gap = log_uniform(rng, max(0.8, 0.06 * radius), max(0.45 * radius, 1.2))
    solid = blur(tiles.inner > gap, rng.uniform(0.1, 0.35) * radius) > 0.5
    return Bodies(tiles.labels * (solid & (tiles.each(keep) > 0)), tiles.count)


@look("microscopy", "tissue of fluorescent nuclei")
def dense_nuclei(rng: np.random.Generator, size: int) -> Drawing:
    """Nuclei shoulder to shoulder, above others that are out of focus, with gaps."""
    radius = log_uniform(rng, 4, 0.12 * size)
    tissue = cloud(rng, size, rng.uniform(0.2, 0.8) * size) < rng.choice([1.1, 0.75, 0.55])
    near = _shoulder_to_shoulder(rng, size, radius)
    bodies = Bodies(near.labels * tissue, near.count)
    light = glow(rng, bodies, radius, levels(rng, bodies.count))
    deep = crowd(rng, size, 1.2 * radius, 0.5)
    below = rng.uniform(0, 0.3) * blur(deep.mask & tissue, rng.uniform(0.5, 1) * radius)
    light = np.maximum(light, below) + 0.3 * below + haze(rng, size)
    shade = 1 - rng.uniform(0, 0.6) * cloud(rng, size, 0.6 * size)
    sheet = Sheet(shown(rng, light * shade * log_uniform(rng, 0.5, 1.3)), "background")
    sheet.name(bodies.mask, "cell nucleus")
    return sheet.drawing()


@look("microscopy", "nuclei in glowing cells")
def nuclei_in_cells(rng: np.random.Generator, size: int) -> Drawing:
    """Bright nuclei in a fainter cytoplasm, of the same dye or of another colour."""
    radius = log_uniform(rng, 4, 0.12 * size)
    wide = radius * rng.uniform(1.6, 3.2)
    centres = places(rng, size, wide, share_of(rng, 1.1))
    angles = rng.uniform(0, 2 * np.pi, len(centres))
    kind = Kind((1.0, 2.6), (2, 3), rng.uniform(0.02, 0.1), 6)
    spread = np.exp(rng.normal(0, 0.15, len(centres)))
    bodies = fill(size, outlines(rng, centres, wide * spread, kind, angles))
    inside = centres + rng.normal(0, 0.15 * wide, centres.shape)
    nuclei = fill(size, outlines(rng, inside, radius * spread, _kind(rng), angles))
    level = levels(rng, len(centres))
    dim = log_uniform(rng, 0.15, 0.6)
    texture = 1 - rng.uniform(0, 0.7) * cloud(rng, size, max(radius * rng.uniform(0.2, 1), 1.5))
    body = blur(bodies.each(level) * texture, rng.uniform(0.5, 0.6 + 0.1 * radius))
    body = body * (1 - rng.uniform(0, 0.6) * (1 - np.minimum(bodies.depth * 2, 1)))
    nuclear = glow(rng, nuclei, radius, level)
    ground = haze(rng, size, 0.06)
    if rng.random() < 0.5:
        image = shown(rng, ground + np.maximum(dim * body, nuclear))
    else:  # two channels, one above the other
        image = shown(rng, ground + rng.uniform(0.3, 0.9) * body * (nuclei.labels == 0), lamp(rng))
        image = np.maximum(image, shown(rng, nuclear, np.array([0.25, 0.4, 1.0], np.float32)))
    sheet = Sheet(image, "background")
    sheet.name(bodies.mask, "cytoplasm")
    sheet.name(nuclei.mask, "cell nucleus")
    return sheet.drawing()
