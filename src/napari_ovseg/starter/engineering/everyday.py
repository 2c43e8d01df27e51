"""Everyday things on natural grounds: out of doors, in a room, on a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import haze, soften, uneven_light
from napari_ovseg.starter.engineering.grounds import asphalt, brick_wall, concrete, plaster
from napari_ovseg.starter.engineering.nature import grass, sand, sky, snow, soil, water
from napari_ovseg.starter.engineering.outlines import ellipse, place
from napari_ovseg.starter.engineering.pieces import stand
from napari_ovseg.starter.engineering.products import paper, tiles, wood
from napari_ovseg.starter.engineering.scenery import buildings, hills, room, treeline
from napari_ovseg.starter.engineering.textiles import carpet, fabric
from napari_ovseg.starter.engineering.things import (
    ABOVE,
    INSIDE,
    METRES,
    ON_TABLE,
    ON_WALL,
    OUTSIDE,
    THINGS,
)
from napari_ovseg.starter.looks import Drawing, look

if TYPE_CHECKING:
    from collections.abc import Callable

GROUNDS: dict[str, tuple[str, Callable[[np.random.Generator, int], Array]]] = {
    "grass": ("grass", grass),
    "road": ("road", lambda rng, size: asphalt(rng, size).image),
    "pavement": ("concrete", lambda rng, size: concrete(rng, size).image),
    "sand": ("sand", sand),
    "snow": ("snow", snow),
    "soil": ("soil", soil),
    "water": ("water", water),
}


def receding(picture: Array, horizon: float) -> Array:
    """Tilt a ground away: what is near is large, and it shrinks towards the horizon."""
    size = picture.shape[0]
    rows, cols = np.indices((size, size), dtype=np.float32)
    near = np.clip((rows - horizon) / size, 0.0, 1.5) + 0.12
    far = np.float32(0.35 * size) / near
    aside = (cols - size / 2) * (0.8 / near) + size / 2
    wrap = [np.abs(v.astype(int) % (2 * size - 2) - (size - 1)) for v in (far, aside)]
    return picture[wrap[0], wrap[1]]


def blurred(picture: Array, sigma: float) -> Array:
    """A picture out of focus."""
    return np.stack([soften(picture[..., c], sigma) for c in range(3)], -1)


def shadow_below(rng: np.random.Generator, canvas: Canvas, at: tuple[float, float, float]) -> None:
    """Darken the ground where a thing touches it."""
    x, y, wide = at
    stencil = Stencil(canvas.size, 1)
    stencil.polygon(place(ellipse(wide, 0.2 * wide), x + rng.normal(0, 0.2) * wide, y))
    dark = soften(stencil.cover(), max(1.0, 0.05 * wide))
    canvas.lay(dark, np.zeros(3, np.float32), opacity=rng.uniform(0.1, 0.55))


def place_things(
    rng: np.random.Generator, canvas: Canvas, names: tuple[str, ...], horizon: float
) -> None:
    """Stand things on the ground, far ones first and small."""
    size, count = canvas.size, int(rng.choice([0, 1, 2, 4, 7, 12]))
    folk = 0.05 if "boat" in names else 0.35
    person_px = size * log_uniform(rng, 0.35, 1.8)  # of somebody at the lower edge
    kinds = rng.choice(names, int(rng.choice([1, 3, 6, 10])))
    for depth in np.sort(rng.uniform(0.08, 1.2, count)):
        name = "person" if rng.random() < folk else str(rng.choice(kinds))
        thing = THINGS[name](rng)
        wide = float(np.ptp(np.concatenate([p.points[:, 0] for p in thing])))
        most = size * rng.uniform(0.5, 2.5 if name == "person" else 1.3) / max(1.0, wide)
        height = min(METRES[name] / 1.7 * person_px * depth, most)
        if height < 6:
            continue
        x, y = rng.uniform(-0.05, 1.05) * size, horizon + depth * (size - horizon)
        if height > 1.3 * size:  # so close that its head must be in the picture
            y = height * rng.uniform(0.8, 1.1)
        shadow_below(rng, canvas, (x, y, 0.35 * min(height, size)))
        stand(rng, canvas, thing, (x, y, height), name)


def _hang(
    rng: np.random.Generator, canvas: Canvas, names: tuple[str, ...], horizon: float,
    heights: tuple[float, float], least: float,
) -> None:  # fmt: skip
    """Put a thing above the ground: between shares of the way down to it, of a size at least."""
    name, size = str(rng.choice(names)), canvas.size
    aside, down = rng.uniform(0, size), horizon * rng.uniform(*heights)
    at = (aside, down, size * log_uniform(rng, least, 0.4))
    stand(rng, canvas, THINGS[name](rng), at, name)


@look("engineering", "out of doors")
def outdoors(rng: np.random.Generator, size: int) -> Drawing:
    """Sky, hills, houses and trees behind a ground, and what stands, drives or flies there."""
    canvas = Canvas(sky(rng, size), "sky")
    horizon = size * rng.uniform(-0.2, 0.95)
    for _ in range(rng.choice([0, 1, 1, 3])):
        _hang(rng, canvas, ABOVE, horizon, (0.1, 0.9), 0.03)
    for chance, behind in ((0.35, hills), (0.4, buildings), (0.6, treeline)):
        if rng.random() < chance:
            behind(rng, canvas, horizon)
    kind = str(rng.choice(list(GROUNDS), p=[0.3, 0.25, 0.1, 0.1, 0.07, 0.06, 0.12]))
    name, draw = GROUNDS[kind]
    ground = draw(rng, size)
    if rng.random() < 0.7:
        ground = receding(ground, horizon)
    rows = np.arange(size, dtype=np.float32)[:, None] * np.ones((1, size), np.float32)
    canvas.lay(np.clip(rows - horizon + 0.5, 0, 1), ground, name)
    if kind == "grass" and rng.random() < 0.4:
        _path(rng, canvas, horizon)
    if rng.random() < 0.3:
        canvas.image = blurred(canvas.image, log_uniform(rng, 0.7, 4))
    names = ("boat", "bird") if kind == "water" else OUTSIDE
    place_things(rng, canvas, names, horizon)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()


def _path(rng: np.random.Generator, canvas: Canvas, horizon: float) -> None:
    """A road that runs to the horizon."""
    size, stencil = canvas.size, Stencil(canvas.size)
    far, near = rng.uniform(0, size), rng.uniform(-0.3, 1.3) * size
    wide = size * rng.uniform(0.1, 0.6)
    ends = [(far, horizon), (far + 0.04 * wide, horizon), (near + wide, size), (near - wide, size)]
    stencil.polygon(np.array(ends))
    canvas.lay(stencil.cover(), asphalt(rng, size).image, "road")


@look("engineering", "in a room")
def indoors(rng: np.random.Generator, size: int) -> Drawing:
    """A wall and a floor, doors and windows, furniture, people and pets."""
    canvas, horizon = room(rng, size, (plaster, plaster, plaster, tiles, brick_wall, wood),
                           (wood, wood, tiles, carpet, concrete))  # fmt: skip
    for _ in range(rng.choice([0, 0, 1, 2])):
        _hang(rng, canvas, ON_WALL, horizon, (0.3, 0.95), 0.06)
    if rng.random() < 0.3:
        canvas.image = blurred(canvas.image, log_uniform(rng, 0.7, 4))
    place_things(rng, canvas, INSIDE, horizon)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()


@look("engineering", "things close by")
def close_by(rng: np.random.Generator, size: int) -> Drawing:
    """One thing, or some, before a plain or blurred ground, as products and toys are shown."""
    if rng.random() < 0.3:
        level = rng.uniform(0.02, 1.0)
        even = level * (0.9 + 0.2 * haze(rng, size, size / 3)[..., None])
        ground = "dark background" if level < 0.45 else "light background"
        canvas = Canvas(np.repeat(even, 3, -1), ground)
    else:
        ground, draw = GROUNDS[str(rng.choice(list(GROUNDS)))]
        canvas = Canvas(draw(rng, size), ground)
        if rng.random() < 0.5:
            canvas.image = blurred(canvas.image, log_uniform(rng, 0.7, 5))
    count = int(rng.choice([0, 1, 1, 1, 1, 1, 2, 3, 5, 8]))
    for name in rng.choice(list(THINGS), count):
        thing = THINGS[str(name)](rng)
        wide = max(1.0, float(np.ptp(np.concatenate([p.points[:, 0] for p in thing]))))
        height = size * log_uniform(rng, 0.35, 1.6) / wide / np.sqrt(count)
        aside = 0.25 if count == 1 else 0.45
        x, y = size * (0.5 + rng.uniform(-aside, aside, 2)) + (0, 0.5 * height)
        shadow_below(rng, canvas, (x, y, 0.4 * height * wide))
        stand(rng, canvas, thing, (x, y, height), str(name))
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()


@look("engineering", "things on a table")
def on_table(rng: np.random.Generator, size: int) -> Drawing:
    """Vessels, food, books and gadgets on a table, from the side or from above."""
    backs = (plaster, plaster, brick_wall, wood)
    tops = (wood, wood, fabric, paper, tiles, concrete)
    canvas = Canvas(backs[rng.integers(4)](rng, size).image, "wall")
    canvas.image = blurred(canvas.image, log_uniform(rng, 0.5, 6))
    edge = size * rng.uniform(-0.3, 0.8)
    rows = np.arange(size, dtype=np.float32)[:, None] * np.ones((1, size), np.float32)
    top = tops[rng.integers(len(tops))](rng, size).image
    canvas.lay(
        np.clip(rows - edge + 0.5, 0, 1), top * np.float32(rng.uniform(0.6, 1.2)), "table top"
    )
    tall = size * log_uniform(rng, 0.18, 0.9)
    kinds = rng.choice(ON_TABLE, int(rng.integers(1, 5)))
    near = np.sort(rng.uniform(0.1, 1.0, int(rng.choice([0, 1, 1, 2, 4, 8]))))
    for depth in near:
        name = str(rng.choice(kinds))
        low = (
            0.35
            if name in ("bowl", "pizza", "keyboard", "sandwich", "banana", "orange", "apple")
            else 1.0
        )
        height = tall * low * rng.uniform(0.7, 1.2) * (0.6 + 0.4 * depth)
        x, y = rng.uniform(0, size), max(edge, 0) + depth * (size - max(edge, 0)) + 0.1 * height
        shadow_below(rng, canvas, (x, y, 0.4 * height))
        stand(rng, canvas, THINGS[name](rng), (x, y, height), name)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()
