"""Grounds of walls, roads and floors: concrete, asphalt, plaster, brick, stone, paving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    haze,
    relief,
    rough,
    soften,
    tinted,
    top,
)
from napari_ovseg.starter.engineering.outlines import blob, place, scattered

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS: dict[str, tuple[str, ...]] = {
    "concrete": (
        "concrete",
        "concrete wall",
        "concrete surface",
        "concrete slab",
        "cement",
        "background",
    ),
    "asphalt": ("asphalt", "pavement", "road surface", "tarmac", "background"),
    "plaster": ("plaster", "plastered wall", "painted wall", "wall", "render", "background"),
    "brick wall": ("brick wall", "bricks", "brick", "brickwork", "masonry", "background"),
    "stone": ("stone", "rock", "stone surface", "granite", "natural stone", "background"),
    "joint": ("joint", "joints", "mortar joint", "expansion joint", "straight seam", "groove"),
    "pebble": ("pebble", "pebbles", "small stone", "gravel", "aggregate"),
}


def concrete(rng: np.random.Generator, size: int) -> Canvas:
    """Grey cement: clouds, fine grain, bubbles left by the formwork, sometimes board marks."""
    clouds = rough(rng, size, log_uniform(rng, 8, 90))
    fine = haze(rng, size, rng.uniform(0.4, 1.3))
    field = clouds + rng.uniform(0.05, 0.7) * (fine - 0.5)
    if rng.random() < 0.3:  # sand-blasted or washed: bumps that catch the light
        field += rng.uniform(0.1, 0.5) * relief(haze(rng, size, log_uniform(rng, 0.8, 4)), 0.8)
    grey = (0.6, 0.59, 0.56) if rng.random() < 0.7 else (0.66, 0.6, 0.5)
    canvas = Canvas(tinted(rng, field, grey), "concrete")
    if rng.random() < 0.5:  # too small to be called anything else
        bubbles = haze(rng, size, log_uniform(rng, 0.7, 2.0)) > rng.uniform(0.9, 0.98)
        canvas.lay(bubbles, canvas.image * np.float32(0.5), opacity=rng.uniform(0.3, 0.9))
    if rng.random() < 0.15:  # the boards it was cast against
        board = np.arange(size) // max(8, int(log_uniform(rng, 14, 90)))
        canvas.shade(np.broadcast_to(rng.normal(1, 0.06, board.max() + 1)[board], (size, size)))
    return canvas


def asphalt(rng: np.random.Generator, size: int) -> Canvas:
    """Grains of light and dark stone in tar, fresh and black or worn and grey."""
    scale = log_uniform(rng, 0.5, 3)
    grit = haze(rng, size, scale)
    bright = np.clip((haze(rng, size, scale) - rng.uniform(0.6, 0.8)) * 6, 0, 1)
    dark = np.clip((rng.uniform(0.25, 0.45) - haze(rng, size, scale)) * 4, 0, 1)
    wear = haze(rng, size, log_uniform(rng, 20, 120)) - 0.5
    field = grit + rng.uniform(0.0, 0.6) * bright - rng.uniform(0.2, 0.6) * dark + 0.5 * wear
    grey = (0.42, 0.42, 0.43) if rng.random() < 0.7 else (0.5, 0.47, 0.43)
    canvas = Canvas(tinted(rng, np.clip(field, -0.3, 1.4), grey), "asphalt")
    if rng.random() < 0.2:
        canvas.image *= np.float32(rng.uniform(0.4, 0.7))
    return canvas


def plaster(rng: np.random.Generator, size: int) -> Canvas:
    """A painted or plastered wall, from nearly flat to trowelled."""
    field = 0.5 + 0.5 * (haze(rng, size, log_uniform(rng, 20, 150)) - 0.5)
    texture = haze(rng, size, (log_uniform(rng, 0.6, 3), log_uniform(rng, 0.6, 6)))
    field = field + rng.uniform(0, 0.5) * relief(texture, rng.uniform(0, 6))
    colour = (0.85, 0.83, 0.78) if rng.random() < 0.6 else tuple(any_colour(rng) * 0.6 + 0.35)
    return Canvas(tinted(rng, field, colour), "plaster")


def stone(rng: np.random.Generator, size: int) -> Canvas:
    """Granite, sandstone or marble: specks, beds or veins."""
    kind = rng.integers(3)
    colour = tuple(rng.uniform(0.3, 0.85) * np.ones(3) + rng.normal(0, 0.06, 3))
    if kind == 0:
        scale = log_uniform(rng, 0.7, 4)
        field = haze(rng, size, scale) + 0.6 * (haze(rng, size, scale) > 0.7)
        field -= 0.6 * (haze(rng, size, scale) > 0.75)
    elif kind == 1:
        bed = log_uniform(rng, 2, 14)
        field = 0.6 * haze(rng, size, (bed, bed * 8)) + 0.4 * rough(rng, size, 12)
        field += rng.uniform(0, 0.4) * (haze(rng, size, 0.6) - 0.5)
    else:
        vein = np.abs(rough(rng, size, log_uniform(rng, 10, 50)) - 0.5)
        field = np.clip(vein / rng.uniform(0.05, 0.3), 0, 1) ** 0.5
    return Canvas(tinted(rng, field, colour), "stone")


def courses(
    rng: np.random.Generator, size: int, height: float, aspect: float, shift: float
) -> tuple[Array, Array]:
    """Units laid in rows: distance to the nearest joint (px), and an id below 997 per unit."""
    length = height * aspect
    y, x = np.indices((size, size), dtype=np.float32)
    wave = log_uniform(rng, 0.2, 0.12 * height)
    tilt, start = 0.06 * rng.normal(), rng.uniform(2, 3, 2) * (height, length)
    rows = y + tilt * x + start[0] + wave * (haze(rng, size, height / 3) - 0.5)
    cols = x + start[1] + wave * (haze(rng, size, height / 3) - 0.5)
    course = np.floor(rows / height)
    along = cols + course * np.float32(shift * length)
    unit = np.floor(along / length)
    edge_r = np.minimum(rows % height, height - rows % height)
    edge_c = np.minimum(along % length, length - along % length)
    return np.minimum(edge_r, edge_c), (course * 131 + unit * 17).astype(int) % 997


def brick_wall(rng: np.random.Generator, size: int) -> Canvas:
    """Bricks or blocks in mortar, lighter or darker than they are."""
    height = log_uniform(rng, 10, 90)
    aspect, shift = rng.uniform(1.2, 4), rng.choice([0.5, 0.5, 0.33, 0.25])
    gap, unit = courses(rng, size, height, aspect, shift)
    clay = 0.5 + rng.uniform(0.05, 0.3) * rng.normal(0, 1, 997)[unit]
    clay = clay + 0.6 * (rough(rng, size, height / 3) - 0.5) + 0.2 * (haze(rng, size, 0.7) - 0.5)
    palette = [(0.58, 0.3, 0.22), (0.7, 0.55, 0.4), (0.55, 0.54, 0.52), (0.8, 0.78, 0.74)]
    canvas = Canvas(tinted(rng, clay, palette[rng.integers(4)]), "brick wall")
    mortar = tinted(rng, rough(rng, size, 6), (0.7, 0.68, 0.64))
    if rng.random() < 0.3:
        mortar = mortar * np.float32(rng.uniform(0.3, 0.6))
    thick = max(0.8, height * rng.uniform(0.02, 0.09))
    canvas.lay(np.clip(thick - gap + 0.5, 0, 1), mortar, "joint")
    return canvas


def paving(rng: np.random.Generator, size: int) -> Canvas:
    """Slabs or cobbles of concrete or stone with narrow joints."""
    canvas = (concrete if rng.random() < 0.6 else stone)(rng, size)
    height = log_uniform(rng, 25, 160)
    gap, unit = courses(rng, size, height, rng.uniform(0.8, 2), rng.choice([0.0, 0.5]))
    canvas.shade(1 + rng.uniform(0, 0.15) * rng.normal(0, 1, 997)[unit])
    thick = rng.uniform(0.5, 2.5)
    colour = tone(rng, (0.3, 0.28, 0.25), 0.1)
    canvas.lay(np.clip(thick - gap + 0.5, 0, 1), colour, "joint", rng.uniform(0.4, 1.0))
    return canvas


GROUNDS: tuple[Callable[[np.random.Generator, int], Canvas], ...] = (
    concrete,
    concrete,
    asphalt,
    asphalt,
    plaster,
    brick_wall,
    stone,
    paving,
)
"""What cracks run through, as often as they are photographed."""


def pebbles(rng: np.random.Generator, canvas: Canvas) -> None:
    """Scatter loose stones, each with a light side."""
    size = canvas.size
    radius = log_uniform(rng, 1.5, 9)
    stencil = Stencil(size)
    for x, y in scattered(rng, size, radius, log_uniform(rng, 0.003, 0.15)):
        stencil.polygon(place(blob(rng, radius * rng.uniform(0.6, 1.4)), x, y))
    cover = stencil.cover()
    light = relief(soften(cover, radius / 2), rng.uniform(0, 6))
    colour = paint(
        np.clip(0.5 + 0.5 * light + 0.3 * (rough(rng, size, 4) - 0.5), 0, 1),
        tone(rng, (0.25, 0.24, 0.22)),
        tone(rng, (0.8, 0.77, 0.72)),
    )
    canvas.lay(soften(np.roll(cover, 1, 0), 1.5), np.zeros(3, np.float32), opacity=0.35)
    canvas.lay(cover, colour, "pebble")


def spattered(rng: np.random.Generator, size: int, share: float, scale: float) -> Array:
    """Irregular patches over a share of the picture, with ragged but sharp edges: bool."""
    return top(rough(rng, size, scale), share)
