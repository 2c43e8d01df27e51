"""Parts that are mounted on circuit boards: chips, resistors, solder, cans and pin headers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_ovseg.starter.drawing import Array, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import any_colour
from napari_ovseg.starter.engineering.outlines import blob, box, ellipse, place
from napari_ovseg.starter.engineering.solid import ball, drop_shadow, slope, stamp


@dataclass(frozen=True)
class Mount:
    """What the parts of a board share: the pitch of its grid, its pads, where light comes from."""

    pitch: float
    pad: Array
    light: float

    @property
    def shadow(self) -> Array:
        """Direction in which shadows fall."""
        return -np.array([np.cos(self.light), np.sin(self.light)])


def _spot(rng: np.random.Generator, canvas: Canvas, pitch: float) -> Array:
    return np.round(rng.uniform(-0.05, 1.05, 2) * canvas.size / pitch) * pitch


def chip(rng: np.random.Generator, canvas: Canvas, mount: Mount) -> None:
    """A dark body with bright legs on two or four sides, and a dot in its corner."""
    pitch, light = mount.pitch, mount.light
    wide, tall = rng.integers(3, 12, 2) * pitch
    x, y = _spot(rng, canvas, pitch)
    leg, metal = pitch * rng.uniform(0.3, 0.6), tone(rng, (0.78, 0.78, 0.76), 0.05)
    four = rng.random() < 0.5
    legs = Stencil(canvas.size)
    for t in np.arange(-wide / 2 + pitch / 2, wide / 2, pitch):
        legs.polygon(place(box(leg, tall + 1.6 * pitch), x + t, y))
    for t in np.arange(-tall / 2 + pitch / 2, tall / 2, pitch) if four else ():
        legs.polygon(place(box(wide + 1.6 * pitch, leg), x, y + t))
    canvas.lay(legs.cover(), metal, "pin")
    body = place(box(wide, tall), x, y)
    drop_shadow(canvas, body, mount.shadow * 0.25 * pitch, 0.5)
    black = tone(rng, (0.12, 0.12, 0.13), 0.04)
    stamp(canvas, body, slope(black, wide, light, rng.uniform(0, 0.8)), "chip")
    top_face = place(box(wide - 0.3 * pitch, tall - 0.3 * pitch), x, y)
    stamp(canvas, top_face, slope(black * 1.25, wide, light, rng.uniform(-0.5, 0.5)), "chip")
    dot = place(
        ellipse(0.2 * pitch, 0.2 * pitch, 16), x - wide / 2 + pitch / 2, y - tall / 2 + pitch / 2
    )
    stamp(canvas, dot, black * 2.5, "chip")


def resistor(rng: np.random.Generator, canvas: Canvas, mount: Mount) -> None:
    """A small block between two soldered ends."""
    pitch, light = mount.pitch, mount.light
    long = pitch * rng.uniform(0.9, 2.2)
    x, y = _spot(rng, canvas, pitch)
    turn = np.pi / 2 * rng.integers(2)
    tall = long * rng.uniform(0.45, 0.65)
    silver = tone(rng, (0.8, 0.8, 0.8), 0.05)
    for side in (-1, 1):
        end = place(box(0.45 * long, tall * 1.15), x + side * 0.5 * long * np.cos(turn),
                    y + side * 0.5 * long * np.sin(turn), turn)  # fmt: skip
        stamp(canvas, end, slope(silver, long, light, 0.8), "solder joint")
    bodies = [(0.1, 0.1, 0.1), (0.6, 0.48, 0.33), (0.75, 0.72, 0.65), (0.3, 0.3, 0.42)]
    body = tone(rng, bodies[rng.integers(4)], 0.05)
    stamp(
        canvas, place(box(0.75 * long, tall), x, y, turn), slope(body, long, light, 0.4), "resistor"
    )


def solder(rng: np.random.Generator, canvas: Canvas, mount: Mount) -> None:
    """A row of shiny joints."""
    pitch, light = mount.pitch, mount.light
    x, y = _spot(rng, canvas, pitch)
    radius = pitch * rng.uniform(0.35, 0.6)
    silver = tone(rng, (0.62, 0.62, 0.62), 0.05)
    for k in range(rng.integers(1, 9)):
        shape = blob(rng, radius, 1, 0.08)
        stamp(
            canvas,
            place(ellipse(1.3 * radius, 1.3 * radius), x + 1.5 * pitch * k, y),
            mount.pad,
            "pad",
        )
        middle = place(shape, x + 1.5 * pitch * k, y)
        stamp(canvas, middle, ball(silver, radius, light, 0.7), "solder joint")


def can(rng: np.random.Generator, canvas: Canvas, mount: Mount) -> None:
    """A round capacitor from above."""
    pitch, light = mount.pitch, mount.light
    radius = pitch * rng.uniform(1.2, 4)
    x, y = _spot(rng, canvas, pitch)
    rim = place(ellipse(radius, radius, 40), x, y)
    drop_shadow(canvas, rim, mount.shadow * 0.3 * radius, 0.5)
    stamp(canvas, rim, slope(any_colour(rng), radius, light, 0.3), "capacitor")
    metal = tone(rng, (0.75, 0.75, 0.75), 0.04)
    lid = place(ellipse(0.85 * radius, 0.85 * radius, 40), x, y)
    stamp(canvas, lid, slope(metal, radius, light, 0.3), "capacitor")
    stamp(canvas, place(box(1.4 * radius, 0.1 * radius), x, y), metal * 0.6, "capacitor")


def header(rng: np.random.Generator, canvas: Canvas, mount: Mount) -> None:
    """A plastic housing with rows of pins."""
    pitch, light = mount.pitch, mount.light
    count, rows = int(rng.integers(3, 14)), int(rng.integers(1, 3))
    step = pitch * rng.uniform(1, 2)
    x, y = _spot(rng, canvas, pitch)
    plastic = any_colour(rng) if rng.random() < 0.5 else tone(rng, (0.1, 0.1, 0.1), 0.04)
    body = place(box((count + 0.4) * step, (rows + 0.4) * step), x, y)
    drop_shadow(canvas, body, mount.shadow * 0.4 * pitch, 0.5)
    stamp(canvas, body, slope(plastic, count * step, light, 0.3), "connector")
    gold = tone(rng, (0.8, 0.68, 0.35) if rng.random() < 0.6 else (0.8, 0.8, 0.8), 0.05)
    for i in range(count):
        for j in range(rows):
            middle = (x + (i - (count - 1) / 2) * step, y + (j - (rows - 1) / 2) * step)
            recess = place(box(0.7 * step, 0.7 * step), *middle)
            stamp(canvas, recess, plastic * 0.5, "connector")
            stamp(canvas, place(box(0.35 * step, 0.35 * step), *middle), gold, "pin")


PARTS = (chip, resistor, solder, can, header)
USUAL = (0.8, 6.0, 3.0, 0.5, 0.4)
"""How many of each `PARTS` a picture holds on average."""
