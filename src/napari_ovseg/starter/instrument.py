"""How the same thing may be recorded: focus, light, colour, noise, limits of display."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import log_uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.starter.drawing import Array

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_SHOWN = (0.2, 99.8)
"""Percentiles that grey pictures are shown between, as `display` does."""


def record(
    rng: np.random.Generator, image: Array, grey: float, whole: Array | None = None
) -> Array:
    """Record a picture.

    Parameters
    ----------
    image : (H, W, 3) float32 in 0..1
    grey
        Chance that a coloured picture is recorded without its colours.
    whole : (h, w, 3) float32 in 0..1, optional
        What `image` is a part of, coarsely: grey is shown as the whole is, as the windows of a
        picture are. Without it, the image is a picture of its own.

    Returns
    -------
    (H, W, 3) uint8
    """
    without_colour = bool(np.ptp(image, axis=2).max() < 0.02) or rng.random() < grey

    def taken(colours: Array) -> Array:
        return (colours @ _LUMINANCE)[..., None] if without_colour else colours

    picture = _light(rng, _focus(rng, taken(image)))
    around = picture if whole is None else taken(whole)
    respond = _response(rng, picture.shape[2], float(around.mean()), inverts=without_colour)
    picture = _noise(rng, respond(picture))
    if without_colour and rng.random() < 0.8:
        low, high = np.percentile(picture if whole is None else respond(around), _SHOWN)
        picture = (picture - low) / max(float(high - low), 0.02)
    eight_bit = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(eight_bit, image.shape)


def _focus(rng: np.random.Generator, picture: Array) -> Array:
    if rng.random() < 0.5:
        return picture
    sigma = log_uniform(rng, 0.4, 1.6)
    return np.asarray(gaussian_filter(picture, (sigma, sigma, 0)), np.float32)


def _light(rng: np.random.Generator, picture: Array) -> Array:
    """Uneven light: a gradient across the picture, and corners that darken."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = np.ones((height, width), np.float32)
    if rng.random() < 0.3:
        angle = rng.uniform(0, 2 * np.pi)
        light += rng.uniform(0, 0.35) * (rows * np.sin(angle) + columns * np.cos(angle))
    if rng.random() < 0.2:
        light -= rng.uniform(0.1, 0.6) * (rows**2 + columns**2) / 2
    return picture * light[..., None]


def _response(
    rng: np.random.Generator, planes: int, middle: float, *, inverts: bool
) -> Callable[[Array], Array]:
    """Contrast about a middle, brightness, gamma, and the gains of the colours."""
    inverted = inverts and rng.random() < 0.04
    gains = rng.uniform(0.85, 1.15, 3).astype(np.float32) if planes == 3 else np.float32(1)
    contrast, brighter = log_uniform(rng, 0.5, 1.4), rng.normal(0, 0.06)
    gamma = log_uniform(rng, 0.65, 1.5)

    def respond(picture: Array) -> Array:
        level = 1 - middle if inverted else middle
        light = (1 - picture if inverted else picture) * gains
        shown = (light - level) * contrast + level + brighter
        return np.asarray(np.clip(shown, 0, 1) ** gamma, np.float32)

    return respond


def _noise(rng: np.random.Generator, picture: Array) -> Array:
    """Add counts of light, and the noise of reading them."""
    if rng.random() < 0.35:
        most = log_uniform(rng, 50, 5000)
        picture = rng.poisson(np.clip(picture, 0, 1) * most).astype(np.float32) / most
    sigma = float(rng.choice([0.0, 0.0, 0.01, 0.03]))
    if sigma:
        picture = picture + sigma * rng.standard_normal(picture.shape, dtype=np.float32)
    return picture
