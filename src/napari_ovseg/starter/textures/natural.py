"""What grows or lies outdoors."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import (
    Array,
    cells,
    fractal,
    log_uniform,
    noise,
    paint,
    strokes,
    tone,
    turn,
    unit,
    warp,
)
from napari_ovseg.starter.textures._surface import surface


@surface("grass", "lawn", "green grass", "meadow")
def grass(rng: np.random.Generator, size: int) -> Array:
    width = log_uniform(rng, 1, 5)
    spread = np.pi if rng.random() < 0.5 else rng.uniform(0.4, 1.5)  # trampled or combed
    field = strokes(rng, size, width * rng.uniform(6, 14), width, spread)
    field = unit(0.8 * field + 0.2 * fractal(rng, size, 25)) ** log_uniform(rng, 0.6, 1.5)
    if rng.random() < 0.5:  # out of focus
        field = np.asarray(gaussian_filter(field, rng.uniform(0.3, 1.0)))
    if rng.random() < 0.6:  # a clover or a dead leaf between the blades
        leaf, border, _ = cells(rng, size, log_uniform(rng, 10, 34))
        chosen = (rng.random(leaf.max() + 1) < rng.uniform(0.02, 0.12))[leaf] & (border > 3)
        field = np.where(chosen, 0.4 * field + rng.uniform(0.2, 0.45), field)
    dark, light = tone(rng, (0.08, 0.16, 0.04), 0.04), tone(rng, (0.62, 0.75, 0.36))
    return paint(np.clip(field, 0, 1), dark, light)


@surface("gravel", "pebbles", "stones", "crushed stone")
def gravel(rng: np.random.Generator, size: int) -> Array:
    body = _stones(rng, size, log_uniform(rng, 6, 36))
    if rng.random() < 0.5:  # finer stones between the large ones
        finer = _stones(rng, size, log_uniform(rng, 5, 14))
        body = np.where(body < rng.uniform(0.15, 0.4), finer * 0.8, body)
    body = body + rng.uniform(0.05, 0.25) * (fractal(rng, size, 3) - 0.5)
    dark, light = tone(rng, (0.1, 0.1, 0.1), 0.04), tone(rng, (0.85, 0.82, 0.78))
    return paint(np.clip(body, 0, 1), dark, light)


def _stones(rng: np.random.Generator, size: int, spacing: float) -> Array:
    """Draw angular stones with a light side, a ridge and dark gaps: (size, size) about 0..1."""
    index, border, centre = cells(rng, size, spacing)
    count = index.max() + 1
    light = rng.uniform(0, 2 * np.pi)
    slope = centre @ np.array([np.cos(light), np.sin(light)], np.float32) / spacing
    facet = (rng.normal(0, 1, (count, 2))[index] * centre / spacing).sum(-1)
    ridge = rng.uniform(0.0, 0.12) * np.sign(facet)  # two planes that meet
    body = rng.normal(0.6, 0.14, count)[index] + 0.3 * slope + 0.12 * facet + ridge
    gap = np.clip(border / (rng.uniform(0.08, 0.3) * spacing), 0, 1) ** 0.7
    return body * gap


@surface("sand", "beach sand", "sandy ground")
def sand(rng: np.random.Generator, size: int) -> Array:
    grain = noise(rng, size, rng.uniform(0.4, 1.0))
    rows = np.mgrid[:size, :size][0]
    ripple = np.sin(warp(rng, rows * (2 * np.pi / log_uniform(rng, 12, 50)), 3, 18))
    field = 0.35 * grain + 0.4 * fractal(rng, size, 40) + rng.uniform(0, 0.2) * ripple
    return turn(rng, paint(unit(field), tone(rng, (0.62, 0.5, 0.34)), tone(rng, (0.9, 0.8, 0.62))))


@surface("water", "sea", "water surface", "river")
def water(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 1.2, 5)
    wave = noise(rng, size, (sigma, sigma * rng.uniform(3, 7)))
    wave = warp(rng, wave, 5, 12) ** rng.uniform(1.2, 2.5)
    return paint(
        unit(wave + 0.3 * noise(rng, size, 40)),
        tone(rng, (0.03, 0.15, 0.28)),
        tone(rng, (0.6, 0.78, 0.86)),
    )


@surface("sky", "blue sky", "cloudy sky", "clouds")
def sky(rng: np.random.Generator, size: int) -> Array:
    cloud = np.clip(
        (fractal(rng, size, log_uniform(rng, 25, 70)) - rng.uniform(0.3, 0.9)) * 2, 0, 1
    )
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None] * np.ones((1, size), np.float32)
    blue = paint(ramp, tone(rng, (0.25, 0.48, 0.8)), tone(rng, (0.65, 0.8, 0.95)))
    return blue * (1 - cloud[..., None]) + cloud[..., None] * tone(rng, (0.95, 0.95, 0.96), 0.03)


@surface("snow", "fresh snow", "snowy ground")
def snow(rng: np.random.Generator, size: int) -> Array:
    field = 0.7 * fractal(rng, size, 50, 3) + 0.12 * noise(rng, size, 0.7)
    return paint(
        unit(field), tone(rng, (0.76, 0.81, 0.88), 0.03), tone(rng, (0.98, 0.98, 1.0), 0.01)
    )


@surface("tree bark", "bark", "tree trunk")
def bark(rng: np.random.Generator, size: int) -> Array:
    sigma = log_uniform(rng, 1.5, 5)
    ridge = np.abs(warp(rng, noise(rng, size, (sigma * 6, sigma)), 6, 10) - 0.5) * 2
    field = unit(ridge) ** 0.6 * (0.6 + 0.4 * fractal(rng, size, 5))
    return turn(
        rng, paint(field, tone(rng, (0.07, 0.05, 0.04), 0.03), tone(rng, (0.5, 0.42, 0.34)))
    )


@surface("leaves", "foliage", "leaf litter", "green leaves")
def leaves(rng: np.random.Generator, size: int) -> Array:
    canvas = Image.new("RGB", (size, size), (20, 35, 12))
    pen = ImageDraw.Draw(canvas)
    length = log_uniform(rng, 12, 50)
    autumn = rng.random() < 0.3
    base = tone(rng, (0.6, 0.42, 0.15) if autumn else (0.25, 0.5, 0.16))
    for _ in range(int(3.0 * size * size / (length * length * 0.4))):
        half = length * rng.uniform(0.35, 0.6)
        t = np.linspace(-1, 1, 9)
        side = (1 - t**2) * half * rng.uniform(0.3, 0.55)
        outline = np.concatenate(
            [np.stack([t * half, side], -1), np.stack([t[::-1] * half, -side], -1)]
        )
        angle = rng.uniform(0, 2 * np.pi)
        spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        place = rng.uniform(-half, size + half, 2)
        polygon = outline @ spin.T + place
        colour = np.clip(base * rng.uniform(0.45, 1.5) * 255, 0, 255).astype(int)
        pen.polygon([tuple(p) for p in polygon], fill=tuple(colour))
        pen.line([tuple(polygon[0]), tuple(polygon[8])], fill=tuple((colour * 0.7).astype(int)))
    return np.asarray(canvas, np.float32) / 255


@surface("cracked soil", "dry mud", "cracked earth")
def cracked_soil(rng: np.random.Generator, size: int) -> Array:
    spacing = log_uniform(rng, 22, 75)
    _, border, _ = cells(rng, size, spacing)
    border = warp(rng, border, 4, 5)
    crack = np.clip(border / rng.uniform(2.0, 5.0), 0, 1)[..., None]
    soil = paint(
        fractal(rng, size, 18, 5), tone(rng, (0.42, 0.32, 0.23)), tone(rng, (0.76, 0.65, 0.52))
    )
    return soil * (0.15 + 0.85 * crack)
