"""Outlines of organs: closed curves and ribbons, (N, 2) points x and y in the body plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from napari_ovseg.starter.drawing import Array

Point: TypeAlias = Sequence[float] | Array
"""A place in the body plane, or two half axes: x and y."""

MIRROR = np.array([-1.0, 1.0])
"""Times an outline: the same on the other side of the body."""

SIDES = (np.ones(2), MIRROR)

_T = np.linspace(0, 2 * np.pi, 56, endpoint=False)
_ROUND = np.stack([np.cos(_T), np.sin(_T)])
_WAVES = np.arange(2, 8)[:, None]


def oval(
    rng: np.random.Generator,
    centre: Point,
    radii: Point,
    angle: float = 0.0,
    wobble: float = 0.03,
    power: float = 2.0,
) -> Array:
    """An ellipse with an uneven outline; a power above 2 makes it boxy."""
    waves = rng.normal(0, wobble, (2, len(_WAVES), 1)) / (_WAVES / 2) ** 1.4
    uneven = 1 + (waves[0] * np.cos(_WAVES * _T) + waves[1] * np.sin(_WAVES * _T)).sum(0)
    x, y = np.sign(_ROUND) * np.abs(_ROUND) ** (2 / power) * uneven
    x, y = x * radii[0], y * radii[1]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y], -1)


def smooth(points: Array, closed: bool = True, steps: int = 8) -> Array:
    """A curve through all points (Catmull-Rom)."""
    ends = (
        points[[-1, *range(len(points)), 0, 1]] if closed else points[[0, *range(len(points)), -1]]
    )
    a, b, c, d = ends[:-3], ends[1:-2], ends[2:-1], ends[3:]
    t = (np.arange(steps) / steps)[:, None, None]
    path = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    path = path.transpose(1, 0, 2).reshape(-1, 2)
    return path if closed else np.concatenate([path, points[-1:]])


def organ(
    rng: np.random.Generator, points: Sequence[Point] | Array, jitter: float = 0.025
) -> Array:
    """A smooth closed outline near the given points."""
    corners = np.asarray(points, float)
    return smooth(corners + rng.normal(0, jitter, corners.shape))


def inset(outline: Array, depth: float) -> Array:
    """The outline moved inwards, towards its middle."""
    away = outline - outline.mean(0)
    reach = np.linalg.norm(away, axis=1, keepdims=True)
    return outline.mean(0) + away * np.maximum(1 - depth / np.maximum(reach, 1e-6), 0.02)


def ribbon(path: Array, width: float | Array) -> Array:
    """The outline of a band of `width` around an open path."""
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    aside = along[:, ::-1] * np.array([-0.5, 0.5]) * np.reshape(width, (-1, 1))
    return np.concatenate([path + aside, (path - aside)[::-1]])


def arc(centre: Point, radii: Point, start: float, end: float, steps: int = 18) -> Array:
    """Part of an ellipse as an open path."""
    t = np.linspace(start, end, steps)
    return np.asarray(centre) + np.stack([radii[0] * np.cos(t), radii[1] * np.sin(t)], -1)


def wander(
    rng: np.random.Generator,
    start: Point,
    angle: float,
    length: float,
    bend: float = 0.5,
    steps: int = 14,
) -> Array:
    """A path that sets out at `angle` and slowly turns."""
    turning = np.cumsum(rng.normal(0, bend / np.sqrt(steps), steps)) + angle
    hops = np.stack([np.cos(turning), np.sin(turning)], -1) * length / steps
    return np.concatenate([[start], np.asarray(start) + np.cumsum(hops, 0)])


def tree(
    rng: np.random.Generator,
    trunk: Array,
    width: float,
    thinnest: float,
    spread: float = 0.7,
) -> list[Array]:
    """Ribbons of a trunk and its branches, each thinner than what it leaves.

    Parameters
    ----------
    trunk
        Path of the main vessel.
    width
        Of the trunk at its start.
    thinnest
        No branch is thinner.
    spread
        Usual angle between a branch and its parent, radians.
    """
    ribbons: list[Array] = []
    ahead = [(trunk, width)]
    while ahead and len(ribbons) < 90:
        path, thick = ahead.pop(0)
        ribbons.append(ribbon(path, np.linspace(thick, max(0.55 * thick, thinnest), len(path))))
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        side = rng.choice([-1, 1])
        for _ in range(int(rng.integers(2, 5))):
            thin = thick * rng.uniform(0.4, 0.75)
            if thin < thinnest or length < 8 * thinnest:
                continue
            at = int(rng.integers(len(path) // 5, len(path) - 1))
            step = path[at + 1] - path[at]
            side = -side
            angle = np.arctan2(step[1], step[0]) + side * spread * rng.uniform(0.5, 1.3)
            ahead.append((wander(rng, path[at], angle, length * rng.uniform(0.35, 0.75)), thin))
    return ribbons
