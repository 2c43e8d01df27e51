"""Fast noise, light and relief: what the grounds of engineering pictures are made of.

`drawing.noise` filters at full size, which a drawing made of a dozen noises cannot afford:
wide noise is drawn small here and enlarged.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter

from napari_ovseg.starter.drawing import Array, log_uniform, tone


def haze(rng: np.random.Generator, size: int, sigma: float | tuple[float, float]) -> Array:
    """Smooth noise of about `sigma` px, (rows, columns) if a pair; 0..1, about 0.5 ± 0.2."""
    down, across = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    step = np.maximum(1.0, 2.0 * np.array([down, across]) / 1.5)
    step[step < 2.5] = 1.0  # enlarging by less would beat with the pixels
    rows, cols = (np.ceil(size / step) + 3).astype(int)
    field = rng.standard_normal((rows, cols), dtype=np.float32)
    narrow = [
        s if one and s > 0.3 else 0.0 for s, one in zip((down, across), step == 1, strict=True)
    ]
    if any(narrow):
        field = np.asarray(gaussian_filter(field, narrow, truncate=2.5))
    y, x = rng.uniform(0, 1, 2)
    box = (1 + x, 1 + y, 1 + x + size / step[1], 1 + y + size / step[0])
    if step.max() > 1:
        field = np.asarray(
            Image.fromarray(field).resize((size, size), Image.Resampling.BICUBIC, box=box)
        )
    field = field[:size, :size]
    return _centred(field)


def _centred(field: Array) -> Array:
    """Scale to 0.5 ± 0.2; the spread is measured on every third pixel, which is enough."""
    some = field[::3, ::3]
    scale = 0.2 / (float(some.std()) + 1e-6)
    return np.clip(field * np.float32(scale) + np.float32(0.5 - scale * some.mean()), 0, 1)


def rough(rng: np.random.Generator, size: int, sigma: float, octaves: int = 4) -> Array:
    """A sum of hazes, each half as wide and six tenths as strong; 0..1."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        total += 0.6**octave * (haze(rng, size, max(sigma / 2**octave, 0.4)) - 0.5)
    return _centred(total)


def soften(field: Array, sigma: float) -> Array:
    """Blur at a cost that does not grow with `sigma`."""
    width = max(1, round(np.sqrt(6 * sigma**2 + 1)))
    twice = uniform_filter(uniform_filter(field, width, mode="nearest"), width, mode="nearest")
    return np.asarray(twice)


def relief(height: Array, angle: float) -> Array:
    """Slope of a height field towards the light at `angle`, about -1..1."""
    rows, cols = np.gradient(height)
    slope = rows * np.float32(np.sin(angle)) + cols * np.float32(np.cos(angle))
    return np.clip(slope / (3 * slope[::3, ::3].std() + 1e-6), -1, 1)


def top(field: Array, share: float) -> Array:
    """Where a field is among its highest `share`: bool."""
    if share <= 0:
        return np.zeros(field.shape, bool)
    return field > np.quantile(field[::2, ::2], 1 - min(share, 1.0))


def bend(rng: np.random.Generator, field: Array, strength: float, sigma: float) -> Array:
    """Displace a field by up to `strength` px, to the nearest pixel."""
    size = field.shape[0]
    rows, cols = np.indices((size, size), dtype=np.int32)
    rows = rows + ((haze(rng, size, sigma) - 0.5) * 4 * strength).astype(np.int32)
    cols = cols + ((haze(rng, size, sigma) - 0.5) * 4 * strength).astype(np.int32)
    return field[np.clip(rows, 0, size - 1), np.clip(cols, 0, size - 1)]


def uneven_light(rng: np.random.Generator, size: int) -> Array:
    """A factor around 1: a slope across the picture, a soft pool of light or a corner in shade."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.choice([0.0, 0.1, 0.25, 0.45])
    along = np.linspace(-1, 1, size, dtype=np.float32)
    slope = np.sin(angle) * along[:, None] + np.cos(angle) * along
    pool = haze(rng, size, size * rng.uniform(0.15, 0.5)) - 0.5
    return (1 + strength * (0.6 * slope + 0.8 * pool)).astype(np.float32)


def tinted(rng: np.random.Generator, field: Array, rgb: tuple[float, float, float]) -> Array:
    """A 0..1 field as a picture around a colour, of random lightness, hue and contrast."""
    base = tone(rng, rgb, 0.02) * np.float32(log_uniform(rng, 0.6, 1.4))
    swing = np.float32(log_uniform(rng, 0.06, 0.6))
    factor = 1 + swing * (field[..., None] - 0.5) * 2
    return np.clip(factor * base, 0, 1).astype(np.float32)


def any_colour(rng: np.random.Generator) -> Array:
    """A colour as things are painted: greys, muted and strong ones."""
    grey = rng.uniform(0.05, 0.95)
    strength = rng.choice([0.0, 0.15, 0.5, 0.9])
    hue = rng.dirichlet((0.6, 0.6, 0.6)) * 3 - 1
    return np.clip(grey + strength * 0.4 * hue, 0.02, 0.98).astype(np.float32)
