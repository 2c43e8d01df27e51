"""Made things of metal: bolts, nuts, rivets, holes, gears, cables and pipes."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    relief,
    soften,
    uneven_light,
)
from napari_ovseg.starter.engineering.grounds import concrete, plaster
from napari_ovseg.starter.engineering.metal import plain_metal, steel
from napari_ovseg.starter.engineering.outlines import (
    box,
    ellipse,
    place,
    scattered,
    walk,
)
from napari_ovseg.starter.engineering.solid import ball, drop_shadow, slope, stamp, tube
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "bolt": ("bolt", "bolts", "hexagonal bolt", "bolt head", "screw", "fastener"),
    "nut": ("nut", "nuts", "hexagonal nut", "hex nut", "threaded nut"),
    "washer": ("washer", "washers", "metal ring", "flat ring"),
    "rivet": ("rivet", "rivets", "round rivet head", "dome-shaped head"),
    "hole": ("hole", "holes", "drilled hole", "round dark hole", "opening", "bore"),
    "gear": ("gear", "gears", "gear wheel", "cogwheel", "toothed wheel", "sprocket"),
    "cable": ("cable", "cables", "wire", "wires", "rope", "cord"),
    "pipe": ("pipe", "pipes", "tube", "metal pipe", "pipeline"),
}


@look("engineering", "bolts and holes in a plate")
def fasteners(rng: np.random.Generator, size: int) -> Drawing:
    """A plate with bolts, nuts, rivets and holes, in rows or anywhere."""
    canvas, fresh = plain_metal(rng, size)
    light, radius = rng.uniform(0, 2 * np.pi), log_uniform(rng, 5, size / 4)
    kinds = rng.choice(["hole", "hole", "rivet", "bolt", "bolt", "nut"], rng.integers(1, 4))
    if rng.random() < 0.45:  # in rows
        pitch = radius * rng.uniform(2.3, 7)
        ticks = np.arange(-pitch * rng.uniform(0, 1), size + radius, pitch)
        middles = np.stack(np.meshgrid(ticks, ticks + rng.uniform(0, pitch)), -1).reshape(-1, 2)
        middles = middles[rng.random(len(middles)) < rng.uniform(0.3, 1)]
    else:
        middles = scattered(rng, size, radius, log_uniform(rng, 0.04, 0.6))
    if rng.random() < 0.08:
        middles = middles[:0]
    colour = fresh if rng.random() < 0.7 else any_colour(rng)
    taken: list[Array] = []
    for middle in middles[:90]:
        if any(np.hypot(*(middle - t)) < 2.1 * radius for t in taken):
            continue
        taken.append(middle)
        _fastener(rng, canvas, middle, radius * rng.uniform(0.9, 1.05), (kinds, colour, light))
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()


def _fastener(
    rng: np.random.Generator,
    canvas: Canvas,
    middle: Array,
    radius: float,
    style: tuple[Array, Array, float],
) -> None:
    """Put one of the kinds at its place: with a shadow, a washer, facets, a slot or a bore."""
    kinds, metal, light = style
    kind, (x, y) = str(rng.choice(kinds)), middle
    away = np.array([np.cos(light), np.sin(light)]) * -0.25 * radius
    disc = place(ellipse(radius, radius, 40), x, y)
    dark = tone(rng, (0.05, 0.05, 0.05), 0.03)
    if kind == "hole":
        stamp(canvas, place(ellipse(1.1 * radius, 1.1 * radius, 40), x, y),
              slope(metal, radius, light, -0.5), opacity=0.6)  # fmt: skip
        stamp(canvas, disc, slope(dark, radius, light, -0.6), "hole")
        return
    drop_shadow(canvas, disc, away, 0.5)
    if kind == "rivet":
        stamp(canvas, disc, ball(metal, radius, light, rng.uniform(0.1, 0.6)), "rivet")
        return
    if rng.random() < 0.4:
        stamp(canvas, disc, slope(metal * np.float32(0.9), radius, light, 0.25), "washer")
        radius *= 0.72
    turn = rng.uniform(0, np.pi)
    round_head = kind == "bolt" and rng.random() < 0.35
    head = place(ellipse(radius, radius, 40 if round_head else 6), x, y, turn)
    stamp(canvas, head, slope(metal, radius, light, 0.35), kind)
    inner = place(ellipse(0.78 * radius, 0.78 * radius, 30), x, y)
    stamp(canvas, inner, slope(metal * np.float32(1.15), radius, light, -0.2), kind)
    if kind == "nut":
        bore = place(ellipse(0.5 * radius, 0.5 * radius, 30), x, y)
        stamp(canvas, bore, slope(dark * 2, radius, light, -0.6), "hole")
    elif round_head:
        for arm in range(rng.integers(1, 3)):
            slot = place(box(1.2 * radius, 0.25 * radius), x, y, turn + arm * np.pi / 2)
            stamp(canvas, slot, dark, kind)


@look("engineering", "gears, cables and pipes")
def machinery(rng: np.random.Generator, size: int) -> Drawing:
    """Wheels with teeth, bundles of cables and pipes before a wall, a floor or metal."""
    canvas = (steel, concrete, plaster)[rng.integers(3)](rng, size)
    canvas.image *= np.float32(rng.uniform(0.3, 1))
    light = rng.uniform(0, 2 * np.pi)
    makers = (_gear, _cable, _pipe)
    chosen = rng.choice(3, rng.integers(1, 3), replace=False)
    for i in chosen:
        for _ in range(rng.choice([0, 1, 2, 4, 9])):
            makers[i](rng, canvas, light)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _gear(rng: np.random.Generator, canvas: Canvas, light: float) -> None:
    radius = log_uniform(rng, 10, canvas.size / 2.5)
    teeth = int(rng.integers(8, 36))
    angle = np.linspace(0, 2 * np.pi, teeth * 4, endpoint=False)
    r = radius * np.where(np.arange(teeth * 4) % 4 < 2, 1.0, 1 - rng.uniform(0.08, 0.2))
    x, y = rng.uniform(0, canvas.size, 2)
    rim = place(np.stack([r * np.cos(angle), r * np.sin(angle)], -1), x, y, rng.uniform(0, 1))
    metal = tone(rng, (0.55, 0.54, 0.5), 0.05) * np.float32(rng.uniform(0.4, 1.5))
    drop_shadow(canvas, rim, np.array([np.cos(light), np.sin(light)]) * -0.1 * radius, 0.5)
    stamp(canvas, rim, slope(metal, radius, light, rng.uniform(0.1, 0.5)), "gear")
    rim_inside = radius * rng.uniform(0.6, 0.8)
    web = place(ellipse(rim_inside, rim_inside, 40), x, y)
    stamp(canvas, web, slope(metal * np.float32(0.8), radius, light, -0.3), "gear")
    dark = tone(rng, (0.06, 0.06, 0.06), 0.03)
    holes = int(rng.choice([0, 0, 3, 4, 5, 6]))
    for k in range(holes):
        turn = 2 * np.pi * k / holes
        hole = place(ellipse(0.11 * radius, 0.11 * radius), x, y)
        stamp(canvas, hole + 0.42 * radius * np.array([np.cos(turn), np.sin(turn)]), dark, "hole")
    bore = radius * rng.uniform(0.12, 0.25)
    stamp(canvas, place(ellipse(bore, bore), x, y), dark, "hole")


def _cable(rng: np.random.Generator, canvas: Canvas, light: float) -> None:
    """A smooth or twisted cable that bends on its way."""
    size, width = canvas.size, log_uniform(rng, 2, 30)
    heading = rng.uniform(0, 2 * np.pi)
    start = rng.uniform(0, size, 2) - size * np.array([np.cos(heading), np.sin(heading)])
    path = walk(rng, start, heading, 2.5 * size, rng.uniform(0.02, 0.15))
    stencil = Stencil(size)
    stencil.line(path, width)
    cover = stencil.cover()
    shadow = np.roll(
        cover, (int(-width / 5 * np.sin(light)), int(-width / 5 * np.cos(light))), (0, 1)
    )
    canvas.lay(soften(shadow, 1), np.zeros(3, np.float32), opacity=0.5)
    round_side = relief(soften(cover, width / 4), light)
    tones = np.clip(0.55 - 0.45 * round_side, 0, 1)
    if rng.random() < 0.35 and width > 4:  # strands around it
        rows, cols = np.indices((size, size), dtype=np.float32)
        lay = (rows * np.cos(heading + 0.9) - cols * np.sin(heading + 0.9)) / (width * 0.35)
        tones = tones * (0.55 + 0.45 * np.abs(np.sin(np.pi * lay)))
    rgb = any_colour(rng)
    canvas.lay(cover, paint(tones, rgb * 0.2, np.clip(rgb * 1.3 + 0.05, 0, 1)), "cable")


def _pipe(rng: np.random.Generator, canvas: Canvas, light: float) -> None:
    """A straight pipe with a collar."""
    size, width = canvas.size, log_uniform(rng, 6, canvas.size / 3)
    axis = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
    rgb = any_colour(rng) if rng.random() < 0.5 else tone(rng, (0.6, 0.6, 0.6), 0.04)
    x, y = rng.uniform(0, size, 2)
    body = place(box(4 * size, width), x, y, axis)
    drop_shadow(canvas, body, np.array([np.cos(light), np.sin(light)]) * -0.15 * width, 0.4)
    stamp(canvas, body, tube(rgb, width / 2, axis, np.sin(light - axis)), "pipe")
    if rng.random() < 0.5:
        collar = place(box(0.5 * width, 1.25 * width), x, y, axis)
        stamp(canvas, collar, tube(rgb * 0.9, 0.63 * width, axis, np.sin(light - axis)), "pipe")
