"""The scenes that the packed starter learnt from: 20 surfaces, and nuclei on a ground or in tissue.

The generator has gone on since (`napari_ovseg.starter.scenes`); what is packed is measured on
scenes of its own kind.
"""

import numpy as np
from PIL import Image, ImageFilter

from napari_ovseg.starter.drawing import Array, fractal, log_uniform, noise, paint, tone
from napari_ovseg.starter.scenes import layout
from napari_ovseg.starter.textures import SURFACES

FIRST = (
    "grass", "gravel", "brick wall", "sand", "water", "sky", "snow", "wood", "tree bark", "leaves",
    "concrete", "asphalt", "marble", "woven fabric", "brushed metal", "rust", "tiles",
    "cracked soil", "wire mesh", "circuit board",
)  # fmt: skip
KINDS = (*FIRST, "cells")
BACKGROUND, TISSUE = "background", "tissue"
CATEGORIES = (*FIRST, "nucleus", BACKGROUND, TISSUE)


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


def nuclei(rng: np.random.Generator, size: int) -> tuple[Array, Array, str]:
    """Draw a field of nuclei.

    Returns
    -------
    image : (size, size, 3) float32 in 0..1
    inside : (size, size) bool
        Pixels of a nucleus.
    around : str
        The category of the other pixels.
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


def draw_swatch(rng, kind, size):
    """Draw a kind: (size, size, 3) uint8, and ids from 1 in `CATEGORIES`."""
    if kind == "cells":
        image, inside, around = nuclei(rng, size)
        ids = np.where(inside, CATEGORIES.index("nucleus") + 1, CATEGORIES.index(around) + 1)
    else:
        image = SURFACES[kind].draw(rng, size)
        ids = np.full((size, size), CATEGORIES.index(kind) + 1)
    return (np.clip(image, 0, 1) * 255).astype(np.uint8), ids


def photograph(rng: np.random.Generator, image: Array) -> Array:
    """Vary how the same thing may be recorded: colour, light, focus and noise."""
    picture = image.astype(np.float32) / 255
    if rng.random() < 0.45:
        picture = np.repeat(
            (picture @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 3, 2
        )
    else:
        picture = picture * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    middle = picture.mean()
    picture = (picture - middle) * log_uniform(rng, 0.5, 1.6) + middle + rng.normal(0, 0.08)
    picture = np.clip(picture, 0, 1) ** log_uniform(rng, 0.7, 1.4)
    picture += rng.normal(0, rng.choice([0, 0.01, 0.03]), picture.shape)
    result = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.3:
        result = result.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.3)))
    return np.asarray(result)


def generate(rng, size=224):
    """Draw a scene of one to four regions: picture, and ids from 1 in `CATEGORIES`."""
    regions = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.3, 0.25, 0.2]))
    odds = np.ones(len(KINDS))
    odds[-1] = 3.0
    kinds = rng.choice(KINDS, regions, replace=False, p=odds / odds.sum())
    swatches = [draw_swatch(rng, str(kind), size) for kind in kinds]
    parts = layout(rng, size, regions)[None, ..., None]
    image = np.take_along_axis(np.stack([i for i, _ in swatches]), parts, 0)[0]
    labels = np.take_along_axis(np.stack([n for _, n in swatches]), parts[..., 0], 0)[0]
    return photograph(rng, image), labels
