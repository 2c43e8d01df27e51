"""Noise, colour and strokes that surfaces and cells are drawn with."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

Array = np.ndarray


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A scale between `low` and `high`, as likely to double as to halve."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def unit(field: Array) -> Array:
    """Stretch a field to 0..1 between its 1st and 99th percentile."""
    low, high = np.percentile(field, (1, 99))
    return np.clip((field - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def noise(rng: np.random.Generator, size: int, sigma: float | tuple[float, float]) -> Array:
    """Smooth noise of about `sigma` px, stretched to 0..1; (rows, columns) if a pair."""
    field = rng.standard_normal((size, size), dtype=np.float32)
    return unit(gaussian_filter(field, sigma, mode="wrap"))


def fractal(rng: np.random.Generator, size: int, sigma: float, octaves: int = 4) -> Array:
    """A sum of noises, each half as wide and half as strong as the last."""
    return unit(sum(noise(rng, size, max(sigma / 2**o, 0.4)) / 2**o for o in range(octaves)))


def paint(field: Array, dark: Array, light: Array) -> Array:
    """Colour a 0..1 field from `dark` to `light`, two RGB triples in 0..1."""
    return dark + field[..., None] * (light - dark)


def tone(rng: np.random.Generator, rgb: tuple[float, float, float], spread: float = 0.08) -> Array:
    """An RGB triple near the given one."""
    return np.clip(np.asarray(rgb) + rng.normal(0, spread, 3), 0, 1).astype(np.float32)


def warp(rng: np.random.Generator, field: Array, strength: float, sigma: float) -> Array:
    """Bend a field by smooth displacements of up to `strength` px."""
    size = field.shape[0]
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    rows += (noise(rng, size, sigma) - 0.5) * 2 * strength
    cols += (noise(rng, size, sigma) - 0.5) * 2 * strength
    return map_coordinates(field, (rows, cols), order=1, mode="mirror")


def turn(rng: np.random.Generator, field: Array) -> Array:
    """Rotate by a multiple of 90 degrees, so that direction carries no meaning."""
    return np.rot90(field, int(rng.integers(4))).copy()


def cells(rng: np.random.Generator, size: int, spacing: float) -> tuple[Array, Array, Array]:
    """Worley cells on a jittered lattice.

    Returns
    -------
    nearest : (size, size) int
        Index of the cell of each pixel.
    border : (size, size) float32
        Distance to the second nearest seed minus the nearest, px.
    centre : (size, size, 2) float32
        Offset of each pixel from its seed, px.
    """
    count = int(size / spacing) + 3
    lattice = np.argwhere(np.ones((count, count), bool)) - 1.0
    seeds = (lattice + rng.uniform(0, 1, lattice.shape)) * spacing
    pixels = np.argwhere(np.ones((size, size), bool))
    distance, index = map(np.asarray, cKDTree(seeds).query(pixels, k=2))
    border = (distance[:, 1] - distance[:, 0]).reshape(size, size).astype(np.float32)
    centre = (pixels - seeds[index[:, 0]]).reshape(size, size, 2).astype(np.float32)
    return index[:, 0].reshape(size, size), border, centre


def strokes(
    rng: np.random.Generator, size: int, length: float, width: float, spread: float
) -> Array:
    """Overlapping short strokes around one random direction; 0..1, later ones on top."""
    canvas = Image.new("L", (size, size), 40)
    pen = ImageDraw.Draw(canvas)
    count = int(2.2 * size * size / (length * width))
    xy = rng.uniform(-length, size + length, (count, 2))
    angle = rng.uniform(0, np.pi) + rng.normal(0, spread, count)
    bend = rng.normal(0, 0.3, count)
    shade = np.clip(rng.normal(130, 50, count), 5, 255).astype(int)
    half = length * rng.uniform(0.3, 1.0, count)[:, None]
    middle = xy + half * np.stack([np.cos(angle), np.sin(angle)], -1)
    tip = middle + half * np.stack([np.cos(angle + bend), np.sin(angle + bend)], -1)
    wide = np.maximum(1, rng.normal(width, width / 3, count).round()).astype(int)
    for a, b, c, s, w in zip(xy, middle, tip, shade, wide, strict=True):
        pen.line([*a, *b, *c], fill=int(s), width=int(w))
    return np.asarray(canvas, np.float32) / 255
