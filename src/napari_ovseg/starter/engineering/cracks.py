"""Cracks in walls, roads and floors."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import (
    bend,
    haze,
    relief,
    rough,
    soften,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.grounds import GROUNDS, pebbles, spattered
from napari_ovseg.starter.engineering.outlines import (
    Line,
    across,
    anywhere,
    blob,
    box,
    crack,
    network,
    place,
    swelling,
    walk,
)
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "crack": (
        "crack",
        "cracks",
        "thin dark crack",
        "vertical crack",
        "fracture line",
        "hairline crack",
        "fracture",
        "branching crack",
        "thin dark line",
        "fissure",
    ),
    "stain": ("stain", "stains", "dirt", "dark stain", "discoloration", "wet spot"),
    "lane marking": ("lane marking", "road marking", "white line", "lane paint", "painted stripe"),
    "road patch": ("road patch", "repair", "repaired area", "asphalt patch", "sealed crack", "tar"),
    "pothole": ("pothole", "hole in the road", "broken surface", "spalling", "chipped concrete"),
    "shadow": ("shadow", "shadows", "cast shadow", "dark shade"),
}


def crack_lines(rng: np.random.Generator, size: int) -> list[Line]:
    """No crack, a few with branches, or a net of them."""
    kind, width = rng.random(), log_uniform(rng, 1, 12)
    if kind < 0.15:
        return []
    if kind < 0.27:
        width = min(width, 5.0)
        paths = network(rng, size, log_uniform(rng, 18, 110), rng.uniform(0.01, 0.1))
        kept = rng.uniform(0.3, 1.0)
        return [
            (p, np.maximum(swelling(rng, len(p), width, taper=False), 1.0))
            for p in paths
            if rng.random() < kept
        ]
    lines: list[Line] = []
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
        lines += crack(rng, *across(rng, size), width * rng.uniform(0.5, 1.1))
    return lines


def cut(rng: np.random.Generator, canvas: Canvas, lines: list[Line], floor: Array) -> None:
    """Open cracks in a picture: chipped edges, a lit lip, and a dark or dusty inside."""
    if not lines:
        return
    stencil = Stencil(canvas.size, 4)
    for path, width in lines:
        stencil.line(path, width)
    widest = max(float(width.max()) for _, width in lines)
    cover = stencil.cover()
    if widest > 3:  # crumbled edges
        cover = bend(rng, cover, rng.uniform(0, 0.25) * min(widest, 8), rng.uniform(0.8, 2.5))
    if rng.random() < 0.35:  # worn edges, or water that crept out of the crack
        halo = np.clip(3 * soften(cover, log_uniform(rng, 1, 7)), 0, 1)
        rim = canvas.image * np.float32(rng.uniform(0.5, 1.4))
        canvas.lay(halo, rim, opacity=rng.uniform(0.1, 0.6))
    if rng.random() < 0.3:  # one edge stands higher and catches the light
        lip = np.roll(cover, rng.integers(-2, 3, 2), (0, 1))
        canvas.lay(lip, np.ones(3, np.float32), opacity=rng.uniform(0.05, 0.35))
    depth = rng.uniform(0.3 if 1.5 < widest < 5 else 0.55, 1.0)  # faint, but still to be seen
    along = 1 - rng.uniform(0, 0.6) * haze(rng, canvas.size, 12)  # filled here and there
    inside = floor * (0.7 + 0.6 * haze(rng, canvas.size, 1.5)[..., None])
    if floor.mean() < 0.5:  # darker than its ground, or full of dust where that is black
        dusty = canvas.image.mean() < 0.2 and rng.random() < 0.6
        inside = inside + 0.3 if dusty else np.minimum(inside, 0.4 * canvas.image)
    canvas.lay(cover, inside, "crack", depth * along)


@look("engineering", "cracked wall or road")
def cracked_ground(rng: np.random.Generator, size: int) -> Drawing:
    """A wall, road or floor with its joints, dirt and cracks."""
    canvas = GROUNDS[rng.integers(len(GROUNDS))](rng, size)
    ground = canvas.names[0]
    road = ground == "asphalt"
    for chance, dress in (
        (0.25, stains),
        (0.25 if road else 0.06, repair),
        (0.3 if road else 0.04, lane_paint),
        (0.2, joint_lines),
    ):
        if rng.random() < chance:
            dress(rng, canvas)
    before = rng.random() < 0.5
    if before:
        cut(rng, canvas, crack_lines(rng, size), tone(rng, (0.1, 0.09, 0.08), 0.05))
    if rng.random() < (0.2 if road else 0.12):
        potholes(rng, canvas)
    if not before:
        cut(rng, canvas, crack_lines(rng, size), tone(rng, (0.1, 0.09, 0.08), 0.05))
    if rng.random() < 0.15:
        pebbles(rng, canvas)
    if rng.random() < 0.15:
        shadows(rng, canvas)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def stains(rng: np.random.Generator, canvas: Canvas) -> None:
    """Darken or tint some areas, with an edge that can be seen."""
    size = canvas.size
    area = spattered(rng, size, log_uniform(rng, 0.01, 0.3), log_uniform(rng, 6, 50))
    colour = canvas.image * tone(rng, (0.6, 0.57, 0.52), 0.12)
    canvas.lay(soften(area.astype(np.float32), rng.uniform(0.5, 2)), colour, "stain")


def repair(rng: np.random.Generator, canvas: Canvas) -> None:
    """Lay a patch of another batch, or a band of tar along an old crack."""
    size = canvas.size
    stencil = Stencil(size)
    if rng.random() < 0.5:
        start, heading, length = across(rng, size)
        path = walk(rng, start, heading, length, rng.uniform(0.05, 0.3))
        stencil.line(path, swelling(rng, len(path), log_uniform(rng, 4, 16), taper=False))
        texture = haze(rng, size, 3)
    else:
        sides = rng.uniform(0.15, 0.8, 2) * size
        corner = place(box(sides[0], sides[1]), *anywhere(rng, size), rng.normal(0, 0.2))
        stencil.polygon(corner)
        texture = haze(rng, size, log_uniform(rng, 0.6, 2.5))
    shade = rng.uniform(0.12, 0.3) if rng.random() < 0.7 else rng.uniform(0.4, 0.7)
    canvas.lay(stencil.cover(), tinted(rng, texture, (shade, shade, shade)), "road patch")


def lane_paint(rng: np.random.Generator, canvas: Canvas) -> None:
    """Paint worn stripes or an edge line."""
    size = canvas.size
    stencil = Stencil(size)
    width, heading = log_uniform(rng, 5, 70), rng.uniform(0, np.pi)
    for _ in range(rng.integers(1, 3)):
        length = size * rng.choice([0.3, 3.0])
        stencil.polygon(place(box(length, width), *anywhere(rng, size), heading))
    worn = stencil.cover() * (rough(rng, size, log_uniform(rng, 1, 8)) > rng.uniform(0, 0.45))
    white = (0.86, 0.86, 0.83) if rng.random() < 0.75 else (0.85, 0.68, 0.2)
    paint = tone(rng, white, 0.06) * (0.85 + 0.2 * haze(rng, size, 1.0)[..., None])
    canvas.lay(worn, paint, "lane marking", rng.uniform(0.6, 1.0))


def joint_lines(rng: np.random.Generator, canvas: Canvas) -> None:
    """Saw straight joints, which are no cracks."""
    stencil = Stencil(canvas.size, 4)
    heading = rng.uniform(0, np.pi) if rng.random() < 0.3 else 0.5 * np.pi * rng.integers(2)
    width = log_uniform(rng, 1, 8)
    for _ in range(rng.integers(1, 4)):
        turned = heading + (np.pi / 2 if rng.random() < 0.3 else 0)
        bar = box(4 * canvas.size, width)
        stencil.polygon(place(bar, *anywhere(rng, canvas.size), turned))
    colour = canvas.image * np.float32(rng.choice([0.3, 0.55, 1.35]))
    canvas.lay(stencil.cover(), np.clip(colour, 0, 1), "joint", rng.uniform(0.5, 1))


def potholes(rng: np.random.Generator, canvas: Canvas) -> None:
    """Break pieces out: a rough, uneven floor below a sharp edge."""
    size = canvas.size
    radius = log_uniform(rng, 6, size / 4)
    stencil = Stencil(size)
    for x, y in rng.uniform(0, size, (rng.integers(1, 4), 2)):
        stencil.polygon(place(blob(rng, radius, rng.uniform(1, 2), 0.3), x, y))
    cover = stencil.cover()
    field = rough(rng, size, log_uniform(rng, 2, 12)) + relief(soften(cover, 2 + radius / 8), 0.9)
    canvas.lay(cover, tinted(rng, field, (0.36, 0.34, 0.31)), "pothole")


def shadows(rng: np.random.Generator, canvas: Canvas) -> None:
    """Let a pole, a roof or twigs cast a shadow."""
    size = canvas.size
    stencil = Stencil(size)
    for _ in range(rng.integers(1, 5)):
        start, heading, length = across(rng, size)
        start = start - 0.5 * size * np.array([np.cos(heading), np.sin(heading)])
        path = walk(rng, start, heading, length + size, rng.choice([0.0, 0.15]))
        stencil.line(path, log_uniform(rng, 4, size / 2.5))
    cover = soften(stencil.cover(), log_uniform(rng, 0.5, 4))
    canvas.lay(cover, canvas.image * np.float32(rng.uniform(0.35, 0.65)))
    canvas.lay((cover > 0.5) & ~canvas.where("crack"), canvas.image, "shadow")
