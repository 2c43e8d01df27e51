"""Stained sections of tissue: stroma, nuclei, glands, fat, blood and bare glass."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.microscopy.bodies import (
    Bodies,
    Kind,
    at,
    blur,
    cloud,
    crowd,
    fill,
    grain,
    outlines,
    share_of,
)
from napari_ovseg.starter.microscopy.packing import from_seams, middles, packed
from napari_ovseg.starter.microscopy.sheet import Sheet
from napari_ovseg.starter.microscopy.stains import Palette, dyed, fibrous, palette

WORDS: dict[str, tuple[str, ...]] = {
    "cell nucleus": (
        "cell nucleus",
        "purple nucleus",
        "stained cell nuclei",
        "dark purple cells",
        "blue-purple nuclei",
    ),
    "stroma": (
        "stroma",
        "pale stroma",
        "pink tissue",
        "connective tissue",
        "collagen fibres",
        "extracellular tissue",
        "tissue background",
        "background",
    ),
    "fat": ("fat", "fat cells", "adipose tissue", "fat tissue", "white holes with thin walls"),
    "empty glass": (
        "empty glass",
        "empty glass slide",
        "white background",
        "background",
        "empty space",
        "white empty area",
    ),
    "red blood cell": (
        "red blood cell",
        "red blood cells",
        "erythrocyte",
        "erythrocytes",
        "pink disc",
        "blood",
    ),
    "brown nucleus": (
        "brown nucleus",
        "brown nuclei",
        "positive nucleus",
        "brown stain",
        "positive staining",
        "cell nucleus",
        "nucleus",
    ),
    "brown stain": (
        "brown stain",
        "brown stained cells",
        "positive staining",
        "immunostained cells",
        "brown area",
    ),
}

SPINDLE = Kind((2.5, 5.5), (1.8, 2.2), 0.03, 4, 0.5)
ROUNDISH = Kind((1.0, 1.5), (2.0, 2.3), 0.04)
OVAL = Kind((1.3, 2.4), (2.0, 2.5), 0.05, 5, 0.2)


def _ground(rng: np.random.Generator, size: int, slide: Palette) -> Sheet:
    """Stroma: bundles of fibres, woven or loose with clear gaps, or nearly even."""
    width = log_uniform(rng, 1.5, 0.08 * size)
    bundles = fibrous(rng, size, width, width * rng.uniform(4, 14))
    mix = rng.uniform(0.1, 1.0)
    field = mix * bundles + (1 - mix) * grain(rng, size, log_uniform(rng, 4, 60))
    field = np.clip(0.5 + rng.uniform(0.3, 1.4) * (field - 0.5), 0, 1)
    image = paint(field, slide.pale, slide.deep)
    if rng.random() < 0.35:  # clear gaps between the bundles
        gaps = np.clip(8 * (0.35 - bundles), 0, 1) * cloud(rng, size, 0.3 * size)
        image = image + gaps[..., None] * (slide.glass - image)
    return Sheet(image.astype(np.float32), "stroma")


def _patch(rng: np.random.Generator, size: int, share: float) -> Array:
    """A region of about `share` of the picture."""
    field = cloud(rng, size, rng.uniform(0.25, 0.7) * size)
    field += rng.uniform(0, 0.15) * grain(rng, size, rng.uniform(0.03, 0.1) * size)
    return field < np.quantile(field[::8, ::8], share)


def _add_fat(rng: np.random.Generator, sheet: Sheet, slide: Palette, radius: float) -> None:
    """Fat cells: large, empty, with thin walls."""
    size = len(sheet.parts)
    wide = np.clip(radius * rng.uniform(3, 9), 12, 0.2 * size)
    tiles = packed(rng, size, wide, rng.uniform(1, 2.5))
    region = _patch(rng, size, rng.uniform(0.2, 1.0))
    half = rng.uniform(0.6, 0.8 + 0.02 * wide)
    inner = from_seams(tiles.labels) > half
    hole = inner & (blur(inner, 2 * half) > 0.5)
    sheet.cover(region, "fat", slide.deep, 1.0)
    sheet.cover(region & hole, "fat", slide.glass, 0.7)


def _add_glands(rng: np.random.Generator, sheet: Sheet, slide: Palette, radius: float) -> None:
    """Glands: a lumen, a rim of cytoplasm and a row of nuclei in it."""
    size = len(sheet.parts)
    wide = radius * rng.uniform(5, 12)
    count = int(np.clip(rng.uniform(0.2, 0.8) * size**2 / (3 * wide**2), 1, 12))
    centres = rng.uniform(0, size, (count, 2))
    shape = outlines(rng, centres, wide * rng.uniform(0.6, 1.2, count), Kind((1, 2), wobble=0.08))
    glands = fill(size, shape)
    rim = radius * rng.uniform(3, 5)
    body = slide.body * (1 - 0.15 * grain(rng, size, radius)[..., None])
    sheet.cover(glands.mask, "cytoplasm", body, 0.8)
    hollow = glands.mask & (glands.inner > rim)
    clear = slide.glass if rng.random() < 0.6 else 0.5 * (slide.glass + slide.pale)
    sheet.cover(hollow, "empty glass", clear, 1.0)
    band = (glands.inner > 0.4 * radius) & (glands.inner < rim * rng.uniform(0.5, 0.85))
    dyed(rng, sheet, _rounded_tiles(rng, size, radius, band), radius, slide.nucleus)


def _rounded_tiles(rng: np.random.Generator, size: int, radius: float, where: Array) -> Bodies:
    """Nuclei side by side, most of whose middle lies in a region."""
    tiles = packed(rng, size, radius * rng.uniform(2.1, 2.8), 1.0, rng.uniform(1, 1.4))
    centres, _ = middles(tiles)
    centres = centres[at(where, centres) & (rng.random(len(centres)) < rng.uniform(0.6, 1))]
    radii = radius * rng.uniform(0.75, 1.05, len(centres))
    return fill(size, outlines(rng, centres, radii, OVAL))


def _add_blood(rng: np.random.Generator, sheet: Sheet, slide: Palette, radius: float) -> None:
    """A vessel or a bleeding: packed red cells."""
    size = len(sheet.parts)
    region = _patch(rng, size, rng.uniform(0.05, 0.35))
    cells = crowd(rng, size, radius * rng.uniform(0.6, 0.9), rng.uniform(0.4, 1.2), ROUNDISH)
    cells = Bodies(cells.labels * region, cells.count)
    level = rng.uniform(0.75, 1, cells.count)
    colour = 0.6 * tone(rng, (0.85, 0.3, 0.3), 0.06) + 0.4 * slide.deep
    red = 1 - cells.each(level)[..., None] * (1 - colour)
    sheet.cover(cells.mask, "red blood cell", red, 0.7)


@look("microscopy", "stained tissue section")
def tissue_section(rng: np.random.Generator, size: int) -> Drawing:
    """Nuclei in stroma, with glands, fat, blood and tears down to the glass in some."""
    slide = palette(rng)
    radius = log_uniform(rng, 2.5, 0.1 * size)
    sheet = _ground(rng, size, slide)
    for odds, add in ((0.2, _add_fat), (0.3, _add_glands)):
        if rng.random() < odds:
            add(rng, sheet, slide, radius)
    if rng.random() < 0.2:
        _add_blood(rng, sheet, slide, radius)
    kind = (SPINDLE, ROUNDISH, OVAL)[rng.integers(3)]
    nuclei = crowd(rng, size, radius, share_of(rng, 0.7), kind)
    if rng.random() < 0.35:  # a nest of tumour or of inflammation
        nest = _rounded_tiles(rng, size, radius, _patch(rng, size, rng.uniform(0.2, 1.0)))
        nuclei = Bodies(
            np.where(nest.mask, nest.labels + nuclei.count, nuclei.labels),
            nuclei.count + nest.count,
        )
    nuclei = Bodies(nuclei.labels * ~sheet.shows("fat"), nuclei.count)
    dyed(rng, sheet, nuclei, radius, slide.nucleus)
    if rng.random() < 0.3:
        bare = _patch(rng, size, rng.uniform(0.05, 0.6))
        sheet.cover(bare, "empty glass", slide.glass, rng.uniform(0.6, 2))
    return sheet.drawing()


def _counterstain(rng: np.random.Generator) -> Palette:
    """Pale tissue with blue nuclei, against which brown stands out."""
    pale = tone(rng, (0.88, 0.87, 0.88), 0.03)
    glass, deep = tone(rng, (0.95, 0.95, 0.94), 0.02), tone(rng, (0.74, 0.72, 0.78), 0.04)
    return Palette(glass, pale, deep, pale, tone(rng, (0.3, 0.36, 0.58), 0.06))


@look("microscopy", "immunostained tissue")
def immunostained(rng: np.random.Generator, size: int) -> Drawing:
    """Brown stain in the body, the membrane or the nucleus of some cells; the others blue."""
    slide = _counterstain(rng)
    radius = log_uniform(rng, 3, 0.09 * size)
    sheet = _ground(rng, size, slide)
    tiles = packed(rng, size, radius * rng.uniform(2.6, 4), 1.3, rng.uniform(1, 1.6))
    centres, wide = middles(tiles)
    kept = rng.random(len(centres)) < rng.uniform(0.4, 1)
    radii = np.minimum(wide, 3 * radius) * rng.uniform(0.28, 0.36)
    kind = OVAL if rng.random() < 0.6 else ROUNDISH
    nuclei = fill(size, outlines(rng, centres[kept], radii[kept], kind))
    dyed(rng, sheet, nuclei, radius, slide.nucleus)
    region = _patch(rng, size, rng.uniform(0.1, 0.9)) & (rng.random() > 0.08)
    hit = region & (tiles.each(rng.random(tiles.count) < rng.uniform(0.3, 1)) > 0)
    uptake = rng.uniform(0.5, 1.0) * (1 - rng.uniform(0.1, 0.7) * grain(rng, size, radius))
    colour = 1 - uptake[..., None] * (1 - tone(rng, (0.48, 0.28, 0.14), 0.06))
    where = rng.choice(["body", "membrane", "nucleus"], p=[0.4, 0.25, 0.35])
    if where == "nucleus":
        positive = nuclei.each(at(hit, centres[kept])) > 0
        sheet.stain(positive, "brown nucleus", colour, 0.8)
    elif where == "membrane":
        rim = from_seams(tiles.labels) < rng.uniform(0.2, 0.5) * radius + 1
        sheet.stain(hit & rim & ~nuclei.mask, "brown stain", colour, 0.8)
    else:
        sheet.stain(hit & ~nuclei.mask, "brown stain", colour, 0.8)
    if rng.random() < 0.3:
        bare = _patch(rng, size, rng.uniform(0.05, 0.5))
        sheet.cover(bare, "empty glass", slide.glass, 1)
    return sheet.drawing()
