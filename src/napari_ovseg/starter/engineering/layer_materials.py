"""Greys of the materials in a cross-section: flat, splats, columns, phases, grains of metal."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.engineering.canvas import Stencil
from napari_ovseg.starter.engineering.grain import haze, rough, soften, top
from napari_ovseg.starter.engineering.outlines import network


def material(rng: np.random.Generator, size: int, name: str, grey: float) -> Array:
    """Flat with grain, in splats, columns, two phases or grains of metal: (size, size, 1)."""
    field = np.full((size, size), 0.5, np.float32)
    kind = rng.random()
    metal = name in ("substrate", "bond coat")
    if name == "resin" or kind < 0.35:
        field += 0.3 * (haze(rng, size, log_uniform(rng, 8, 60)) - 0.5)
    elif name == "coating" and kind < 0.7:  # splats of a spray
        tall = log_uniform(rng, 2, 14)
        splat = bend_down(rng, haze(rng, size, (tall, tall * rng.uniform(2, 6))), tall)
        field += rng.uniform(0.1, 0.5) * (splat - 0.5)
        seam = np.abs(splat - 0.5) < rng.uniform(0.005, 0.03)
        field -= rng.uniform(0.0, 0.6) * (soften(seam.astype(np.float32), 0.5))
    elif name == "coating" and kind < 0.8:  # columns
        wide = log_uniform(rng, 2, 12)
        field += rng.uniform(0.2, 0.7) * (haze(rng, size, (wide * 8, wide)) - 0.5)
    elif metal and kind < 0.6:
        field += _grains(rng, size)
    elif name == "coating" and kind < 0.93:  # foam of a glass between the splats
        lace = np.abs(rough(rng, size, log_uniform(rng, 8, 50)) - 0.5) < rng.uniform(0.02, 0.1)
        dots = haze(rng, size, log_uniform(rng, 0.8, 2.5)) > rng.uniform(0.3, 0.6)
        field -= rng.uniform(0.3, 1.0) * (lace & dots)
    else:  # a second phase in drops or films
        scale = log_uniform(rng, 1, 12)
        phase = top(rough(rng, size, scale, 3), rng.uniform(0.05, 0.5)).astype(np.float32)
        field += float(rng.choice([-1, 1])) * rng.uniform(0.1, 0.6) * (phase - 0.25)
    grainy = rng.uniform(0.02, 0.25) * (haze(rng, size, rng.uniform(0.4, 1.2)) - 0.5)
    value = np.clip(grey * (1 + 0.5 * (field - 0.5 + grainy)) + 0.1 * grainy, 0, 1)
    return value.astype(np.float32)[..., None]


def bend_down(rng: np.random.Generator, field: Array, strength: float) -> Array:
    """Shift columns up and down smoothly, as splats follow what lies below them."""
    size = field.shape[0]
    shift = ((haze(rng, size, (size, 4 * strength)) - 0.5) * 6 * strength).astype(int)
    rows, cols = np.indices((size, size))
    return field[np.clip(rows + shift, 0, size - 1), cols]


def _grains(rng: np.random.Generator, size: int) -> Array:
    """Boundaries between grains of a metal as thin lines."""
    stencil = Stencil(size)
    for edge in network(rng, size, log_uniform(rng, 12, 80), rng.uniform(0, 0.04)):
        stencil.line(edge, 1.0)
    return stencil.cover() * np.float32(rng.uniform(-0.5, 0.3))
