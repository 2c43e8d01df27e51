"""What stands behind everyday things: hills, houses, trees, walls, windows and doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Sketch, Stencil
from napari_ovseg.starter.engineering.grain import any_colour, haze, relief, rough, soften, tinted
from napari_ovseg.starter.engineering.nature import foliage, sky
from napari_ovseg.starter.engineering.outlines import blob, box, place

Material: TypeAlias = Callable[[np.random.Generator, int], Canvas]

WORDS: dict[str, tuple[str, ...]] = {
    "building": ("building", "buildings", "house", "houses", "facade", "tower", "background"),
    "wall": ("wall", "room wall", "interior wall", "wallpaper", "background"),
    "floor": ("floor", "wooden floor", "tiled floor", "room floor", "background"),
    "window": ("window", "windows", "window pane", "glass window", "background"),
    "door": ("door", "doors", "wooden door", "doorway", "background"),
    "curtain": ("curtain", "curtains", "drape", "blind", "background"),
}


def _line(rng: np.random.Generator, size: int, level: float, wide: float, swing: float) -> Array:
    """A wavy skyline: how far each pixel lies below it, px."""
    rows = np.arange(size, dtype=np.float32)[:, None]
    wave = haze(rng, size, (size, wide))[size // 2] + 0.3 * haze(rng, size, (size, wide / 4))[0]
    return rows - (level - swing * wave)


def hills(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """Hills or mountains, paler the farther they are."""
    size = canvas.size
    far = canvas.image.mean((0, 1))
    for k in range(rng.integers(1, 4)):
        swing = size * rng.uniform(0.05, 0.35) / (k + 1)
        below = _line(rng, size, horizon + 0.3 * swing, size * rng.uniform(0.05, 0.3), swing)
        rocks = tone(rng, ((0.3, 0.4, 0.25), (0.4, 0.38, 0.36), (0.25, 0.32, 0.4))[rng.integers(3)])
        field = 0.5 + 0.5 * relief(rough(rng, size, size / 8), 0.6)
        picture = tinted(rng, field, tuple(rocks * (0.4 + 0.25 * k) + far * (0.6 - 0.25 * k)))
        canvas.lay(np.clip(below + 0.5, 0, 1), picture, "mountain")


def buildings(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """Fronts with rows of windows, side by side or apart."""
    size, sketch = canvas.size, Sketch(canvas.size, 2)
    x, storey = -size * rng.uniform(0, 0.3), size * log_uniform(rng, 0.03, 0.2)
    while x < size:
        wide, tall = storey * rng.uniform(1.5, 6), storey * rng.integers(1, 9)
        _house(rng, sketch, (x, horizon + 2, wide, tall), storey)
        x += wide + (0 if rng.random() < 0.6 else rng.uniform(0, 0.4) * size)
    fronts, cover = sketch.picture()
    canvas.lay(cover, fronts * (0.85 + 0.3 * rough(rng, size, 12)[..., None]), "building")


def _house(
    rng: np.random.Generator, sketch: Sketch, at: tuple[float, float, float, float], storey: float
) -> None:
    """One front at (x of its left side, y of its foot, width, height)."""
    x, y, wide, tall = at
    fronts = [(0.7, 0.66, 0.6), (0.62, 0.38, 0.3), (0.55, 0.55, 0.57), (0.82, 0.8, 0.75)]
    front = tone(rng, fronts[rng.integers(4)], 0.07) * np.float32(rng.uniform(0.6, 1.1))
    sketch.polygon(place(box(wide, tall), x + wide / 2, y - tall / 2), front)
    if rng.random() < 0.4:
        peak = y - tall - wide * rng.uniform(0.2, 0.5)
        gable = np.array([(x - 2, y - tall), (x + wide / 2, peak), (x + wide + 2, y - tall)])
        sketch.polygon(gable, tone(rng, (0.42, 0.27, 0.22), 0.08))
    step, share = storey * rng.uniform(0.5, 1.2), rng.uniform(0.3, 0.75)
    glass = tone(rng, (0.22, 0.26, 0.32) if rng.random() < 0.75 else (0.7, 0.76, 0.8), 0.06)
    pane = box(step * share, storey * rng.uniform(0.45, 0.6))
    for row in np.arange(y - tall + storey / 2, y - storey * 0.3, storey):
        for col in np.arange(x + step / 2, x + wide - step * 0.4, step):
            sketch.polygon(place(pane, col, row), glass)


def treeline(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """Trees with trunks and ragged crowns, alone or as a wood."""
    size = canvas.size
    crowns, trunks = Stencil(size, 2), Stencil(size, 2)
    tall = size * log_uniform(rng, 0.08, 0.9)
    for x in rng.uniform(0, size, rng.choice([1, 2, 5, 14])):
        height = tall * rng.uniform(0.6, 1.1)
        trunks.polygon(place(box(0.07 * height, 0.7 * height), x, horizon - 0.33 * height))
        fir = rng.random() < 0.25
        for _ in range(1 if fir else 5):
            shape = blob(rng, height * 0.22, 1, 0.35)
            shift = rng.normal(0, 0.12, 2) * height
            crowns.polygon(place(shape, x + shift[0], horizon - 0.62 * height + shift[1]))
        if fir:
            half = 0.2 * height
            tip = [
                (x - half, horizon - 0.1 * height),
                (x, horizon - height),
                (x + half, horizon - 0.1 * height),
            ]
            crowns.polygon(np.array(tip))
    canvas.lay(trunks.cover(), tone(rng, (0.28, 0.21, 0.16), 0.04), "tree")
    ragged = soften(crowns.cover(), 2 + 0.015 * tall) + 0.5 * (
        rough(rng, size, 0.04 * tall + 2) - 0.5
    )
    canvas.lay(np.clip((ragged - 0.45) * 4, 0, 1), foliage(rng, size, 0.06 * tall), "tree")


def room(
    rng: np.random.Generator,
    size: int,
    walls: tuple[Material, ...],
    floors: tuple[Material, ...],
) -> tuple[Canvas, float]:
    """A wall with a floor, sometimes a second wall, windows, doors and curtains."""
    canvas = Canvas(walls[rng.integers(len(walls))](rng, size).image, "wall")
    corner = rng.uniform(-0.5, 1.5) * size
    side = np.arange(size)[None, :] < corner
    canvas.shade(np.where(side, 1.0, rng.uniform(0.7, 1.0)) * np.ones((size, 1)))
    horizon = size * rng.uniform(0.3, 1.1)
    rows = np.arange(size, dtype=np.float32)[:, None]
    bend = rng.uniform(0, 0.6) * np.abs(np.arange(size, dtype=np.float32)[None, :] - corner)
    below = rows - horizon - bend * (rng.random() < 0.5)
    for chance, add in ((0.4, _window), (0.25, _door), (0.15, _curtain)):
        if rng.random() < chance:
            add(rng, canvas, horizon)
    picture = floors[rng.integers(len(floors))](rng, size).image
    if rng.random() < 0.4:
        skirting = np.clip(below + size * 0.03, 0, 1)
        canvas.lay(skirting, tone(rng, (0.85, 0.84, 0.82), 0.08), "wall")
    canvas.lay(np.clip(below + 0.5, 0, 1), picture * np.float32(rng.uniform(0.6, 1.0)), "floor")
    return canvas, horizon


def _frame_of(rng: np.random.Generator, canvas: Canvas, outline: Array, name: str) -> None:
    """A frame a little larger than an opening."""
    stencil, middle = Stencil(canvas.size), outline.mean(0)
    stencil.polygon(middle + (outline - middle) * rng.uniform(1.06, 1.2))
    colour = tone(rng, (0.85, 0.84, 0.8), 0.06) if rng.random() < 0.6 else any_colour(rng)
    canvas.lay(stencil.cover(), colour, name)


def _window(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """Daylight, or night, in a frame with bars."""
    size = canvas.size
    wide, tall = size * rng.uniform(0.15, 0.6, 2)
    outline = place(box(wide, tall), rng.uniform(0, size), horizon - size * rng.uniform(0.2, 0.6))
    _frame_of(rng, canvas, outline, "window")
    pane, bars = Stencil(size), Stencil(size)
    pane.polygon(outline)
    view = sky(rng, size) if rng.random() < 0.6 else foliage(rng, size) * np.float32(1.3)
    canvas.lay(pane.cover(), np.clip(view, 0, 1), "window")
    middle = outline.mean(0)
    bars.polygon(place(box(max(2, 0.03 * size), tall), *middle))
    bars.polygon(place(box(wide, max(2, 0.02 * size)), *middle))
    canvas.lay(bars.cover(), tone(rng, (0.8, 0.8, 0.78), 0.08), "window")


def _door(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """A door with panels and a handle."""
    size = canvas.size
    tall, x = size * rng.uniform(0.5, 1.0), rng.uniform(0, size)
    wide = 0.42 * tall
    outline = place(box(wide, tall), x, horizon - tall / 2)
    _frame_of(rng, canvas, outline, "door")
    leaf, panels = Stencil(size), Stencil(size)
    leaf.polygon(outline)
    rgb = any_colour(rng) * np.float32(0.5) + tone(rng, (0.4, 0.3, 0.2)) * np.float32(0.5)
    canvas.lay(leaf.cover(), rgb * (0.9 + 0.2 * haze(rng, size, (12, 1))[..., None]), "door")
    for level in (0.28, 0.72):
        panels.polygon(place(box(0.66 * wide, 0.34 * tall), x, horizon - level * tall))
    panels.disc(x + 0.42 * wide, horizon - 0.48 * tall, 0.03 * tall)
    canvas.lay(panels.cover(), np.clip(rgb * np.float32(rng.choice([0.8, 1.2])), 0, 1), "door")


def _curtain(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """Cloth that hangs in folds."""
    size, stencil = canvas.size, Stencil(canvas.size)
    wide = size * rng.uniform(0.1, 0.5)
    stencil.polygon(place(box(wide, 2 * horizon), rng.uniform(0, size), 0.0))
    folds = haze(rng, size, (size, log_uniform(rng, 2, 10)))
    canvas.lay(stencil.cover(), tinted(rng, folds, tuple(any_colour(rng))), "curtain")
