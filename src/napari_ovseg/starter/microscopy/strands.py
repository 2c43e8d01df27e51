"""Thin curves: fibres, threads and tubes, as light and as a mask."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from napari_ovseg.starter.drawing import Array, log_uniform

JOINTS = 24
"""Straight pieces of a curve."""


def curves(
    rng: np.random.Generator, size: int, count: int, width: float, length: float = 1.0
) -> tuple[Array, Array]:
    """Draw curves over one another: combed, radiating or without order.

    Parameters
    ----------
    rng, size
        Source of choice, and side of the picture, px.
    count, width
        How many, and how wide in px: thinner ones are fainter.
    length
        Of a curve, in sides of the picture.

    Returns
    -------
    light : (size, size) float32
        Brightness 0..1, each curve of its own; 0 between them.
    mask : (size, size) bool
        Pixels at least half covered.
    """
    fine = 3 if width < 3 else 2
    shade = Image.new("L", (fine * size, fine * size), 0)
    cover = Image.new("L", (fine * size, fine * size), 0)
    pens = ImageDraw.Draw(shade), ImageDraw.Draw(cover)
    paths = (_paths(rng, size, count, length) * fine).reshape(-1, 2 * JOINTS).tolist()
    wide = width * np.exp(rng.normal(0, 0.2, count))
    bright = np.clip(rng.normal(190, rng.uniform(5, 60), count), 60, 255) * np.minimum(wide, 1)
    for path, thick, level in zip(paths, np.rint(wide * fine), bright, strict=True):
        for pen, value in zip(pens, (int(level), 255), strict=True):
            pen.line(path, fill=value, width=max(int(thick), 1), joint="curve")
    light = np.asarray(shade.reduce(fine), np.float32) / 255
    return light, np.asarray(cover.reduce(fine)) >= min(128, 100 * width)


def _paths(rng: np.random.Generator, size: int, count: int, length: float) -> Array:
    """Corners of the curves: (count, JOINTS, 2) columns and rows, px."""
    start = rng.uniform(-0.1, 1.1, (count, 2)) * size
    heading = rng.uniform(0, 2 * np.pi, count)
    order = rng.choice(["combed", "radial", "none"])
    if order == "combed":
        heading = rng.uniform(0, np.pi) + rng.normal(0, rng.uniform(0.03, 0.5), count)
    if order == "radial":
        middles = rng.uniform(0, size, (int(rng.integers(1, 5)), 2))
        start = middles[rng.integers(len(middles), size=count)] + rng.normal(0, 3, (count, 2))
    curl = log_uniform(rng, 0.005, 0.12)
    drift = rng.normal(0, curl, (count, 1)) + rng.normal(0, curl, (count, JOINTS))
    turn = heading[:, None] + np.cumsum(drift, 1)
    step = size * length * rng.uniform(0.4, 1.2, (count, 1)) / JOINTS
    moves = np.stack([np.cos(turn) * step, np.sin(turn) * step], -1)
    if order != "radial":
        start = start - moves.sum(1) / 2
    return start[:, None] + np.cumsum(moves, 1)
