"""What people build and pave with."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from napari_ovseg.starter.drawing import (
    Array,
    fractal,
    log_uniform,
    noise,
    paint,
    tone,
    turn,
    unit,
    warp,
)
from napari_ovseg.starter.textures._surface import surface


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
