"""Smears on glass: blood, and cells scraped from a surface, stained or grey."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
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
    places,
    share_of,
)
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.stains import dyed, palette
from napari_ovseg.starter.microscopy.strands import curves

WORDS: dict[str, tuple[str, ...]] = {
    "cell nucleus": (
        "cell nucleus",
        "dark nucleus",
        "dark spot inside a cell",
        "purple nucleus",
        "stained nuclei",
        "dark round spot",
    ),
    "cytoplasm": (
        "cytoplasm",
        "grey cell body",
        "pale cell body",
        "cell body around a nucleus",
        "background",
    ),
    "empty glass": (
        "empty glass",
        "white background",
        "background",
        "bright background",
        "empty slide",
    ),
    "red blood cell": (
        "red blood cell",
        "red blood cells",
        "erythrocyte",
        "round cell with a pale centre",
        "pink round cell",
    ),
    "white blood cell": (
        "white blood cell",
        "white blood cells",
        "leukocyte",
        "leucocyte",
        "lymphocyte",
        "neutrophil",
        "leukocytes",
        "large cell with a purple nucleus",
    ),
    "platelet": ("platelet", "platelets", "thrombocyte", "small purple dot"),
    "debris": ("debris", "dirt", "speck of dirt", "small dark fragments", "dust"),
    "parasite": ("parasite", "parasites", "malaria parasite", "purple ring in a red blood cell"),
}


def _glass(rng: np.random.Generator, size: int, colour: Array) -> Sheet:
    """A bright field: uneven light and, at times, specks and threads of dirt."""
    light = 1 - rng.uniform(0, 0.12) * cloud(rng, size, rng.uniform(0.3, 1) * size)
    light = light - rng.choice([0, 0.05]) * grain(rng, size, log_uniform(rng, 2, 20))
    if rng.random() < 0.5:
        dirt, _ = curves(rng, size, int(rng.integers(5, 60)), log_uniform(rng, 0.7, 2), 0.03)
        light = light - rng.uniform(0.05, 0.35) * blur(dirt, 0.6)
    return Sheet((light[..., None] * colour).astype(np.float32), "empty glass")


def _add_debris(rng: np.random.Generator, sheet: Sheet) -> None:
    """Crumbs and shreds, smaller and sharper than cells."""
    size = len(sheet.parts)
    ragged = Kind((1, 5), (1.2, 3), 0.2, 8, 0.5)
    crumbs = crowd(rng, size, log_uniform(rng, 2, 0.04 * size), rng.uniform(0.003, 0.03), ragged)
    uptake = crumbs.each(rng.uniform(0.1, 0.6, crumbs.count)) * (0.5 + grain(rng, size, 4) / 2)
    sheet.stain(crumbs.mask, "debris", 1 - uptake[..., None], 0.7)


@look("microscopy", "grey cytology")
def grey_cytology(rng: np.random.Generator, size: int) -> Drawing:
    """Flat angular cells that overlap, grey or tinted, each with a small dark nucleus."""
    grey = rng.random() < 0.65
    sheet = _glass(rng, size, tone(rng, (0.95, 0.95, 0.95), 0.0 if grey else 0.02))
    wide = log_uniform(rng, 12, 0.28 * size)
    centres = places(rng, size, wide, share_of(rng, 1.3))
    radii = wide * np.exp(rng.normal(0, 0.25, len(centres)))
    if rng.random() < 0.25:
        _add_debris(rng, sheet)
    kind = Kind((1.0, 1.9), (2, 4), 0.08, 8)
    tint = np.zeros(3) if grey else rng.uniform(-0.15, 0.15, 3)
    crease = curves(rng, size, 40, 1.2, 0.15)[0] * rng.choice([0, 0.4])
    inside = 0.75 + 0.5 * (grain(rng, size, 0.3 * wide) - 0.5) + crease
    shapes = outlines(rng, centres, radii, kind)
    layers = [fill(size, shapes[i::3]) for i in range(3)]
    for layer in layers:
        strength = log_uniform(rng, 0.12, 0.6) * rng.uniform(0.5, 1.3, layer.count)
        rim = 1 + 0.5 * np.exp(-layer.inner / 1.5)
        uptake = np.clip(layer.each(strength) * inside * rim, 0, 0.9)[..., None]
        sheet.stain(layer.mask, "cytoplasm", 1 - uptake * np.clip(1 - tint, 0, 1.15), 0.8)
    has = rng.random(len(centres)) < rng.uniform(0.6, 1)
    small = wide * log_uniform(rng, 0.1, 0.4)
    spots = centres[has] + rng.normal(0, 0.2 * wide, (int(has.sum()), 2))
    spread = small * np.exp(rng.normal(0, 0.15, len(spots)))
    nuclei = fill(size, outlines(rng, spots, spread, Kind((1, 1.6), (2, 2.6), 0.05)))
    dark = tone(rng, (0.08, 0.08, 0.08), 0.0) if grey else tone(rng, (0.25, 0.12, 0.4), 0.08)
    dyed(rng, sheet, nuclei, small, dark)
    return sheet.drawing()


@look("microscopy", "stained cytology")
def stained_cytology(rng: np.random.Generator, size: int) -> Drawing:
    """Purple nuclei, round, lobed or squeezed, on a pale ground with little around them."""
    slide = palette(rng)
    sheet = Sheet(np.ones((size, size, 3), np.float32) * slide.glass, "empty glass")
    veil = grain(rng, size, log_uniform(rng, 6, 80))[..., None] * rng.uniform(0, 1)
    sheet.image = (sheet.image + veil * (slide.pale - sheet.image)).astype(np.float32)
    radius = log_uniform(rng, 3, 0.22 * size)
    if rng.random() < 0.4:  # unstained cells and folds that hardly show
        ghosts = crowd(rng, size, max(radius, 5), 0.5)
        rim = np.exp(-((ghosts.inner / 1.5 - 1) ** 2)) * ghosts.mask
        sheet.image = sheet.image * (1 - rng.uniform(0.03, 0.15) * blur(rim, 0.7)[..., None])
    kind = (ROUND, Kind((1, 1.5), (2, 3), 0.1, 6, 0.3), Kind((1.2, 2.6), (2, 2.6), 0.06, 6, 0.3))[
        rng.integers(3)
    ]
    nuclei = crowd(rng, size, radius, share_of(rng, 1.0), kind)
    if rng.random() < 0.5:
        reach = rng.uniform(0.2, 1.0) * radius
        body = blur(nuclei.mask, 0.5 * reach) > rng.uniform(0.05, 0.25)
        sheet.stain(body, "cytoplasm", 1 - rng.uniform(0.3, 1) * (1 - slide.body), 1 + 0.1 * reach)
    dyed(rng, sheet, nuclei, radius, slide.nucleus)
    return sheet.drawing()


def _add_red(rng: np.random.Generator, sheet: Sheet, radius: float) -> Bodies:
    """Red cells: discs with a pale centre, overlapping a little."""
    size = len(sheet.parts)
    cells = crowd(rng, size, radius, share_of(rng, 1.0), Kind((1, 1.25), (2, 2.2), 0.02))
    colour = tone(
        rng, ((0.85, 0.6, 0.6), (0.75, 0.65, 0.7), (0.85, 0.68, 0.55))[rng.integers(3)], 0.04
    )
    pale = rng.uniform(0, 0.8) * np.clip(cells.depth / rng.uniform(0.5, 0.9), 0, 1) ** 2
    rim = 0.15 * np.exp(-cells.inner / (0.08 * radius + 0.7))
    uptake = cells.each(rng.uniform(0.7, 1.1, cells.count)) * (1 - pale + rim)
    sheet.stain(cells.mask, "red blood cell", 1 - uptake[..., None] * (1 - colour), 0.7)
    return cells


def _lobes(rng: np.random.Generator, centres: Array, radius: float, size: int) -> Bodies:
    """Nuclei of white cells: one large, or two to five lobes."""
    lobes = int(rng.choice([1, 3, 5], p=[0.4, 0.3, 0.3]))
    reach = {1: 0.0, 3: 0.35, 5: 0.42}[lobes] * radius
    angle = rng.uniform(0, 2 * np.pi, (len(centres), 1)) + np.arange(lobes) * 1.1
    spots = centres[:, None] + reach * np.stack([np.sin(angle), np.cos(angle)], -1)
    wide = radius * {1: 0.72, 3: 0.4, 5: 0.32}[lobes] * rng.uniform(0.85, 1.1, spots.shape[:2])
    kind = Kind((1, 1.4), (2, 2.4), 0.05, 5, 0.3)
    return fill(size, outlines(rng, spots.reshape(-1, 2), wide.ravel(), kind))


@look("microscopy", "blood smear")
def blood_smear(rng: np.random.Generator, size: int) -> Drawing:
    """Red cells, a few white cells and platelets; parasites in some of the red cells."""
    radius = log_uniform(rng, 4, 0.13 * size)
    sheet = _glass(rng, size, tone(rng, (0.94, 0.92, 0.92), 0.02))
    cells = _add_red(rng, sheet, radius)
    violet = tone(rng, (0.4, 0.2, 0.55), 0.07)
    if rng.random() < 0.6:
        dots = crowd(rng, size, radius * rng.uniform(0.15, 0.35), log_uniform(rng, 0.001, 0.02))
        sheet.stain(dots.mask, "platelet", 0.3 + 0.7 * violet, 0.8)
    if rng.random() < 0.2:
        spots = crowd(rng, size, radius * rng.uniform(0.2, 0.4), rng.uniform(0.01, 0.08))
        ring = spots.mask & cells.mask
        hollow = 1 - (1 - rng.uniform(0, 0.7) * spots.depth)[..., None] * (1 - violet)
        sheet.stain(ring, "parasite", hollow, 0.6)
    count = int(rng.choice([0, 1, 2, 5], p=[0.3, 0.35, 0.2, 0.15]))
    centres = rng.uniform(0, size, (count, 2))
    wide = radius * rng.uniform(1.3, 2.0)
    body = fill(size, outlines(rng, centres, np.full(count, wide), Kind((1, 1.2), wobble=0.03)))
    pale = tone(rng, (0.78, 0.74, 0.86), 0.06) * (1 - 0.15 * grain(rng, size, 3)[..., None])
    sheet.cover(body.mask, "white blood cell", pale, 0.8)
    nuclei = _lobes(rng, centres, wide, size)
    apart = rng.random() < 0.4 and radius > 0.05 * size  # near enough to tell nucleus from body
    dyed(rng, sheet, nuclei, 0.4 * wide, violet)
    sheet.name(body.mask, "cytoplasm" if apart else "white blood cell")
    sheet.name(nuclei.mask & body.mask, "cell nucleus" if apart else "white blood cell")
    return sheet.drawing()
