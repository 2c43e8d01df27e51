"""Procedural surfaces: what the starter model and the generated scenes are made of.

Every surface is a function ``(rng, size) -> (size, size, 3) float32 in 0..1`` that
draws a new instance of its category each time: another scale, palette and grain.
``@surface("grass", "lawn")`` names the category and its synonyms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import (
    Array,
    cells,
    fractal,
    log_uniform,
    noise,
    paint,
    strokes,
    tone,
    turn,
    unit,
    warp,
)

Draw = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True)
class Surface:
    """A category that can be drawn: its name, other words for it, and how."""

    name: str
    synonyms: tuple[str, ...]
    draw: Draw


SURFACES: dict[str, Surface] = {}


def surface(name: str, *synonyms: str) -> Callable[[Draw], Draw]:
    """Register a drawing function under a category name."""

    def register(draw: Draw) -> Draw:
        SURFACES[name] = Surface(name, synonyms, draw)
        return draw

    return register


# --- the surfaces -------------------------------------------------------------------


@surface("grass", "lawn", "green grass", "meadow")
def grass(rng: np.random.Generator, size: int) -> Array:
    width = log_uniform(rng, 1, 5)
    spread = np.pi if rng.random() < 0.5 else rng.uniform(0.4, 1.5)  # trampled or combed
    field = strokes(rng, size, width * rng.uniform(6, 14), width, spread)
    field = unit(0.8 * field + 0.2 * fractal(rng, size, 25)) ** log_uniform(rng, 0.6, 1.5)
    if rng.random() < 0.5:  # out of focus
        field = np.asarray(gaussian_filter(field, rng.uniform(0.3, 1.0)))
    if rng.random() < 0.6:  # a clover or a dead leaf between the blades
        leaf, border, _ = cells(rng, size, log_uniform(rng, 10, 34))
        chosen = (rng.random(leaf.max() + 1) < rng.uniform(0.02, 0.12))[leaf] & (border > 3)
        field = np.where(chosen, 0.4 * field + rng.uniform(0.2, 0.45), field)
    dark, light = tone(rng, (0.08, 0.16, 0.04), 0.04), tone(rng, (0.62, 0.75, 0.36))
    return paint(np.clip(field, 0, 1), dark, light)


@surface("gravel", "pebbles", "stones", "crushed stone")
def gravel(rng: np.random.Generator, size: int) -> Array:
    body = _stones(rng, size, log_uniform(rng, 6, 36))
    if rng.random() < 0.5:  # finer stones between the large ones
        finer = _stones(rng, size, log_uniform(rng, 5, 14))
        body = np.where(body < rng.uniform(0.15, 0.4), finer * 0.8, body)
    body = body + rng.uniform(0.05, 0.25) * (fractal(rng, size, 3) - 0.5)
    dark, light = tone(rng, (0.1, 0.1, 0.1), 0.04), tone(rng, (0.85, 0.82, 0.78))
    return paint(np.clip(body, 0, 1), dark, light)


def _stones(rng: np.random.Generator, size: int, spacing: float) -> Array:
    """Draw angular stones with a light side, a ridge and dark gaps: (size, size) about 0..1."""
    index, border, centre = cells(rng, size, spacing)
    count = index.max() + 1
    light = rng.uniform(0, 2 * np.pi)
    slope = centre @ np.array([np.cos(light), np.sin(light)], np.float32) / spacing
    facet = (rng.normal(0, 1, (count, 2))[index] * centre / spacing).sum(-1)
    ridge = rng.uniform(0.0, 0.12) * np.sign(facet)  # two planes that meet
    body = rng.normal(0.6, 0.14, count)[index] + 0.3 * slope + 0.12 * facet + ridge
    gap = np.clip(border / (rng.uniform(0.08, 0.3) * spacing), 0, 1) ** 0.7
    return body * gap


def _courses(
    rng: np.random.Generator, size: int, aspect: float, shift: float
) -> tuple[Array, Array]:
    """Distance to the joint (px) and an id per unit of a wall laid in courses."""
    height = log_uniform(rng, 12, 50)
    length = height * aspect
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    taper = 1 + rng.normal(0, 0.25) * rows / size  # perspective
    cols = (cols - size / 2) * taper + 4 * size + rng.uniform(0, length)
    rows = rows * (1 + rng.normal(0, 0.15) * rows / size) + rng.uniform(0, height)
    course = np.floor(rows / height)
    along = cols + course * shift * length
    brick = np.floor(along / length)
    edge_r = np.minimum(rows % height, height - rows % height)
    edge_c = np.minimum(along % length, length - along % length)
    ids = (course * 131 + brick * 17).astype(int) % 997
    return np.minimum(edge_r, edge_c) / height, ids


@surface("brick wall", "bricks", "brick", "brickwork")
def brick_wall(rng: np.random.Generator, size: int) -> Array:
    edge, ids = _courses(rng, size, rng.uniform(1.8, 4.2), rng.choice([0.5, 0.5, 0.33, 0.4]))
    edge = warp(rng, edge, rng.uniform(0, 2.5), 6)
    clay = rng.normal(0.5, 0.12, 997)[ids] + 0.35 * (fractal(rng, size, 6) - 0.5)
    wall = paint(np.clip(clay, 0, 1), tone(rng, (0.32, 0.12, 0.08)), tone(rng, (0.75, 0.4, 0.3)))
    mortar = paint(
        noise(rng, size, 1), *(tone(rng, (0.7, 0.68, 0.64), 0.1) * k for k in (0.8, 1.1))
    )
    if rng.random() < 0.25:
        mortar = mortar * 0.4
    joint = np.clip((rng.uniform(0.04, 0.12) - edge) * 25, 0, 1)[..., None]
    return turn(rng, wall * (1 - joint) + mortar * joint)


@surface("sand", "beach sand", "sandy ground")
def sand(rng: np.random.Generator, size: int) -> Array:
    grain = noise(rng, size, rng.uniform(0.4, 1.0))
    rows = np.mgrid[:size, :size][0]
    ripple = np.sin(warp(rng, rows * (2 * np.pi / log_uniform(rng, 12, 50)), 3, 18))
    field = 0.35 * grain + 0.4 * fractal(rng, size, 40) + rng.uniform(0, 0.2) * ripple
    return turn(rng, paint(unit(field), tone(rng, (0.62, 0.5, 0.34)), tone(rng, (0.9, 0.8, 0.62))))


@surface("water", "sea", "water surface", "river")
def water(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 1.2, 5)
    wave = noise(rng, size, (sigma, sigma * rng.uniform(3, 7)))
    wave = warp(rng, wave, 5, 12) ** rng.uniform(1.2, 2.5)
    return paint(
        unit(wave + 0.3 * noise(rng, size, 40)),
        tone(rng, (0.03, 0.15, 0.28)),
        tone(rng, (0.6, 0.78, 0.86)),
    )


@surface("sky", "blue sky", "cloudy sky", "clouds")
def sky(rng: np.random.Generator, size: int) -> Array:
    cloud = np.clip(
        (fractal(rng, size, log_uniform(rng, 25, 70)) - rng.uniform(0.3, 0.9)) * 2, 0, 1
    )
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None] * np.ones((1, size), np.float32)
    blue = paint(ramp, tone(rng, (0.25, 0.48, 0.8)), tone(rng, (0.65, 0.8, 0.95)))
    return blue * (1 - cloud[..., None]) + cloud[..., None] * tone(rng, (0.95, 0.95, 0.96), 0.03)


@surface("snow", "fresh snow", "snowy ground")
def snow(rng: np.random.Generator, size: int) -> Array:
    field = 0.7 * fractal(rng, size, 50, 3) + 0.12 * noise(rng, size, 0.7)
    return paint(
        unit(field), tone(rng, (0.76, 0.81, 0.88), 0.03), tone(rng, (0.98, 0.98, 1.0), 0.01)
    )


@surface("wood", "wooden planks", "timber", "wood grain")
def wood(rng: np.random.Generator, size: int) -> Array:
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    rings = warp(rng, rows + 0.02 * cols, log_uniform(rng, 4, 22), 45)
    grain = 0.5 + 0.5 * np.sin(rings * (2 * np.pi / log_uniform(rng, 5, 22)))
    fibre = noise(rng, size, (0.6, 14))
    plank = log_uniform(rng, 30, 140)
    joint = np.clip((rows % plank) / 1.5, 0, 1)
    shade = rng.normal(0.5, 0.12, 400)[(rows // plank).astype(int)]
    field = np.clip(0.4 * grain + 0.35 * fibre + shade - 0.35, 0, 1) * joint
    return turn(rng, paint(field, tone(rng, (0.25, 0.13, 0.06)), tone(rng, (0.78, 0.57, 0.36))))


@surface("tree bark", "bark", "tree trunk")
def bark(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 1.5, 5)
    ridge = np.abs(warp(rng, noise(rng, size, (sigma * 6, sigma)), 6, 10) - 0.5) * 2
    field = unit(ridge) ** 0.6 * (0.6 + 0.4 * fractal(rng, size, 5))
    return turn(
        rng, paint(field, tone(rng, (0.07, 0.05, 0.04), 0.03), tone(rng, (0.5, 0.42, 0.34)))
    )


@surface("leaves", "foliage", "leaf litter", "green leaves")
def leaves(rng: np.random.Generator, size: int) -> Array:
    canvas = Image.new("RGB", (size, size), (20, 35, 12))
    pen = ImageDraw.Draw(canvas)
    length = log_uniform(rng, 12, 50)
    autumn = rng.random() < 0.3
    base = tone(rng, (0.6, 0.42, 0.15) if autumn else (0.25, 0.5, 0.16))
    for _ in range(int(3.0 * size * size / (length * length * 0.4))):
        half = length * rng.uniform(0.35, 0.6)
        t = np.linspace(-1, 1, 9)
        side = (1 - t**2) * half * rng.uniform(0.3, 0.55)
        outline = np.concatenate(
            [np.stack([t * half, side], -1), np.stack([t[::-1] * half, -side], -1)]
        )
        angle = rng.uniform(0, 2 * np.pi)
        spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        place = rng.uniform(-half, size + half, 2)
        polygon = outline @ spin.T + place
        colour = np.clip(base * rng.uniform(0.45, 1.5) * 255, 0, 255).astype(int)
        pen.polygon([tuple(p) for p in polygon], fill=tuple(colour))
        pen.line([tuple(polygon[0]), tuple(polygon[8])], fill=tuple((colour * 0.7).astype(int)))
    return np.asarray(canvas, np.float32) / 255


@surface("concrete", "concrete wall", "cement", "plaster")
def concrete(rng: np.random.Generator, size: int) -> Array:
    field = 0.6 * fractal(rng, size, 35) + 0.25 * noise(rng, size, 0.8)
    pits = noise(rng, size, log_uniform(rng, 1, 2.5)) > rng.uniform(0.93, 0.99)
    grey = tone(rng, (0.62, 0.61, 0.59), 0.05)
    return paint(unit(field) * 0.9 + 0.1, grey * 0.72, grey * 1.2) * (1 - 0.45 * pits[..., None])


@surface("asphalt", "road surface", "tarmac")
def asphalt(rng: np.random.Generator, size: int) -> Array:
    grain = noise(rng, size, log_uniform(rng, 0.6, 1.8)) ** 1.6
    speck = noise(rng, size, log_uniform(rng, 0.8, 1.8)) > 0.93
    field = np.clip(0.7 * grain + 0.2 * noise(rng, size, 40) + 0.4 * speck, 0, 1)
    return paint(field, tone(rng, (0.08, 0.08, 0.09), 0.02), tone(rng, (0.52, 0.52, 0.53), 0.04))


@surface("marble", "marble slab", "polished stone")
def marble(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 10, 40)
    vein = np.abs(warp(rng, fractal(rng, size, sigma, 4), 14, 20) - 0.5) * 2
    field = np.clip(vein / rng.uniform(0.12, 0.4), 0, 1) ** 0.5
    light = tone(rng, (0.93, 0.92, 0.9), 0.04)
    return paint(0.8 * field + 0.2 * fractal(rng, size, 30), tone(rng, (0.35, 0.35, 0.36)), light)


@surface("woven fabric", "cloth", "fabric", "textile")
def fabric(rng: np.random.Generator, size: int) -> Array:
    pitch = log_uniform(rng, 4, 13)
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    rows, cols = warp(rng, rows, 2, 25), warp(rng, cols, 2, 25)
    over = (np.floor(rows / pitch) + np.floor(cols / pitch)) % 2
    bulge_r, bulge_c = (
        np.sin(np.pi * (rows % pitch) / pitch),
        np.sin(np.pi * (cols % pitch) / pitch),
    )
    field = np.where(over > 0, bulge_r * 0.9 + 0.1 * bulge_c, bulge_c * 0.75)
    field = field * (0.8 + 0.2 * noise(rng, size, 0.7))
    colour = rng.uniform(0.25, 0.95, 3).astype(np.float32)
    return paint(np.clip(field, 0, 1), colour * 0.25, colour)


@surface("brushed metal", "steel", "metal plate", "metal")
def metal(rng: np.random.Generator, size: int) -> Array:
    streak = noise(rng, size, (0.5, 40)) * 0.5 + noise(rng, size, (1.5, 60)) * 0.3
    glare = noise(rng, size, (60, 25)) * 0.6
    grey = tone(rng, (0.78, 0.79, 0.82), 0.03)
    return turn(rng, paint(unit(streak + glare), grey * 0.5, np.clip(grey * 1.2, 0, 1)))


@surface("rust", "corrosion", "rusty metal")
def rust(rng: np.random.Generator, size: int) -> Array:
    blotch = fractal(rng, size, log_uniform(rng, 8, 30), 5)
    colour = paint(blotch, tone(rng, (0.25, 0.1, 0.05), 0.04), tone(rng, (0.78, 0.42, 0.18)))
    pits = noise(rng, size, 1.5) > 0.8
    flake = np.clip((fractal(rng, size, 12, 4) - rng.uniform(0.6, 0.95)) * 6, 0, 1)[..., None]
    return colour * (1 - 0.35 * pits[..., None]) * (1 - flake) + flake * tone(
        rng, (0.5, 0.47, 0.45)
    )


@surface("tiles", "tiled floor", "ceramic tiles", "tiled wall")
def tiles(rng: np.random.Generator, size: int) -> Array:
    edge, ids = _courses(rng, size, 1.0, 0.0)
    colour = rng.uniform(0.4, 0.95, 3).astype(np.float32)
    checker = (ids % 2) * rng.choice([0.0, 0.4])
    glaze = np.clip(
        1 - checker + rng.normal(0, 0.04, 997)[ids] + 0.1 * (fractal(rng, size, 30) - 0.5), 0.1, 1.2
    )
    joint = np.clip((rng.uniform(0.03, 0.07) - edge) * 30, 0, 1)[..., None]
    grout = tone(rng, (0.5, 0.5, 0.5), 0.2)
    return np.clip(glaze[..., None] * colour * (1 - joint) + joint * grout, 0, 1)


@surface("cracked soil", "dry mud", "cracked earth")
def cracked_soil(rng: np.random.Generator, size: int) -> Array:
    spacing = log_uniform(rng, 22, 75)
    _, border, _ = cells(rng, size, spacing)
    border = warp(rng, border, 4, 5)
    crack = np.clip(border / rng.uniform(2.0, 5.0), 0, 1)[..., None]
    soil = paint(
        fractal(rng, size, 18, 5), tone(rng, (0.42, 0.32, 0.23)), tone(rng, (0.76, 0.65, 0.52))
    )
    return soil * (0.15 + 0.85 * crack)


@surface("wire mesh", "metal grid", "mesh", "net")
def mesh(rng: np.random.Generator, size: int) -> Array:
    pitch = log_uniform(rng, 10, 32)
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    angle = rng.uniform(0, np.pi / 2)
    a = warp(rng, rows * np.cos(angle) + cols * np.sin(angle), 2, 20) % pitch
    b = warp(rng, cols * np.cos(angle) - rows * np.sin(angle), 2, 20) % pitch
    thick = pitch * rng.uniform(0.12, 0.25)
    wire = np.maximum(
        np.clip(1 - np.abs(a - thick) / thick, 0, 1), np.clip(1 - np.abs(b - thick) / thick, 0, 1)
    )
    return paint(
        np.sqrt(wire), tone(rng, (0.1, 0.1, 0.12), 0.06), tone(rng, (0.85, 0.85, 0.86), 0.06)
    )


@surface("circuit board", "printed circuit board", "electronic circuit")
def circuit_board(rng: np.random.Generator, size: int) -> Array:
    board = tone(rng, (0.05, 0.3, 0.16), 0.05)
    canvas = Image.new("RGB", (size, size), tuple((board * 255).astype(int)))
    pen = ImageDraw.Draw(canvas)
    pitch = int(log_uniform(rng, 7, 20))
    copper, solder = (
        tuple((np.clip(c, 0, 1) * 255).astype(int))
        for c in (board * 1.8 + 0.06, tone(rng, (0.85, 0.8, 0.65), 0.05))
    )
    for _ in range(int(2.5 * size / pitch) * 4):
        r, c = rng.integers(0, size // pitch + 1, 2) * pitch
        points = [(c, r)]
        for _ in range(rng.integers(1, 4)):
            step = int(rng.integers(-5, 6)) * pitch
            c, r = (c + step, r) if rng.random() < 0.5 else (c, r + step)
            points.append((c, r))
        pen.line(points, fill=copper, width=max(1, pitch // 4))
        for x, y in (points[0], points[-1]):
            pen.ellipse([x - pitch / 3, y - pitch / 3, x + pitch / 3, y + pitch / 3], fill=solder)
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.integers(0, size, 2)
        w, h = rng.integers(2, 7, 2) * pitch
        pen.rectangle([x, y, x + w, y + h], fill=(25, 25, 28))
    return np.asarray(canvas, np.float32) / 255
