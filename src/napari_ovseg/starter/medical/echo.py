"""What ultrasound does to tissue: speckle, shadows, fading with depth, a view like a fan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.medical.outlines import arc, ribbon, wander
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, coverage, view, wide_blur

if TYPE_CHECKING:
    from napari_ovseg.starter.looks import Drawing

APEX_FAR = 9.0
"""A probe this far above the picture sends parallel rays."""


def echo_plate(rng: np.random.Generator, size: int, ground: Material) -> Plate:
    """An empty plate, the probe at its top."""
    seen = view(rng, size, log_uniform(rng, 0.85, 1.6), rng.normal(0, 0.1, 2), 0.03, 0.03)
    return Plate(size, seen, ground)


def tissue_echo(strength: float, grain: float = 0.2) -> Material:
    """Tissue of no interest, by the strength of its echo."""
    return Material("other tissue", strength, grain)


def layered(
    rng: np.random.Generator, size: int, deep: float, grain: float, sector: float
) -> tuple[Plate, Array]:
    """A plate of skin, fat and muscle over tissue `deep`, and where the rays come from."""
    plate = echo_plate(rng, size, tissue_echo(deep, grain))
    source = apex(rng, sector)
    layers(rng, plate, deep)
    return plate, source


def layers(rng: np.random.Generator, plate: Plate, deep: float) -> None:
    """Skin, fat with bright strands, and sheets of muscle, wavy and nearly level."""
    top = -1.7
    for k in range(int(rng.integers(3, 8))):
        low = top + 0.75 if k == 0 else top + log_uniform(rng, 0.05, 0.6)
        edge = np.stack([np.linspace(-2, 2, 24), low + 0.02 * np.cumsum(rng.normal(0, 1, 24))], -1)
        tone = deep * log_uniform(rng, 0.5, 1.7)
        with plate.within("other tissue"):
            shape = np.concatenate([np.array([(-2.0, 3.0), (2.0, 3.0)]), edge[::-1]])
            plate.fill(shape, tissue_echo(tone, rng.uniform(0.05, 0.4)))
            plate.fill(ribbon(edge, log_uniform(rng, 0.008, 0.03)), tissue_echo(tone + 0.3, 0.3))
        top = low
    for _ in range(int(rng.integers(3, 30))):
        path = wander(
            rng, rng.uniform(-1.2, 1.2, 2), rng.normal(0, 0.25), rng.uniform(0.1, 0.8), 0.4
        )
        plate.fill(
            ribbon(path, log_uniform(rng, 0.006, 0.025)), tissue_echo(deep + rng.uniform(0.1, 0.4))
        )


def apex(rng: np.random.Generator, sector: float) -> Array:
    """Where the rays come from: a point above the picture, or far away for a flat probe."""
    if rng.random() < sector:
        return np.array([rng.normal(0, 0.05), -1 - log_uniform(rng, 0.02, 0.8)])
    return np.array([0.0, -APEX_FAR])


def echo_picture(
    rng: np.random.Generator, plate: Plate, source: Array, shades: list[tuple[Array, float]]
) -> Drawing:
    """Turn echo strengths into a picture.

    Parameters
    ----------
    plate
        Tones are echo strengths, 0 for clear fluid.
    source
        Where the rays come from, in the body plane.
    shades
        Outlines and what lies behind each gains (+) or loses (-), as a share.
    """
    tones = np.asarray(gaussian_filter(plate.tones(), log_uniform(rng, 0.5, 3)))
    for outline, gain in shades:
        behind = coverage(plate.size, plate.view, [_behind(outline, source)])
        tones = tones * (1 + gain * wide_blur(behind, 0.03 * plate.view.scale))
    texture = np.exp(0.8 * plate.grain() * cloud(rng, plate.size, log_uniform(rng, 2, 14), 3))
    grain = speckle(rng, plate, source) ** rng.uniform(0.4, 1.1)
    strength = rng.uniform(0.35, 1.0)
    image = np.clip(tones * texture, 0, None) * (1 - strength + strength * grain)
    image = image * _gain(rng, plate, source) + rng.uniform(0, 0.05) * grain
    image = np.clip(image, 0, None) ** log_uniform(rng, 0.65, 1.2)
    _field(rng, plate, source)
    return plate.drawing(image * (1 - plate.mask("black border")))


def speckle(rng: np.random.Generator, plate: Plate, source: Array) -> Array:
    """Rayleigh speckle of mean 1, short along the rays and long across, longer with depth."""
    size = plate.size
    along, across = log_uniform(rng, 0.6, 1.6), log_uniform(rng, 0.8, 3.5)
    pair = rng.standard_normal((2, size, size), dtype=np.float32)
    a, b = (np.asarray(gaussian_filter(p, (along, across), mode="wrap")) for p in pair)
    grain = np.hypot(a, b)
    grain /= max(float(grain.mean()), 1e-6)
    away, angle = _rays(plate, source)
    if source[1] > -APEX_FAR:
        middle = 0.35 * size + abs(source[1] + 1) * plate.view.scale
        grain = map_coordinates(grain, (away % (size - 1), (angle * middle) % (size - 1)), order=1)
    return np.clip(grain, 0, 2.5)


def _rays(plate: Plate, source: Array) -> tuple[Array, Array]:
    """Distance from the source, px, and angle of each pixel."""
    at = plate.view(source[None])[0]
    rows, cols = np.mgrid[: plate.size, : plate.size].astype(np.float32)
    return np.hypot(rows - at[1], cols - at[0]), np.arctan2(cols - at[0], rows - at[1])


def _behind(outline: Array, source: Array) -> Array:
    """The outline of what a thing hides from the probe."""
    rays = outline - source
    angle = np.arctan2(rays[:, 0], rays[:, 1])
    left, right = rays[angle.argmin()], rays[angle.argmax()]
    far = 3.0 / max(float(np.linalg.norm(rays.mean(0))), 1e-6) + 1
    middle = source + 0.5 * (left + right)
    left, right = 0.9 * left + 0.1 * rays.mean(0), 0.9 * right + 0.1 * rays.mean(0)
    ends = [source + left, middle, source + right, source + far * right, source + far * left]
    return np.array(ends)


def _gain(rng: np.random.Generator, plate: Plate, source: Array) -> Array:
    """Fading with depth, focus, and dark rays where the probe does not touch."""
    away, angle = _rays(plate, source)
    depth = (away - away.min()) / plate.size
    gain = np.exp(-rng.uniform(-0.3, 1.6) * depth) * rng.uniform(0.6, 1.15)
    if rng.random() < 0.4:
        spot = rng.uniform(angle.min(), angle.max())
        wide = rng.uniform(0.03, 0.12) * max(float(np.ptp(angle)), 1e-6)
        gain = gain * (1 - rng.uniform(0.3, 0.9) * np.exp(-(((angle - spot) / wide) ** 2)))
    return gain * np.exp(rng.uniform(0.03, 0.2) * cloud(rng, plate.size, plate.size / 4))


def _field(rng: np.random.Generator, plate: Plate, source: Array) -> None:
    """Black out what the probe does not see: beside the sector, above it and too deep."""
    black = Material("black border", rng.choice([0.0, 0.0, 0.04]))
    if source[1] <= -APEX_FAR:
        if rng.random() < 0.4:
            x, y = rng.uniform(0.7, 1.2, 2)
            plate.fill_outside(np.array([(-x, -y), (x, -y), (x, y), (-x, y)]), black)
        return
    if rng.random() < 0.15:
        return
    near = abs(source[1] + 1) * rng.uniform(0.7, 1.1) + 0.02
    deep, wide = near + rng.uniform(1.7, 2.2), rng.uniform(0.45, 0.85)
    first, last = np.pi / 2 - wide, np.pi / 2 + wide
    upper, lower = (arc(source, (r, r), first, last, 40) for r in (near, deep))
    plate.fill_outside(np.concatenate([upper, lower[::-1]]), black)
