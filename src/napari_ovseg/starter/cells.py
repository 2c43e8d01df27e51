"""Procedural cells: bright nuclei on dark fields and stained nuclei in tissue.

The first objects of the starter model; later versions add more instruments.
"""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, fractal, log_uniform, noise, paint, tone

NUCLEUS = ("nucleus", "cell nucleus", "nuclei", "cell nuclei")
BACKGROUND = ("background", "empty background", "dark background")
TISSUE = ("tissue", "stained tissue", "stroma")


def blobs(rng: np.random.Generator, size: int, radius: float, count: int) -> Array:
    """Soft ellipses with wobbly outlines; above 0 inside, px from the outline / radius."""
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    field = np.full((size, size), -1.0, np.float32)
    wobble = (noise(rng, size, max(radius / 3, 1)) - 0.5) * 0.35
    for _ in range(count):
        r, c = rng.uniform(0, size, 2)
        a = radius * rng.uniform(0.7, 1.3)
        b = a * rng.uniform(0.55, 1.0)
        angle = rng.uniform(0, np.pi)
        u = (rows - r) * np.cos(angle) + (cols - c) * np.sin(angle)
        v = (cols - c) * np.cos(angle) - (rows - r) * np.sin(angle)
        field = np.maximum(field, 1 - np.sqrt((u / a) ** 2 + (v / b) ** 2))
    return field + wobble


def nuclei(rng: np.random.Generator, size: int) -> tuple[Array, Array, tuple[str, ...]]:
    """Draw a field of nuclei.

    Returns
    -------
    image : (size, size, 3) float32 in 0..1
    inside : (size, size) bool
        Pixels of a nucleus.
    around : tuple of str
        What the other pixels are, in words; the first is the category's name.
    """
    radius = log_uniform(rng, 5, 36)
    # Empty and crowded fields: captions alone must tell a nucleus from what is around it.
    share = 0.0 if rng.random() < 0.35 else rng.uniform(0.05, 1.2)
    field = blobs(rng, size, radius, int(np.ceil(share * size * size / (3.14 * radius * radius))))
    inside = field > 0
    soft = np.clip(field / rng.uniform(0.08, 0.3), 0, 1) ** 0.7
    grain = fractal(rng, size, max(radius / 3, 1))
    if rng.random() < 0.6:  # fluorescence
        glow = soft * (0.55 + 0.45 * grain) * (0.6 + 0.4 * noise(rng, size, 4 * radius))
        dark = tone(rng, (0.04, 0.04, 0.05), 0.02)
        bright = np.ones(3, np.float32) if rng.random() < 0.7 else tone(rng, (0.3, 0.4, 1.0), 0.1)
        image = paint(glow, dark, bright * rng.uniform(0.4, 1.0))
        return image.astype(np.float32), inside, BACKGROUND
    tissue = paint(
        fractal(rng, size, 12, 5), tone(rng, (0.8, 0.5, 0.68)), tone(rng, (0.97, 0.86, 0.92), 0.04)
    )
    stain = paint(grain, tone(rng, (0.2, 0.1, 0.35)), tone(rng, (0.5, 0.32, 0.62)))
    image = tissue * (1 - soft[..., None]) + stain * soft[..., None]
    return image.astype(np.float32), inside, TISSUE
