"""Single solid things put on a canvas: an outline, and how light falls on what it encloses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_ovseg.starter.drawing import Array
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil

if TYPE_CHECKING:
    from napari_ovseg.starter.engineering.outlines import Line

Shader: TypeAlias = Callable[[Array, Array], Array]
"""RGB of a window from its (x, y) offsets in px from the middle of the outline."""


def stamp(
    canvas: Canvas,
    outline: Array,
    colour: Array | Shader,
    name: str | None = None,
    opacity: float = 1.0,
) -> None:
    """Fill an outline of (x, y) points, working only in the window it needs."""
    low = np.maximum(np.floor(outline.min(0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(outline.max(0)).astype(int) + 2, canvas.size)
    if (high <= low).any():
        return
    stencil = Stencil((int(high[1] - low[1]), int(high[0] - low[0])), 4)
    stencil.polygon(outline - low)
    if callable(colour):
        middle = (outline.min(0) + outline.max(0)) / 2
        across = np.arange(low[0], high[0], dtype=np.float32) + np.float32(0.5 - middle[0])
        down = np.arange(low[1], high[1], dtype=np.float32) + np.float32(0.5 - middle[1])
        colour = colour(*np.meshgrid(across, down))
    window = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    canvas.lay(stencil.cover(), colour, name, opacity, window)


def stroke(
    canvas: Canvas,
    lines: list[Line],
    colour: Array,
    name: str | None = None,
    opacity: float | Array = 1.0,
) -> None:
    """Draw lines of one colour, or out of one picture."""
    if lines:
        stencil = Stencil(canvas.size, 4)
        for path, width in lines:
            stencil.line(path, width)
        canvas.lay(stencil.cover(), colour, name, opacity)


def ball(rgb: Array, radius: float, light: float, gloss: float = 0.5) -> Shader:
    """A sphere lit from the angle `light`, with a highlight of strength `gloss`."""

    def shade(x: Array, y: Array) -> Array:
        u, v = x / radius, y / radius
        towards = u * np.cos(light) + v * np.sin(light)
        spot = (u - 0.4 * np.cos(light)) ** 2 + (v - 0.4 * np.sin(light)) ** 2
        body = np.clip(0.85 + 0.4 * towards - 0.45 * np.minimum(u * u + v * v, 1.2), 0.1, 1.3)
        return np.clip(body[..., None] * rgb + gloss * np.exp(-spot / 0.06)[..., None], 0, 1)

    return shade


def slope(rgb: Array, radius: float, light: float, swing: float) -> Shader:
    """A flat face, lighter towards the light."""

    def shade(x: Array, y: Array) -> Array:
        towards = (x * np.cos(light) + y * np.sin(light)) / radius
        return np.clip((1 + swing * towards)[..., None] * rgb, 0, 1)

    return shade


def tube(rgb: Array, radius: float, axis: float, light: float) -> Shader:
    """A cylinder along the angle `axis`, its highlight off the middle by `light` in -1..1."""

    def shade(x: Array, y: Array) -> Array:
        across = (y * np.cos(axis) - x * np.sin(axis)) / radius
        body = np.sqrt(np.clip(1.05 - (across - 0.5 * light) ** 2, 0.03, 1))
        shine = np.exp(-((across - 0.5 * light) ** 2) / 0.03)
        return np.clip((body[..., None] * rgb) + 0.25 * shine[..., None], 0, 1)

    return shade


def drop_shadow(canvas: Canvas, outline: Array, shift: Array, depth: float) -> None:
    """Darken the ground beside a thing; what lies there keeps its name."""
    stamp(canvas, outline + shift, np.zeros(3, np.float32), opacity=depth)
