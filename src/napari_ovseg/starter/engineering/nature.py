"""Natural grounds as pictures: soil, grass, sand, snow, water, sky, foliage."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Sketch
from napari_ovseg.starter.engineering.grain import haze, relief, rough, soften, tinted
from napari_ovseg.starter.engineering.outlines import blob, leaf, place, scattered

WORDS: dict[str, tuple[str, ...]] = {
    "soil": ("soil", "earth", "bare ground", "brown soil", "dirt", "ground", "background"),
    "grass": ("grass", "lawn", "meadow", "green grass", "pasture", "background"),
    "sand": ("sand", "beach", "sandy ground", "desert", "background"),
    "snow": ("snow", "snowy ground", "white snow", "snow field", "background"),
    "water": ("water", "sea", "lake", "river", "water surface", "background"),
    "sky": ("sky", "blue sky", "clouds", "cloudy sky", "background"),
    "foliage": (
        "foliage",
        "green leaves",
        "leaves of a tree",
        "bush",
        "shrub",
        "vegetation",
        "plants",
        "background",
    ),
    "mountain": ("mountain", "mountains", "hill", "hills", "background"),
}


def soil(rng: np.random.Generator, size: int) -> Array:
    """Clods and crumbs, brown, grey, red or nearly black, with stones and straw."""
    clod = log_uniform(rng, 1, 14)
    height = rough(rng, size, clod, 4)
    field = (
        0.5 + rng.uniform(0.3, 0.8) * (height - 0.5) + rng.uniform(0.1, 0.5) * relief(height, 0.9)
    )
    field = field + 0.4 * (haze(rng, size, size / 5) - 0.5)
    browns = [(0.42, 0.32, 0.24), (0.55, 0.47, 0.38), (0.3, 0.24, 0.2), (0.55, 0.33, 0.22)]
    picture = tinted(rng, field, browns[rng.integers(4)])
    if rng.random() < 0.5:
        crumbs = Sketch(size, 2)
        radius = log_uniform(rng, 1, 5)
        for x, y in scattered(rng, size, radius, log_uniform(rng, 0.002, 0.05)):
            shade = tone(rng, (0.62, 0.58, 0.5), 0.03) * np.float32(rng.uniform(0.5, 1.4))
            long = rng.choice([1.2, 8.0])
            crumbs.polygon(place(blob(rng, radius, long), x, y, rng.uniform(0, 3)), shade)
        stones, cover = crumbs.picture()
        picture += cover[..., None] * (stones - picture)
    return picture


def grass(rng: np.random.Generator, size: int) -> Array:
    """Blades close by, or the mottled green of a lawn far off."""
    wide = log_uniform(rng, 0.5, 3)
    blades = haze(rng, size, (wide * rng.uniform(1, 5), wide))
    lean = np.abs(haze(rng, size, (wide * rng.uniform(1, 4), wide * 1.3)) - 0.5) * 2
    field = rng.uniform(0.4, 1) * blades + 0.5 * lean + 0.8 * (rough(rng, size, size / 8) - 0.5)
    dark = tone(rng, (0.1, 0.18, 0.05), 0.03)
    light = [(0.42, 0.58, 0.2), (0.5, 0.62, 0.3), (0.66, 0.62, 0.35)][rng.integers(3)]
    flat = log_uniform(rng, 0.3, 1.0)
    return paint(np.clip(0.5 + flat * (field - 0.6), 0, 1), dark, tone(rng, light, 0.06))


def sand(rng: np.random.Generator, size: int) -> Array:
    """Fine grain, ripples or foot marks."""
    field = 0.5 + 0.3 * (haze(rng, size, 0.6) - 0.5) + 0.4 * (rough(rng, size, 30) - 0.5)
    wide = log_uniform(rng, 2, 14)
    field += rng.uniform(0, 0.4) * relief(haze(rng, size, (wide, wide * rng.uniform(1, 6))), 1.2)
    return tinted(rng, field, (0.78, 0.68, 0.5))


def snow(rng: np.random.Generator, size: int) -> Array:
    """Nearly white, with blue hollows."""
    field = 0.5 + 0.4 * (rough(rng, size, size / 6) - 0.5) + 0.1 * (haze(rng, size, 0.6) - 0.5)
    return paint(
        np.clip(field, 0, 1), tone(rng, (0.68, 0.75, 0.85), 0.04), tone(rng, (1, 1, 1), 0.01)
    )


def water(rng: np.random.Generator, size: int) -> Array:
    """Smooth, rippled or rough; blue, green, grey or brown; darker than its glints."""
    wide = log_uniform(rng, 0.8, 8)
    wave = haze(rng, size, (wide, wide * rng.uniform(2, 7)))
    field = rng.uniform(0.05, 0.9) * (wave - 0.5) + 0.4 * (haze(rng, size, size / 4) - 0.5) + 0.45
    glint = np.clip((wave - rng.uniform(0.7, 1.0)) * 5, 0, 1) * rng.choice([0, 1])
    darks = [(0.05, 0.18, 0.32), (0.08, 0.24, 0.24), (0.2, 0.24, 0.26), (0.25, 0.22, 0.15)]
    i = rng.integers(4)
    light = [(0.45, 0.66, 0.82), (0.4, 0.62, 0.6), (0.68, 0.72, 0.75), (0.55, 0.5, 0.38)][i]
    return paint(np.clip(field + glint, 0, 1), tone(rng, darks[i], 0.04), tone(rng, light, 0.05))


def sky(rng: np.random.Generator, size: int) -> Array:
    """Clear, cloudy, overcast, at sunset or at night; paler towards the horizon."""
    palette = [
        ((0.25, 0.47, 0.82), (0.72, 0.85, 0.96)),
        ((0.4, 0.6, 0.88), (0.85, 0.9, 0.95)),
        ((0.75, 0.77, 0.8), (0.9, 0.9, 0.91)),
        ((0.35, 0.35, 0.5), (0.96, 0.66, 0.4)),
        ((0.02, 0.03, 0.07), (0.1, 0.1, 0.16)),
        ((0.95, 0.96, 0.97), (0.98, 0.98, 0.98)),
    ]
    high, low = palette[rng.choice(6, p=[0.3, 0.25, 0.2, 0.1, 0.05, 0.1])]
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None] * np.ones((1, size), np.float32)
    picture = paint(ramp, tone(rng, high, 0.05), tone(rng, low, 0.04))
    if rng.random() < 0.6:
        wide = log_uniform(rng, size / 16, size / 3)
        puff = 0.6 * rough(rng, size, wide) + 0.4 * haze(rng, size, (wide / 2, 2 * wide))
        cover = np.clip((puff - rng.uniform(0.3, 0.8)) * rng.uniform(2, 7), 0, 1)[..., None]
        lit = np.clip(0.75 + 0.5 * (rough(rng, size, wide / 2) - 0.3), 0, 1)[..., None]
        picture += cover * (np.maximum(lit, picture.mean()) * tone(rng, low, 0.02) - picture)
    return np.clip(picture, 0, 1)


def foliage(rng: np.random.Generator, size: int, largest: float = 50.0) -> Array:
    """Leaves over leaves, of up to `largest` px or a mere texture, dark between them."""
    green = [(0.24, 0.42, 0.12), (0.32, 0.5, 0.2), (0.5, 0.5, 0.15), (0.55, 0.32, 0.1)]
    base = tone(rng, green[rng.choice(4, p=[0.45, 0.35, 0.12, 0.08])], 0.05)
    length = log_uniform(rng, 2.5, max(largest, 2.6))
    light = rough(rng, size, size / 8)
    if length < 7:  # too far to see a leaf
        field = rough(rng, size, length, 3) + 0.7 * (light - 0.5)
        return paint(np.clip(field, 0, 1), base * 0.2, np.clip(base * 1.7, 0, 1))
    sketch = Sketch(size, 2)
    shapes = [leaf(rng, length, length * rng.uniform(0.25, 0.6)) for _ in range(12)]
    for x, y in rng.uniform(-length, size, (min(int(9 * (size / length) ** 2), 600), 2)):
        shade = base * np.float32(rng.uniform(0.35, 1.5))
        shape = place(shapes[rng.integers(12)], x, y, rng.uniform(0, 7))
        sketch.polygon(shape, shade)
        sketch.polygon(shape[: len(shape) // 2], shade * np.float32(1.15))  # a half takes the light
    leaves, cover = sketch.picture()
    dark = base * 0.2 + 0.25 * np.clip(soften(light, 2) - 0.4, 0, 1)[..., None]
    return dark + cover[..., None] * (leaves * (0.5 + light[..., None]) - dark)
