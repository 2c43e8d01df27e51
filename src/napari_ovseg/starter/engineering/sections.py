"""Polished sections of ceramics and metals under a microscope, with cracks."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.cracks import cut
from napari_ovseg.starter.engineering.grain import (
    haze,
    rough,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.outlines import (
    Line,
    across,
    blob,
    crack,
    network,
    place,
    scattered,
    swelling,
)
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "ceramic": ("ceramic", "ceramic surface", "polished section", "porcelain", "background"),
    "metal grain": (
        "metal grain",
        "metal",
        "polished metal",
        "grains",
        "metallographic section",
        "background",
    ),
    "grain boundary": (
        "grain boundary",
        "grain boundaries",
        "boundary between grains",
        "thin grain line",
    ),
    "indent": ("indent", "hardness indent", "indentation mark", "imprint", "dark diamond"),
}


@look("engineering", "crack under a microscope")
def crack_in_section(rng: np.random.Generator, size: int) -> Drawing:
    """A polished ceramic or metal with grains, pores, indents, and cracks dark or lit up."""
    canvas, edges = section(rng, size)
    if rng.random() < 0.5:
        pores(rng, canvas)
    lines: list[Line] = []
    width = log_uniform(rng, 1, 8)
    if rng.random() < 0.25:
        radius = log_uniform(rng, 8, size / 6)
        x, y = rng.uniform(0.25, 0.75, 2) * size
        lines = indent(rng, canvas, (x, y), radius)
    elif rng.random() < 0.8:
        for _ in range(rng.integers(1, 3)):
            lines += crack(rng, *across(rng, size), width)
        if edges and rng.random() < 0.3:  # it follows the boundaries of the grains
            thin = np.minimum(width, 3.0)
            lines += [
                (e, np.maximum(swelling(rng, len(e), thin), 1.0))
                for e in edges
                if rng.random() < 0.15
            ]
    bright = rng.random() < 0.12  # charged edges
    cut(rng, canvas, lines, tone(rng, (0.9, 0.9, 0.9) if bright else (0.06, 0.06, 0.06), 0.05))
    if rng.random() < 0.3:  # marks of polishing
        scratches = haze(rng, size, (0.5, size / 3)) > 0.9
        canvas.lay(scratches, np.ones(3, np.float32), opacity=rng.uniform(0.05, 0.25))
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def section(rng: np.random.Generator, size: int) -> tuple[Canvas, list[Array]]:
    """A polished ground, and the boundaries of its grains if it shows any."""
    grey = rng.uniform(0.25, 0.85)
    hue = (grey,) * 3 if rng.random() < 0.8 else (grey, 0.93 * grey, 0.8 * grey)
    name = "ceramic" if rng.random() < 0.5 else "metal grain"
    scale = log_uniform(rng, 0.6, 30)
    field = rough(rng, size, scale) + rng.uniform(0, 0.5) * (haze(rng, size, 0.5) - 0.5)
    if rng.random() < 0.25:  # a second phase
        field = field + rng.uniform(0.5, 1.5) * (haze(rng, size, scale) > rng.uniform(0.5, 0.75))
    canvas = Canvas(tinted(rng, field, hue), name)
    if rng.random() < 0.5:
        return canvas, []
    edges = network(rng, size, log_uniform(rng, 14, 100), rng.uniform(0, 0.03))
    stencil = Stencil(size, 4)
    for edge in edges:
        stencil.line(edge, 1.0)
    colour = canvas.image * np.float32(rng.choice([0.4, 0.6, 1.4]))
    canvas.lay(stencil.cover(), np.clip(colour, 0, 1), "grain boundary", rng.uniform(0.5, 1))
    return canvas, edges


def pores(rng: np.random.Generator, canvas: Canvas) -> None:
    """Scatter dark holes."""
    stencil = Stencil(canvas.size)
    radius = log_uniform(rng, 1.5, 12)
    for x, y in scattered(rng, canvas.size, radius, log_uniform(rng, 0.003, 0.5)):
        stencil.polygon(place(blob(rng, radius * log_uniform(rng, 0.5, 2), 1.0, 0.3), x, y))
    canvas.lay(stencil.cover(), tone(rng, (0.08, 0.08, 0.08), 0.04), "pore", rng.uniform(0.7, 1))


def indent(
    rng: np.random.Generator, canvas: Canvas, at: tuple[float, float], radius: float
) -> list[Line]:
    """Press a pyramid into the ground; cracks run from its corners."""
    turn = rng.uniform(0, np.pi / 2)
    corners = turn + np.arange(4) * np.pi / 2
    rim = np.stack([np.cos(corners), np.sin(corners)], -1) * radius + at
    for k in range(4):
        face = Stencil(canvas.size)
        face.polygon(np.array([rim[k], rim[(k + 1) % 4], at]))
        shade = np.float32(rng.uniform(0.25, 0.8))
        canvas.lay(face.cover(), canvas.image * shade, "indent")
    if rng.random() < 0.3:
        return []
    reach = radius * rng.uniform(0.5, 3)
    return [
        line
        for k in range(4)
        for line in crack(rng, rim[k], corners[k], reach, log_uniform(rng, 1, 3))
    ]
