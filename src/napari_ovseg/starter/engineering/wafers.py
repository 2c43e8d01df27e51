"""Silicon wafers, connectors and wires."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import log_uniform, tone
from napari_ovseg.starter.engineering.boards import dust
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.components import Mount, header
from napari_ovseg.starter.engineering.grain import any_colour, haze, uneven_light
from napari_ovseg.starter.engineering.metal_faults import scratches
from napari_ovseg.starter.engineering.outlines import box, place
from napari_ovseg.starter.engineering.solid import stamp, tube
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "wafer": ("wafer", "silicon wafer", "silicon", "semiconductor", "background"),
    "die": ("die", "dies", "chip on a wafer", "integrated circuit", "square on a wafer"),
    "particle": ("particle", "particles", "dust", "contamination", "debris", "bright speck"),
    "connector": ("connector", "plug", "socket", "plastic housing", "pin header"),
    "pin": ("pin", "pins", "connector pin", "contact", "metal leg", "lead"),
    "dark background": ("dark background", "background", "black background", "empty background"),
    "light background": ("light background", "background", "white background", "plain background"),
}


@look("engineering", "wafer with dies")
def wafer(rng: np.random.Generator, size: int) -> Drawing:
    """A silicon wafer, whole or close, its dies in iridescent colours, with particles."""
    silicon = tone(rng, (0.45, 0.45, 0.5), 0.08) * np.float32(rng.uniform(0.6, 1.5))
    canvas = Canvas(np.broadcast_to(silicon, (size, size, 3)), "wafer")
    wide, tall = log_uniform(rng, 9, 70), rng.uniform(0.7, 1.4)
    gap = max(1.0, wide * rng.uniform(0.03, 0.15))
    colour = any_colour(rng)
    dies, inner = Stencil(size), Stencil(size)
    floor_plan = [(rng.uniform(-0.35, 0.35, 2), rng.uniform(0.1, 0.5, 2)) for _ in range(5)]
    if rng.random() < 0.93:
        for x in np.arange(-wide * rng.uniform(0, 1), size + wide, wide):
            for y in np.arange(0, size + wide * tall, wide * tall):
                dies.polygon(place(box(wide - gap, wide * tall - gap), x, y))
                for shift, share in floor_plan:
                    if wide > 16:
                        block = box(*(share * wide * 0.55))
                        inner.polygon(place(block, *(shift * 0.6 * wide + (x, y))))
    sheen = haze(rng, size, size / 3)[..., None]
    hue = np.clip(
        colour + rng.choice([0.03, 0.1, 0.35]) * np.sin(6.3 * (sheen + np.array([0, 0.33, 0.67]))),
        0,
        1,
    )
    canvas.lay(dies.cover(), hue, "die")
    canvas.lay(inner.cover(), np.clip(hue * rng.uniform(0.5, 1.5), 0, 1), "die")
    if rng.random() < 0.4:
        dust(rng, canvas)
    if rng.random() < 0.25:
        scratches(rng, canvas)
    if rng.random() < 0.35:  # its rim
        rows, cols = np.indices((size, size), dtype=np.float32)
        radius = size * rng.uniform(0.4, 1.5)
        y, x = (
            size / 2
            + rng.normal(0, 0.2, 2) * size
            + (radius - 0.45 * size) * rng.choice([-1, 0, 1], 2)
        )
        outside = np.clip(np.hypot(rows - y, cols - x) - radius, 0, 1)
        dark = tone(rng, (0.08, 0.08, 0.08), 0.05)
        canvas.lay(outside, dark, "dark background")
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


@look("engineering", "connectors and wires")
def connectors(rng: np.random.Generator, size: int) -> Drawing:
    """Plugs and ribbons of coloured wires on a table."""
    ground = rng.uniform(0.1, 0.95) * (0.9 + 0.2 * haze(rng, size, 20))
    shade = np.repeat(ground[..., None], 3, 2)
    canvas = Canvas(shade, "dark background" if ground.mean() < 0.45 else "light background")
    pitch = log_uniform(rng, 4, 22)
    mount = Mount(pitch, tone(rng, (0.7, 0.7, 0.7)), rng.uniform(0, 2 * np.pi))
    for _ in range(rng.choice([0, 1, 2, 3])):
        axis, count = rng.uniform(0, np.pi), int(rng.integers(1, 12))
        x, y = rng.uniform(0, size, 2)
        for k in range(count):
            step = pitch * np.array([-np.sin(axis), np.cos(axis)]) * (k - count / 2)
            wire = place(box(3 * size, pitch * 0.9), x + step[0], y + step[1], axis)
            stamp(canvas, wire, tube(any_colour(rng), pitch / 2, axis, 0.3), "cable")
    for _ in range(rng.choice([0, 1, 2, 4])):
        header(rng, canvas, mount)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))
