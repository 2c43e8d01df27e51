"""Circuit boards: with their parts, or bare copper patterns with faults."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.components import PARTS, USUAL, Mount
from napari_ovseg.starter.engineering.grain import any_colour, haze, relief, soften, uneven_light
from napari_ovseg.starter.engineering.metal_faults import scratches
from napari_ovseg.starter.engineering.outlines import blob, box, ellipse, place, scattered
from napari_ovseg.starter.engineering.solid import stamp
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "circuit board": (
        "circuit board",
        "printed circuit board",
        "green board",
        "solder mask",
        "board",
        "background",
    ),
    "copper track": ("copper track", "copper", "track", "trace", "conductor", "circuit line"),
    "pad": ("pad", "pads", "copper pad", "contact pad", "gold pad"),
    "solder joint": ("solder joint", "solder joints", "solder", "solder ball", "shiny metal blob"),
    "via": ("via", "vias", "drill hole in a circuit board", "plated hole", "hole"),
    "chip": ("chip", "chips", "integrated circuit", "black component", "microchip", "ic"),
    "resistor": ("resistor", "resistors", "small component", "capacitor", "smd component"),
    "capacitor": ("capacitor", "electrolytic capacitor", "round component", "metal can"),
    "missing hole": ("missing hole", "pad without a hole", "undrilled pad", "closed hole"),
    "short": ("short", "short circuit", "solder bridge", "bridge between tracks", "extra copper"),
    "open circuit": ("open circuit", "broken track", "gap in a track", "cut track", "mouse bite"),
}


def _board_colours(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Ground, covered copper, and bare pads of one board."""
    grounds = [(0.06, 0.32, 0.16), (0.05, 0.18, 0.4), (0.07, 0.07, 0.08), (0.45, 0.08, 0.08)]
    grounds += [(0.8, 0.8, 0.78), (0.55, 0.45, 0.25), (0.1, 0.42, 0.25)]
    ground = tone(rng, grounds[rng.choice(7, p=[0.35, 0.15, 0.1, 0.08, 0.07, 0.1, 0.15])], 0.04)
    factor = rng.uniform(1.2, 2.2) if ground.mean() < 0.5 else rng.uniform(0.5, 0.85)
    track = ground * np.float32(factor) + 0.03
    if rng.random() < 0.25:  # bare copper
        track = tone(rng, (0.72, 0.45, 0.25), 0.06)
    pads = [(0.8, 0.65, 0.3), (0.78, 0.78, 0.76), (0.75, 0.48, 0.28)]
    return ground, np.clip(track, 0, 1), tone(rng, pads[rng.integers(3)], 0.05)


def _route(rng: np.random.Generator, size: int, pitch: float) -> Array:
    """A track on a grid with right or half-right angles."""
    point = rng.integers(-2, int(size / pitch) + 3, 2) * pitch
    turns = [point]
    heading = int(rng.integers(8))
    for _ in range(rng.integers(2, 6)):
        angle = heading * np.pi / 4
        step = np.round(np.array([np.cos(angle), np.sin(angle)]) * 1.2) * rng.integers(1, 9) * pitch
        turns.append(turns[-1] + step)
        heading += int(rng.choice([-1, 1, -2, 2]))
    return np.array(turns, float)


def tracks(rng: np.random.Generator, size: int, pitch: float, share: float) -> list[Array]:
    """Routes, single or in buses of parallel ones."""
    routes = []
    for _ in range(int(share * 1.2 * size / pitch)):
        route = _route(rng, size, pitch)
        shift = rng.choice([(1, 0), (0, 1), (1, 1)]) * pitch
        routes += [route + k * shift for k in range(rng.choice([1, 1, 2, 4, 8]))]
    return routes[:160]


def _printed(rng: np.random.Generator, size: int, pitch: float) -> tuple[Canvas, Array, Array]:
    """A board with its tracks, pads and vias; also the middles of the vias, and the pad colour."""
    ground, copper, pad = _board_colours(rng)
    weave = 1 + rng.uniform(0, 0.15) * (haze(rng, size, log_uniform(rng, 0.6, 3)) - 0.5)
    canvas = Canvas(ground * weave[..., None], "circuit board")
    width = max(1.0, pitch * rng.uniform(0.2, 0.6))
    stencil, ends = Stencil(size), []
    for route in tracks(rng, size, pitch, rng.choice([0.0, 0.3, 0.6, 1.2])):
        stencil.line(route, width)
        ends += [route[0], route[-1]]
    if rng.random() < 0.3:  # poured copper around all
        pour = Stencil(size)
        for x, y in rng.uniform(0, size, (3, 2)):
            pour.polygon(place(box(*(rng.uniform(0.1, 0.7, 2) * size)), x, y))
        canvas.lay(pour.cover(), copper, "copper track")
    cover = stencil.cover()
    edge = relief(soften(cover, 0.8), 0.8) * rng.uniform(0, 0.15)
    canvas.lay(cover, np.clip(copper + edge[..., None], 0, 1), "copper track")
    middles = np.array(ends)[: rng.choice([0, 40, 160])] if ends else np.zeros((0, 2))
    radius = max(1.5, width * rng.uniform(0.7, 1.3))
    rings, holes = Stencil(size), Stencil(size)
    for x, y in middles:
        rings.disc(x, y, radius)
        if rng.random() < 0.9:
            holes.disc(x, y, radius * 0.5)
    canvas.lay(rings.cover(), pad, "pad")
    bore = tone(rng, (0.05, 0.05, 0.05), 0.03) if rng.random() < 0.7 else ground * 2
    canvas.lay(holes.cover(), np.clip(bore, 0, 1), "via")
    return canvas, middles, pad


@look("engineering", "circuit board with parts")
def populated_board(rng: np.random.Generator, size: int) -> Drawing:
    """A board from above: tracks, pads, chips with legs, small parts, cans and solder."""
    pitch = log_uniform(rng, 4, 26)
    canvas, _, pad = _printed(rng, size, pitch)
    mount = Mount(pitch, pad, rng.uniform(0, 2 * np.pi))
    amounts = rng.poisson(USUAL) * rng.choice([0, 1, 1, 2, 3], len(PARTS))
    for i in rng.permutation(len(PARTS)):
        for _ in range(min(int(amounts[i]), 25)):
            PARTS[i](rng, canvas, mount)
    if rng.random() < 0.15:
        scratches(rng, canvas)
    if rng.random() < 0.2:
        dust(rng, canvas)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def dust(rng: np.random.Generator, canvas: Canvas) -> None:
    """Sprinkle specks and crumbs."""
    radius, colour = log_uniform(rng, 1.2, 6), any_colour(rng)
    for x, y in scattered(rng, canvas.size, radius, log_uniform(rng, 0.001, 0.03))[:80]:
        shape = blob(rng, radius * log_uniform(rng, 0.5, 2), rng.uniform(1, 2.5), 0.4)
        stamp(canvas, place(shape, x, y), colour, "particle", 0.9)


@look("engineering", "bare circuit with faults")
def bare_circuit(rng: np.random.Generator, size: int) -> Drawing:
    """Tracks and drilled pads alone, as inspected: undrilled pads, bridges, cuts, stray copper."""
    pitch = log_uniform(rng, 6, 40)
    canvas, vias, pad = _printed(rng, size, pitch)
    copper = canvas.where("copper track")
    if rng.random() < 0.4 and copper.any():  # a film: two tones only
        ink, bare = rng.permutation([rng.uniform(0, 0.25), rng.uniform(0.75, 1)])
        metal = canvas.where("copper track", "pad")
        canvas.image[:] = np.where(metal, ink, bare)[..., None]
        pad = np.full(3, ink, np.float32)
    for x, y in vias[: rng.integers(0, 12)]:
        stamp(canvas, place(ellipse(0.45 * pitch, 0.45 * pitch), x, y), pad, "missing hole")
    spots = np.argwhere(copper)
    for y, x in spots[rng.integers(len(spots), size=rng.integers(0, 12))] if len(spots) else ():
        if rng.random() < 0.5:
            colour = canvas.image[y, x].copy()
            bridge = place(box(rng.uniform(1, 2.5) * pitch, pitch * rng.uniform(0.15, 0.4)), x, y,
                           np.pi / 2 * rng.integers(2))  # fmt: skip
            _on(canvas, bridge, colour, ("circuit board",), "short")
        else:
            ground = canvas.image[canvas.where("circuit board")]
            colour = np.median(ground[:500], 0) if len(ground) else np.zeros(3, np.float32)
            _on(canvas, place(blob(rng, pitch * rng.uniform(0.15, 0.5)), x, y), colour,
                ("copper track",), "open circuit")  # fmt: skip
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _on(canvas: Canvas, outline: Array, colour: Array, below: tuple[str, ...], name: str) -> None:
    """Fill an outline only where one of `below` lies."""
    stencil = Stencil(canvas.size)
    stencil.polygon(outline)
    canvas.lay(stencil.cover() * canvas.where(*below), colour, name)
