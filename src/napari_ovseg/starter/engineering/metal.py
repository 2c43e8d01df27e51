"""Metal surfaces: brushed, rolled, cast, turned, painted, with their faults."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    haze,
    relief,
    rough,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.metal_faults import FAULTS, rust, scratches
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "steel": (
        "steel",
        "metal",
        "metal surface",
        "steel plate",
        "sheet metal",
        "brushed metal",
        "steel surface",
        "background",
    ),
    "painted metal": ("painted metal", "painted steel", "paint", "coated metal", "background"),
}


def steel(rng: np.random.Generator, size: int) -> Canvas:
    """Brushed, rolled, cast, turned, spangled or painted metal."""
    kind = rng.integers(6)
    streak = haze(rng, size, (rng.uniform(0.4, 1.2), size * rng.uniform(0.05, 0.6)))
    glare = haze(rng, size, (size / 3, size / 6))
    grey = (0.6, 0.61, 0.63)
    if kind == 0:  # brushed
        field = streak + rng.uniform(0.3, 1) * (glare - 0.5)
    elif kind == 1:  # rolled
        field = (
            0.5 + 0.3 * (streak - 0.5) + 0.5 * (glare - 0.5) + 0.3 * (haze(rng, size, 0.7) - 0.5)
        )
    elif kind == 2:  # cast or blasted
        field = 0.5 + 0.4 * relief(haze(rng, size, log_uniform(rng, 0.7, 4)), rng.uniform(0, 6))
    elif kind == 3:  # turned on a lathe
        rows, cols = np.indices((size, size), dtype=np.float32)
        y, x = rng.uniform(-1, 2, 2) * size
        ring = np.hypot(rows - y, cols - x).astype(int)
        field = rng.normal(0.5, 0.2, ring.max() + 1).astype(np.float32)[ring]
        field = np.clip(0.5 * field + 0.5 * glare, 0, 1)
    elif kind == 4:  # flat, as in the light of a scanner
        field = 0.5 + 0.3 * (rough(rng, size, log_uniform(rng, 2, 40)) - 0.5)
    else:
        texture = haze(rng, size, log_uniform(rng, 1, 5))
        field = 0.5 + 0.5 * (glare - 0.5) + rng.uniform(0, 0.25) * relief(texture, 1.0)
        return Canvas(tinted(rng, field, tuple(any_colour(rng))), "painted metal")
    return Canvas(tinted(rng, field, grey), "steel")


@look("engineering", "metal surface with defects")
def metal_surface(rng: np.random.Generator, size: int) -> Drawing:
    """A sheet of metal with none, one or several kinds of faults."""
    canvas = steel(rng, size)
    some = min(len(FAULTS), int(rng.choice([0, 1, 1, 1, 2, 3])))
    odds = np.array([4, 3, 2, 1.5, 1.5, 1.5, 1, 1.5, 1.5, 1])
    for i in rng.choice(len(FAULTS), some, replace=False, p=odds / odds.sum()):
        FAULTS[i](rng, canvas)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def plain_metal(rng: np.random.Generator, size: int) -> tuple[Canvas, Array]:
    """A sheet to mount things on, sometimes rusty, and a colour for fresh metal."""
    canvas = steel(rng, size)
    if rng.random() < 0.3:
        rust(rng, canvas)
    if rng.random() < 0.2:
        scratches(rng, canvas)
    return canvas, tone(rng, (0.62, 0.62, 0.62), 0.03) * np.float32(rng.uniform(0.5, 1.3))
