"""What fluorescence pictures share: lamps, haze, focus and the glow of bodies."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint
from napari_ovseg.starter.microscopy.bodies import Bodies, blur, cloud, grain

LAMPS = ((1, 1, 1), (0.25, 0.4, 1), (0.2, 1, 0.3), (1, 0.25, 0.2), (0.2, 0.9, 1), (1, 0.3, 0.9))
LAMP_ODDS = (0.55, 0.15, 0.12, 0.08, 0.05, 0.05)


def lamp(rng: np.random.Generator) -> Array:
    """Choose a colour of light: mostly grey, else that of a dye."""
    colour = np.asarray(LAMPS[rng.choice(len(LAMPS), p=LAMP_ODDS)], np.float32)
    return np.clip(colour * (1 - 0.15 * rng.random(3)) if colour.min() < 1 else colour, 0, 1)


def shown(rng: np.random.Generator, light: Array, colour: Array | None = None) -> Array:
    """Turn light (0 dark, 1 bright, above saturated) into a picture."""
    black = np.full(3, rng.choice([0.0, rng.uniform(0, 0.06), rng.uniform(0.05, 0.2)]))
    white = lamp(rng) if colour is None else colour
    return paint(np.clip(light, 0, 1), black.astype(np.float32), np.maximum(white, black))


def haze(rng: np.random.Generator, size: int, strength: float = 0.12) -> Array:
    """Light of the dark ground: uneven, with glows far out of focus and specks of dirt."""
    field = np.full((size, size), rng.uniform(0, 0.4) * strength, np.float32)
    if rng.random() < 0.5:
        field += strength * rng.random() * cloud(rng, size, log_uniform(rng, 0.15, 0.8) * size)
    if rng.random() < 0.25:
        field += 0.5 * strength * grain(rng, size, log_uniform(rng, 4, 40))
    if rng.random() < 0.25:
        dirt = (rng.random((size, size)) < log_uniform(rng, 0.0001, 0.003)).astype(np.float32)
        field += blur(dirt, 0.5) * rng.uniform(0.3, 2.5) * strength
    return field


def levels(rng: np.random.Generator, count: int) -> Array:
    """Brightness of each body: alike, or dim and bright side by side."""
    spread = rng.choice([0.08, 0.3, 0.7])
    return np.clip(np.exp(rng.normal(-spread / 2, spread, count)), 0.18, 2.5)


def chromatin(rng: np.random.Generator, bodies: Bodies, radius: float) -> Array:
    """What is seen inside bright nuclei: a factor about 1."""
    size = len(bodies.labels)
    field = np.ones((size, size), np.float32)
    if rng.random() < 0.5:  # higher in the middle, by ever more
        field *= 1 - rng.uniform(0.1, 0.6) * (1 - np.minimum(bodies.depth / 0.7, 1)) ** 2
    if rng.random() < 0.7:
        field *= 1 - rng.uniform(0.1, 0.6) * grain(rng, size, max(0.4 * radius, 2), 3)
    if rng.random() < 0.25:  # nucleoli
        holes = np.clip(4 * (cloud(rng, size, max(0.6 * radius, 2)) - rng.uniform(0.65, 0.8)), 0, 1)
        field *= 1 - rng.uniform(0.3, 0.8) * holes
    if rng.random() < 0.25:  # dense spots, as of the mouse
        spots = np.clip(5 * (cloud(rng, size, max(0.35 * radius, 2)) - 0.75), 0, 1)
        field += rng.uniform(0.3, 1.0) * spots
    if rng.random() < 0.15:  # brighter at the rim
        field += rng.uniform(0.2, 0.8) * np.exp(-bodies.inner / max(0.1 * radius, 0.8))
    return field


def glow(rng: np.random.Generator, bodies: Bodies, radius: float, level: Array) -> Array:
    """Light of bodies: sharp ones, and often some out of focus, with a halo."""
    flat = bodies.each(level) * chromatin(rng, bodies, radius)
    edge = rng.uniform(0.4, 0.8 + 0.04 * radius)
    if rng.random() < 0.4:
        away = bodies.each(rng.random(bodies.count) < rng.uniform(0.1, 0.9))
        far = log_uniform(rng, 0.12, 0.4) * radius
        light = blur(flat * (1 - away), edge) + blur(flat * away, max(far, edge))
    else:
        light = blur(flat, edge)
    if rng.random() < 0.4:
        light = light + rng.uniform(0.03, 0.2) * blur(light, rng.uniform(0.7, 2) * radius)
    return light
