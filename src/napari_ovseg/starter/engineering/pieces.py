"""Pieces that simple things are put together from, and tables that list them.

A thing stands on y = 0, is 1 high (y = -1 is its top) and is centred on x = 0. In a table each
line is a piece, from back to front: ``[?]KIND COLOUR[*FACTOR] NUMBERS``, where ``?`` marks one
that is often missing and KIND is

- ``box x y width height``, ``oval x y a b``, ``poly x y x y ...``, filled;
- ``bar width x y x y ...``, ``ring width x y radius``, lines;
- ``row count x0 x1 y width height``, equal boxes side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.drawing import Array, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Sketch
from napari_ovseg.starter.engineering.grain import any_colour, haze, relief, soften
from napari_ovseg.starter.engineering.outlines import ellipse, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Piece:
    """One shape of a thing: an outline to fill, or a line if it has a width."""

    points: Array
    rgb: Array
    width: float = 0.0


Thing = list[Piece]

PALETTE: dict[str, tuple[tuple[float, float, float], ...]] = {
    "black": ((0.07, 0.07, 0.07),),
    "dark": ((0.2, 0.2, 0.21), (0.3, 0.28, 0.26)),
    "metal": ((0.5, 0.5, 0.5), (0.7, 0.7, 0.7), (0.35, 0.35, 0.36)),
    "white": ((0.93, 0.93, 0.92), (0.88, 0.87, 0.82)),
    "pane": ((0.25, 0.3, 0.35), (0.15, 0.17, 0.2), (0.65, 0.72, 0.78)),
    "wood": ((0.45, 0.3, 0.18), (0.65, 0.47, 0.3), (0.3, 0.2, 0.13), (0.8, 0.65, 0.45)),
    "lamp": ((0.97, 0.93, 0.75),),
    "red": ((0.78, 0.1, 0.1),),
    "orange": ((0.92, 0.5, 0.1),),
    "yellow": ((0.92, 0.78, 0.15),),
    "green": ((0.15, 0.5, 0.25), (0.3, 0.6, 0.2)),
    "blue": ((0.1, 0.3, 0.7),),
    "leaf": ((0.2, 0.42, 0.14), (0.32, 0.52, 0.2), (0.15, 0.3, 0.15)),
    "crust": ((0.72, 0.48, 0.24), (0.55, 0.35, 0.18), (0.85, 0.68, 0.4)),
    "clay": ((0.62, 0.35, 0.24), (0.8, 0.78, 0.74), (0.35, 0.33, 0.32)),
}
"""Colours by name; any other name in a table is a paint, the same wherever it recurs."""


def poly(rgb: Array, *points: tuple[float, float]) -> Piece:
    """Fill a polygon."""
    return Piece(np.array(points, float), rgb)


def oval(rgb: Array, x: float, y: float, a: float, b: float) -> Piece:
    """Fill an ellipse with half axes `a` and `b`."""
    return Piece(place(ellipse(a, b, 28), x, y), rgb)


def slab(rgb: Array, x: float, y: float, width: float, height: float) -> Piece:
    """Fill a box around a middle, its corners a little cut."""
    w, h = width / 2, height / 2
    c = min(w, h) * 0.15
    half = np.array([(-w, -h + c), (-w + c, -h), (w - c, -h), (w, -h + c)])
    return Piece(place(np.concatenate([half, -half]), x, y), rgb)


def bar(rgb: Array, width: float, *points: tuple[float, float]) -> Piece:
    """Draw a line of one width through points."""
    return Piece(np.array(points, float), rgb, width)


def ring(rgb: Array, width: float, x: float, y: float, radius: float) -> Piece:
    """Draw a circle."""
    circle = place(ellipse(radius, radius, 28), x, y)
    return Piece(np.concatenate([circle, circle[:1]]), rgb, width)


def darker(rgb: Array, factor: float) -> Array:
    """The colour in the shade (below 1) or in the light."""
    return np.clip(rgb * np.float32(factor), 0, 1)


def paint_of(rng: np.random.Generator) -> Array:
    """A colour of things that people make."""
    return np.clip(any_colour(rng) * 0.9 + 0.05, 0, 1)


def _named(rng: np.random.Generator, name: str) -> Array:
    """One of the palette's colours of that name, or any paint."""
    known = PALETTE.get(name)
    return tone(rng, known[rng.integers(len(known))], 0.03) if known else paint_of(rng)


def _shapes(kind: str, rgb: Array, v: list[float]) -> Iterator[Piece]:
    """The pieces of one line of a table."""
    if kind == "row":
        for x in np.linspace(v[1], v[2], int(v[0])):
            yield slab(rgb, float(x), *v[3:])
    elif kind == "bar":
        yield Piece(np.array(v[1:]).reshape(-1, 2), rgb, v[0])
    elif kind == "poly":
        yield Piece(np.array(v).reshape(-1, 2), rgb)
    else:
        x, y, a, b = v
        yield {"box": slab, "oval": oval, "ring": ring}[kind](rgb, x, y, a, b)


def build(
    rng: np.random.Generator, table: str, colours: Mapping[str, Array] = MappingProxyType({})
) -> Thing:
    """Make a thing of a table, in given or fresh colours and slightly other proportions."""
    paints = dict(colours)
    stretch = np.array([np.exp(rng.normal(0, 0.12)), 1.0])
    thing: Thing = []
    for line in filter(None, table.splitlines()):
        kind, colour, *numbers = line.split()
        if kind[0] == "?" and rng.random() < 0.5:
            continue
        slot, _, factor = colour.partition("*")
        if slot not in paints:
            known = PALETTE.get(slot)
            paints[slot] = (
                tone(rng, known[rng.integers(len(known))], 0.03) if known else paint_of(rng)
            )
        rgb = darker(paints[slot], float(factor or 1))
        for piece in _shapes(kind.lstrip("?"), rgb, [float(n) for n in numbers]):
            moved = piece.points * stretch + rng.normal(0, 0.006, 2)
            thing.append(Piece(moved, rgb, piece.width))
    return thing


def stand(
    rng: np.random.Generator,
    canvas: Canvas,
    thing: Thing,
    at: tuple[float, float, float],
    name: str,
) -> None:
    """Put a thing at (x, y of its foot, height in px), shaded, mirrored by chance."""
    x, y, height = at
    scale = np.array([rng.choice([-1, 1]) * height, height])
    placed = [Piece(p.points * scale + (x, y), p.rgb, p.width * height) for p in thing]
    every = np.concatenate([p.points for p in placed])
    pad = 2 + max(p.width for p in placed)
    low = np.maximum(np.floor(every.min(0) - pad), 0).astype(int)
    high = np.minimum(np.ceil(every.max(0) + pad), canvas.size).astype(int)
    if (high - low < 2).any():
        return
    sketch = Sketch((int(high[1] - low[1]), int(high[0] - low[0])), 3)
    for piece in placed:
        if piece.width:
            sketch.line(piece.points - low, max(piece.width, 0.8), piece.rgb)
        else:
            sketch.polygon(piece.points - low, piece.rgb)
    rgb, cover = sketch.picture()
    slope = relief(soften(cover, 1 + 0.08 * min(height, 150)), rng.uniform(0.3, 2.8))
    side = max(cover.shape)
    worn = haze(rng, side, max(1.0, 0.1 * height))[: cover.shape[0], : cover.shape[1]]
    light = 1 - rng.uniform(0.1, 0.5) * slope + rng.uniform(0, 0.5) * (worn - 0.5)
    window = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    canvas.lay(cover, np.clip(rgb * light[..., None], 0, 1), name, at=window)
