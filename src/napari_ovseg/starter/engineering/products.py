"""Hard surfaces of products: wood with knots, tiles, paper and glass, and what spoils them."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.engineering.boards import dust
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.cracks import crack_lines, cut, stains
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    bend,
    haze,
    relief,
    rough,
    soften,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.grounds import courses
from napari_ovseg.starter.engineering.metal_faults import scratches
from napari_ovseg.starter.engineering.outlines import across, anywhere, blob, ellipse, place
from napari_ovseg.starter.engineering.solid import ball, stamp
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "wood": ("wood", "wooden board", "timber", "wood grain", "plank", "background"),
    "knot": ("knot", "knots", "knot in wood", "dark ring in wood", "wood knot"),
    "tile": ("tile", "tiles", "ceramic tile", "tiled floor", "tiled wall", "background"),
    "paper": ("paper", "sheet of paper", "cardboard", "page", "background"),
    "glass": ("glass", "glass plate", "transparent plate", "window glass", "background"),
    "bubble": ("bubble", "bubbles", "air bubble", "gas bubble", "round ring in glass"),
    "chipped spot": ("chipped spot", "chip in the surface", "broken edge", "surface damage"),
}


def wood(rng: np.random.Generator, size: int) -> Canvas:
    """Boards with growth rings, fibres and knots that the rings flow around."""
    y, x = np.indices((size, size), dtype=np.float32)
    wide = log_uniform(rng, 3, 24)
    rings = y + 2 * wide * (haze(rng, size, (wide * 3, size / 2)) - 0.5) * rng.uniform(0.5, 3)
    knots = []
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        kx, ky = anywhere(rng, size)
        radius = log_uniform(rng, 3, size / 9)
        knots.append((kx, ky, radius))
        away = np.exp(-(((x - kx) / (4 * radius)) ** 2) - ((y - ky) / (2.2 * radius)) ** 2)
        rings = rings + np.sign(y - ky) * 1.6 * radius * away
    late = ((rings / wide + rng.uniform(0, 1)) % 1) ** rng.uniform(0.7, 3)
    fibre = haze(rng, size, (0.6, log_uniform(rng, 6, 60)))
    field = rng.uniform(0.2, 0.7) * late + rng.uniform(0.2, 0.8) * fibre
    base = [(0.72, 0.53, 0.34), (0.5, 0.32, 0.19), (0.85, 0.72, 0.52), (0.34, 0.22, 0.15)]
    canvas = Canvas(tinted(rng, 1 - field, base[rng.integers(4)]), "wood")
    if rng.random() < 0.4:  # boards side by side
        board = (y / log_uniform(rng, 20, size)).astype(int)
        canvas.shade(rng.normal(1, 0.1, board.max() + 1)[board])
        gap = np.diff(board, axis=0, prepend=board[:1]) > 0
        canvas.lay(gap | np.roll(gap, 1, 0), canvas.image * np.float32(0.35), "joint")
    for kx, ky, radius in knots:
        _knot(rng, canvas, place(ellipse(1.15 * radius, 0.9 * radius, 30), kx, ky), radius)
    return canvas


def _knot(rng: np.random.Generator, canvas: Canvas, outline: Array, radius: float) -> None:
    """Rings in a dark disc, its heart sometimes cracked or gone."""
    dark = tone(rng, (0.3, 0.17, 0.09), 0.04) * np.float32(rng.uniform(0.6, 1.5))
    turns, phase = rng.uniform(1.5, 5), rng.uniform(0, 6)

    def shade(x: Array, y: Array) -> Array:
        r = np.hypot(x, 1.25 * y) / radius
        ring = 1 + 0.25 * np.sin(turns * 2 * np.pi * r + phase) - 0.3 * np.exp(-r * r / 0.08)
        return np.clip(ring[..., None] * dark, 0, 1)

    stamp(canvas, outline, shade, "knot", rng.uniform(0.8, 1.0))


def tiles(rng: np.random.Generator, size: int) -> Canvas:
    """Glazed tiles in one, two or mottled colours with grout."""
    height = log_uniform(rng, 18, 220)
    gap, unit = courses(rng, size, height, rng.choice([1.0, 1.0, 2.0]), rng.choice([0, 0, 0.5]))
    glaze = 0.5 + rng.uniform(0, 0.1) * rng.normal(0, 1, 997)[unit]
    glaze = glaze + rng.uniform(0, 0.6) * (rough(rng, size, log_uniform(rng, 4, 50)) - 0.5)
    colour = any_colour(rng) * 0.5 + 0.45 if rng.random() < 0.6 else any_colour(rng)
    picture = tinted(rng, glaze, tuple(colour))
    if rng.random() < 0.2:
        picture = np.where((unit % 2 == 0)[..., None], picture, any_colour(rng))
    canvas = Canvas(picture, "tile")
    pane = np.clip(gap / (0.06 * height), 0, 1)
    canvas.shade(1 + rng.uniform(0, 0.15) * relief(pane, 0.8))
    grout = tone(rng, (0.6, 0.59, 0.57), 0.03) * np.float32(rng.uniform(0.4, 1.5))
    thick = rng.uniform(0.6, 1 + 0.03 * height)
    canvas.lay(np.clip(thick - gap + 0.5, 0, 1), grout, "joint")
    return canvas


def paper(rng: np.random.Generator, size: int) -> Canvas:
    """White or brown paper, with fibres or creases."""
    colour = (0.9, 0.89, 0.86) if rng.random() < 0.6 else (0.7, 0.56, 0.4)
    field = 0.5 + 0.4 * (rough(rng, size, 12) - 0.5) + 0.3 * (haze(rng, size, (0.6, 3)) - 0.5)
    if rng.random() < 0.4:  # crumpled
        angle = rng.uniform(0, 6)
        height = np.abs(haze(rng, size, size / 7) - 0.5) + np.abs(haze(rng, size, size / 12) - 0.5)
        field = field + rng.uniform(0.3, 1) * relief(height, angle)
    if rng.random() < 0.2:  # corrugated
        y = np.arange(size, dtype=np.float32)[:, None]
        field = field + 0.4 * np.sin(y * (2 * np.pi / log_uniform(rng, 4, 20)))
    return Canvas(tinted(rng, field, colour), "paper")


def glass(rng: np.random.Generator, size: int) -> Canvas:
    """A pane: tinted, nearly even, with soft reflections."""
    ground = rough(rng, size, size / 4, 2)
    colour = rng.choice([0.15, 0.45, 0.75]) * tone(rng, (0.95, 1.02, 1.02), 0.06)
    canvas = Canvas(tinted(rng, ground, tuple(colour)), "glass")
    for _ in range(rng.choice([0, 0, 1, 3])):
        start, heading, length = across(rng, size)
        ends = np.stack([start, start + length * np.array([np.cos(heading), np.sin(heading)])])
        band = Stencil(size, 2)
        band.line(ends, log_uniform(rng, 10, 60))
        gleam = soften(band.cover(), 6)
        canvas.lay(gleam, np.ones(3, np.float32), opacity=rng.uniform(0.05, 0.3))
    for _ in range(rng.choice([0, 1, 4, 15])):
        radius = log_uniform(rng, 2, 18)
        shape = place(blob(rng, radius, rng.uniform(1, 1.5), 0.05), *anywhere(rng, size))
        behind = np.clip(canvas.image.mean((0, 1)) * rng.uniform(0.4, 1.6), 0, 1)
        stamp(canvas, shape, behind * 0.4, "bubble")
        middle = shape.mean(0)
        inner = middle + (shape - middle) * rng.uniform(0.6, 0.85)
        stamp(canvas, inner, ball(behind, radius, rng.uniform(0, 6), 0.7), "bubble")
    return canvas


@look("engineering", "wood, tile, paper or glass with defects")
def hard_goods(rng: np.random.Generator, size: int) -> Drawing:
    """A hard surface with none, one or some faults."""
    makers = (wood, wood, tiles, tiles, paper, glass)
    canvas = makers[rng.integers(len(makers))](rng, size)
    name = canvas.names[0]
    faults = (_cracks, scratches, stains, _chips, dust)
    odds = np.array([0.3, 0.6 if name == "glass" else 0.2, 0.2, 0.15, 0.15])
    for fault, odd in zip(faults, odds, strict=True):
        if rng.random() < odd:
            fault(rng, canvas)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _cracks(rng: np.random.Generator, canvas: Canvas) -> None:
    """Cracks, which in glass are bright as often as dark."""
    bright = canvas.names[0] == "glass" and rng.random() < 0.5
    floor = (0.9, 0.92, 0.92) if bright else (0.12, 0.1, 0.08)
    cut(rng, canvas, crack_lines(rng, canvas.size), tone(rng, floor, 0.05))


def _chips(rng: np.random.Generator, canvas: Canvas) -> None:
    """Pieces broken out or holes bored in."""
    size, stencil = canvas.size, Stencil(canvas.size)
    radius = log_uniform(rng, 2, size / 8)
    for _ in range(rng.integers(1, 7)):
        shape = blob(rng, radius * log_uniform(rng, 0.5, 1.5), rng.uniform(1, 2), 0.25)
        stencil.polygon(place(shape, *anywhere(rng, size)))
    cover = bend(rng, stencil.cover(), 1.0, 1.5)
    if rng.random() < 0.5:
        canvas.lay(cover, tone(rng, (0.07, 0.06, 0.05), 0.03), "hole")
        return
    light = relief(soften(cover, 1 + radius / 4), rng.uniform(0, 6))
    field = np.clip(0.5 + 0.4 * light + 0.5 * (rough(rng, size, 3) - 0.5), 0, 1)
    canvas.lay(
        cover,
        paint(field, tone(rng, (0.3, 0.25, 0.2)), tone(rng, (0.85, 0.8, 0.74))),
        "chipped spot",
    )
