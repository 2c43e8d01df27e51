"""Welds in the light and in X-rays."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Canvas
from napari_ovseg.starter.engineering.cracks import cut
from napari_ovseg.starter.engineering.grain import (
    haze,
    rough,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.metal import plain_metal
from napari_ovseg.starter.engineering.outlines import (
    blob,
    crack,
    ellipse,
    place,
    scattered,
)
from napari_ovseg.starter.engineering.solid import ball, stamp
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "weld": ("weld", "weld bead", "weld seam", "welded joint", "welding seam", "bead with ripples"),
    "heat tint": ("heat tint", "heat-affected zone", "burnt metal", "blue and brown band"),
    "spatter": ("spatter", "weld spatter", "metal droplets", "small metal balls"),
}


@look("engineering", "weld on metal")
def weld(rng: np.random.Generator, size: int) -> Drawing:
    """A bead across a plate, in the light or as a radiograph."""
    if rng.random() < 0.2:
        return _radiograph(rng, size)
    canvas, fresh = plain_metal(rng, size)
    light = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
        _bead(rng, canvas, fresh, light)
    if rng.random() < 0.5:
        radius = log_uniform(rng, 1.5, 5)
        for x, y in scattered(rng, size, radius, log_uniform(rng, 0.001, 0.03))[:60]:
            r = radius * log_uniform(rng, 0.5, 1.5)
            stamp(canvas, place(ellipse(r, r, 12), x, y), ball(fresh, r, light), "spatter")
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _bead(rng: np.random.Generator, canvas: Canvas, fresh: Array, light: float) -> None:
    """Lay one bead: ripples like stacked coins, a tinted zone beside it, pores, a crack."""
    size, width = canvas.size, log_uniform(rng, 8, canvas.size / 2.5)
    rows, cols = np.indices((size, size), dtype=np.float32)
    middle = size * rng.uniform(0.1, 0.9) + rng.normal(0, 0.1) * (cols - size / 2)
    middle = middle + width * rng.uniform(0, 0.6) * (haze(rng, size, (size, width)) - 0.5)
    off = (rows - middle) / (width / 2)
    off = off + rng.uniform(0, 0.5) * (haze(rng, size, width / 5) - 0.5)
    if rng.random() < 0.5:
        for reach, rgb in ((2.4, (0.45, 0.38, 0.28)), (1.8, (0.3, 0.32, 0.42))):
            zone = np.clip((reach * rng.uniform(0.7, 1.2) - np.abs(off)) * width / 8, 0, 1)
            tinted_steel = canvas.image * tone(rng, rgb) * 2
            canvas.lay(zone, tinted_steel, "heat tint", rng.uniform(0.5, 0.9))
    pitch = width * rng.uniform(0.08, 0.5)
    phase = (cols + pitch * rng.uniform(1, 4) * off**2 + 2 * haze(rng, size, 8)) / pitch
    ripple = (phase % 1) if rng.random() < 0.5 else 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    dome = np.sqrt(np.clip(1 - off**2, 0, 1))
    field = 0.35 * dome + rng.uniform(0.1, 0.4) * ripple - 0.3 * off * np.sin(light) * dome
    field = field + 0.3 * (rough(rng, size, 4) - 0.5) + 0.2
    cover = np.clip((1 - np.abs(off)) * width / 2 + 0.5, 0, 1)
    shade = np.clip((1.15 - np.abs(off)) * width / 4, 0, 1)
    canvas.lay(shade, canvas.image * np.float32(0.5), opacity=rng.uniform(0, 0.8))
    canvas.lay(cover, paint(np.clip(field, 0, 1), fresh * 0.25, np.minimum(fresh * 1.5, 1)), "weld")
    _weld_faults(rng, canvas, width)


def _weld_faults(rng: np.random.Generator, canvas: Canvas, width: float) -> None:
    """Pores in the bead, and a crack along or across it."""
    spots = np.argwhere(canvas.where("weld"))
    if len(spots) == 0:
        return
    if rng.random() < 0.35:
        for y, x in spots[rng.integers(len(spots), size=rng.integers(1, 25))]:
            shape = place(blob(rng, width * log_uniform(rng, 0.02, 0.09) + 0.8), x, y)
            stamp(canvas, shape, tone(rng, (0.06, 0.06, 0.06), 0.03), "pore")
    if rng.random() < 0.25:
        y, x = spots[rng.integers(len(spots))]
        heading = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.1)
        length = width * rng.uniform(0.5, 3)
        lines = crack(rng, np.array([x, y]), heading, length, log_uniform(rng, 1, 4))
        cut(rng, canvas, lines, tone(rng, (0.06, 0.05, 0.05), 0.03))


def _radiograph(rng: np.random.Generator, size: int) -> Drawing:
    """A weld in X-rays: a smooth band with dark round pores and thin dark lines."""
    rows, cols = np.indices((size, size), dtype=np.float32)
    width = size * rng.uniform(0.1, 0.6)
    off = (rows - size * rng.uniform(0.2, 0.8) + 6 * haze(rng, size, 30)) / (width / 2)
    ground = tinted(rng, 0.5 + 0.4 * (haze(rng, size, size / 4) - 0.5), (0.35, 0.35, 0.35))
    canvas = Canvas(ground, "steel")
    ripple = 0.04 * np.sin((cols + 0.3 * width * off**2) * (2 * np.pi / (0.2 * width)))
    lift = rng.uniform(0.12, 0.4) * np.sqrt(np.clip(1 - off**2, 0, 1)) + ripple
    edge = np.clip((1 - np.abs(off)) * width / 6, 0, 1)
    canvas.lay(edge, np.clip(ground + lift[..., None], 0, 1), "weld")
    _weld_faults(rng, canvas, width / 2)
    return canvas.finish(int(rng.integers(4)))
