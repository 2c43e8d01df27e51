"""Bodies that fill the plane: cells of a tissue, grains, bubbles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from napari_ovseg.starter.microscopy.bodies import Bodies, Kind, cloud, fill, outlines, seams

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

SEED = Kind((1.0, 1.3), (2.0, 2.0), 0.02, 3)


def packed(
    rng: np.random.Generator, size: int, small: float, ratio: float = 1.0, stretch: float = 1.0
) -> Bodies:
    """Tile the plane with cells about `small` px wide, and others up to `ratio` times wider.

    Round seeds are placed from large to small into what is free; every pixel then goes to
    the nearest seed, so that large cells come out round and small ones fill their corners.
    `stretch` makes all cells longer than wide in one direction.
    """
    small = max(small, size / 50)  # more cells than that take too long
    free = np.ones((size, size), bool)
    labels = np.zeros((size, size), np.int32)
    count = 0
    favoured = cloud(rng, size, rng.uniform(0.3, 0.8) * size)  # by large cells
    filled = rng.uniform(0.1, 0.42)
    for wide in _widths(small, ratio):
        sites = _lattice(rng, size, wide)
        at = tuple(sites.astype(int).T)
        fits = np.asarray(distance_transform_edt(free))[at] > 0.45 * wide
        if wide > 1.2 * small:
            fits &= favoured[at] > rng.uniform(0.2, 1.0, len(sites))
        sites = sites[fits]
        reach = (0.45 if wide > 1.2 * small else filled) * wide
        seeds = fill(size, outlines(rng, sites, np.full(len(sites), reach), SEED))
        labels = np.where(seeds.mask & free, seeds.labels + count, labels)
        count += seeds.count
        free &= ~seeds.mask
    return Bodies(_grown(rng, labels, stretch), count)


def _widths(small: float, ratio: float) -> Array:
    """Widths of cells from large to small."""
    steps = round(np.log(ratio) / np.log(1.6))
    return small * np.geomspace(ratio, 1, steps + 1) if steps else np.array([small])


def _lattice(rng: np.random.Generator, size: int, spacing: float) -> Array:
    """Jittered lattice points inside the picture, in random order."""
    side = int(size / spacing) + 2
    points = np.argwhere(np.ones((side, side), bool)) - 1 + rng.uniform(0, 1)
    points = (points + rng.uniform(-0.4, 0.4, points.shape)) * spacing
    inside = points[((points >= 0) & (points < size)).all(1)]
    return rng.permutation(inside) if len(inside) else np.full((1, 2), size / 2)


def _grown(rng: np.random.Generator, labels: Array, stretch: float) -> Array:
    """Give each pixel to the nearest seed, in a plane stretched along rows or columns."""
    weights = (1.0, stretch) if rng.random() < 0.5 else (stretch, 1.0)
    near = np.asarray(
        distance_transform_edt(
            labels == 0, sampling=weights, return_distances=False, return_indices=True
        )
    )
    return labels[near[0], near[1]]


def middles(tiles: Bodies) -> tuple[Array, Array]:
    """Centre of gravity (n, 2) and equivalent width (n,) of every body, px."""
    flat, bins = tiles.labels.ravel(), tiles.count + 1
    area = np.maximum(np.bincount(flat, minlength=bins)[1:], 1)
    rows, cols = np.indices(tiles.labels.shape)
    sums = [np.bincount(flat, x.ravel(), bins)[1:] / area for x in (rows, cols)]
    return np.stack(sums, -1), np.sqrt(area)


def rippled(rng: np.random.Generator, labels: Array, strength: float, scale: float) -> Array:
    """Make the borders of a map wavy: by up to `strength` px, in bumps of `scale` px."""
    size = len(labels)
    rows, cols = np.mgrid[:size, :size]
    rows = rows + 2 * strength * (cloud(rng, size, scale) - 0.5)
    cols = cols + 2 * strength * (cloud(rng, size, scale) - 0.5)
    inside = (np.clip(np.rint(x), 0, size - 1).astype(int) for x in (rows, cols))
    return labels[tuple(inside)]


def from_seams(labels: Array) -> Array:
    """Distance of each pixel from the nearest border of a map, px."""
    away = np.asarray(distance_transform_edt(~seams(labels)), np.float32)
    return away if np.isfinite(away).all() else np.full(labels.shape, 1e3, np.float32)
