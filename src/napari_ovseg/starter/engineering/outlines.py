"""Outlines and paths as (x, y) points: blobs, boxes, leaves, wandering lines and cracks."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Voronoi

from napari_ovseg.starter.drawing import Array, log_uniform

Line = tuple[Array, Array]
"""Points of a path, and its width at each."""


def place(shape: Array, x: float, y: float, angle: float = 0.0) -> Array:
    """Turn a shape about its origin and move it there."""
    cos, sin = np.cos(angle), np.sin(angle)
    return shape @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def ellipse(width: float, height: float, count: int = 24) -> Array:
    """Half axes `width` and `height`, around the origin."""
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([width * np.cos(t), height * np.sin(t)], -1)


def box(width: float, height: float) -> Array:
    """A rectangle around the origin."""
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)


def blob(
    rng: np.random.Generator, radius: float, aspect: float = 1.0, wobble: float = 0.2
) -> Array:
    """A closed outline around the origin, long by `aspect`, irregular by `wobble`, turned."""
    t = np.linspace(0, 2 * np.pi, int(np.clip(radius * 3, 10, 60)), endpoint=False)
    k = np.arange(2, 8)
    strength = rng.normal(0, 1, k.size) / k**1.4
    waves = np.cos(np.outer(t, k) + rng.uniform(0, 2 * np.pi, k.size)) @ strength
    r = radius * np.clip(1 + 1.6 * wobble * waves, 0.2, 2.0)
    shape = np.stack([r * np.cos(t) * np.sqrt(aspect), r * np.sin(t) / np.sqrt(aspect)], -1)
    return place(shape, 0, 0, rng.uniform(0, np.pi) if aspect < 1.5 else rng.normal(0, 0.25))


def leaf(rng: np.random.Generator, length: float, width: float, lobes: int = 0) -> Array:
    """A leaf from the origin along x; with lobes or teeth if asked."""
    t = np.linspace(0, 1, 14 if not lobes else 8 * lobes)
    half = width / 2 * np.sin(np.pi * t ** rng.uniform(0.7, 1.2)) ** rng.uniform(0.6, 1.1)
    if lobes:
        half = half * (1 - rng.uniform(0.2, 0.5) * np.abs(np.sin(np.pi * lobes * t)))
    curve = rng.normal(0, 0.12) * length * t**2
    upper, lower = (
        np.stack([t * length, curve + half], -1),
        np.stack([t * length, curve - half], -1),
    )
    return np.concatenate([upper, lower[::-1]])


def walk(
    rng: np.random.Generator, start: Array, heading: float, length: float, wander: float
) -> Array:
    """A path that strays from its heading and returns to it, with small kinks."""
    step = float(np.clip(length / 60, 1.5, 5.0))
    count = max(3, int(length / step))
    drift = np.convolve(rng.normal(0, 1, count), 0.85 ** np.arange(14))[:count]
    angle = heading + wander * (0.55 * drift + rng.normal(0, 0.5, count))
    steps = step * np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.concatenate([[start], start + np.cumsum(steps, 0)])


def swelling(rng: np.random.Generator, count: int, width: float, taper: bool = True) -> Array:
    """Widths along a path: uneven, and thinner towards its end."""
    uneven = np.convolve(rng.normal(0, 0.6, count + 6), np.ones(7) / 7, "valid")
    wide = width * np.exp(uneven)
    return wide * np.linspace(1.1, 0.45, count) if taper else wide


def crack(
    rng: np.random.Generator, start: Array, heading: float, length: float, width: float
) -> list[Line]:
    """A crack and its branches, if it has any; no part is thinner than a pixel."""
    wander = rng.uniform(0.1, 0.7)
    lines: list[Line] = []
    todo = [(np.asarray(start, float), heading, length, width, 0)]
    forks = rng.choice([0.0, 0.6, 2.0, 4.0])
    while todo and len(lines) < 30:
        begin, angle, reach, wide, depth = todo.pop(0)
        path = walk(rng, begin, angle, reach, wander)
        lines.append((path, np.maximum(swelling(rng, len(path), wide, depth > 0), 1.0)))
        for _ in range(rng.poisson(forks) if depth < 2 and reach > 15 else 0):
            at = path[rng.integers(len(path))]
            side = angle + rng.choice([-1, 1]) * rng.uniform(0.3, 1.3)
            todo.append((at, side, reach * rng.uniform(0.1, 0.5), wide * 0.65, depth + 1))
    return lines


def anywhere(rng: np.random.Generator, size: float) -> tuple[float, float]:
    """A place (x, y) in the picture."""
    x, y = rng.uniform(0, size, 2)
    return float(x), float(y)


def across(rng: np.random.Generator, size: int) -> tuple[Array, float, float]:
    """Where a crack through a picture starts, its heading and its length."""
    heading = rng.uniform(0, 2 * np.pi)
    middle = rng.uniform(0.1, 0.9, 2) * size
    length = size * rng.uniform(0.3, 1.6)
    return middle - 0.5 * length * np.array([np.cos(heading), np.sin(heading)]), heading, length


def network(rng: np.random.Generator, size: int, spacing: float, rough: float) -> list[Array]:
    """Edges between random cells, as kinked paths: grains, mud or alligator cracks."""
    count = int(size / spacing) + 4
    lattice = np.argwhere(np.ones((count, count), bool)) - 1.5
    seeds = (lattice + rng.uniform(-0.45, 0.45, lattice.shape)) * spacing
    web = Voronoi(seeds)
    ridges = np.array([r for r in web.ridge_vertices if r[0] >= 0])
    ends = web.vertices[ridges]
    inside = (np.abs(ends - size / 2) < size / 2 + 2 * spacing).all(axis=(1, 2))
    return [kinked(rng, a, b, rough) for a, b in ends[inside]]


def kinked(rng: np.random.Generator, a: Array, b: Array, rough: float) -> Array:
    """A line between two points with kinks of `rough` times its length."""
    length = float(np.hypot(*(b - a)))
    count = int(np.clip(length / 4, 2, 12))
    t = np.linspace(0, 1, count + 1)[:, None]
    kinks = rng.normal(0, rough * length, (count + 1, 2)) * np.sin(np.pi * t)
    return a + (b - a) * t + kinks


def scattered(rng: np.random.Generator, size: int, radius: float, crowding: float) -> Array:
    """Centres of things of a radius that cover about `crowding` of the picture: (n, 2)."""
    count = rng.poisson(crowding * size * size / (np.pi * radius**2))
    return rng.uniform(-radius, size + radius, (min(count, 400), 2))


def crowding(rng: np.random.Generator) -> float:
    """Nothing, a few, many, or nearly full."""
    return 0.0 if rng.random() < 0.12 else log_uniform(rng, 0.004, 0.6)
