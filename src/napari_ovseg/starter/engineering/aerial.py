"""Land from above: fields, roads, roofs, trees, water, cars."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    haze,
    relief,
    rough,
    soften,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.nature import grass, sand, soil, water
from napari_ovseg.starter.engineering.outlines import anywhere, blob, box, place, walk
from napari_ovseg.starter.engineering.solid import drop_shadow, slope, stamp
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "field": ("field", "fields", "farmland", "cropland", "agricultural field", "background"),
    "road": ("road", "street", "highway", "paved road", "lane", "path", "background"),
    "roof": ("roof", "roofs", "rooftop", "house from above", "building from above", "building"),
    "tree": ("tree", "trees", "tree crown", "forest", "woodland", "background"),
}


def farmland(rng: np.random.Generator, size: int) -> Array:
    """A sown, ploughed, ripe or mown field with the lines of its machines."""
    colours = [(0.35, 0.48, 0.2), (0.5, 0.42, 0.28), (0.75, 0.66, 0.4), (0.28, 0.38, 0.18)]
    y, x = np.indices((size, size), dtype=np.float32)
    angle, pitch = rng.uniform(0, np.pi), log_uniform(rng, 2.5, 24)
    along = x * np.cos(angle) + y * np.sin(angle) + 2 * haze(rng, size, 20)
    rows = np.sin(along * np.float32(2 * np.pi / pitch))
    field = 0.5 + rng.choice([0, 0.1, 0.4]) * rows + 0.6 * (rough(rng, size, size / 6, 5) - 0.5)
    return tinted(rng, field, colours[rng.integers(4)])


def parcels(rng: np.random.Generator, size: int, angle: float) -> Canvas:
    """Divide the land into straight-edged parcels of fields, grass, soil or water."""
    canvas = Canvas(farmland(rng, size), "field")
    makers = {"field": farmland, "grass": grass, "soil": soil, "sand": sand, "water": water}
    names = rng.choice(list(makers), rng.integers(0, 4), p=[0.4, 0.28, 0.15, 0.05, 0.12])
    for name in names:
        stencil = Stencil(size)
        if name == "water" or rng.random() < 0.2:
            shape = blob(rng, size * rng.uniform(0.1, 0.5), rng.uniform(1, 3), 0.3)
            stencil.polygon(place(shape, *anywhere(rng, size), rng.uniform(0, 3)))
        else:
            sides = size * rng.uniform(0.2, 1.5, 2)
            stencil.polygon(place(box(sides[0], sides[1]), *anywhere(rng, size), angle))
        canvas.lay(stencil.cover(), makers[name](rng, size), str(name))
    return canvas


@look("engineering", "land from above")
def land(rng: np.random.Generator, size: int) -> Drawing:
    """A village, a town, a farm or a forest, from a drone or a satellite."""
    angle, metre = rng.uniform(0, np.pi), log_uniform(rng, 0.6, 9)  # px per metre
    canvas = parcels(rng, size, angle)
    if rng.random() < 0.08:  # nothing but land
        canvas.shade(uneven_light(rng, size))
        return canvas.finish()
    for _ in range(rng.choice([0, 1, 1, 2, 4])):
        _road(rng, canvas, metre, angle)
    light = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.7:
        _houses(rng, canvas, metre, angle, light)
    if rng.random() < 0.8:
        _trees(rng, canvas, metre, light)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _road(rng: np.random.Generator, canvas: Canvas, metre: float, angle: float) -> None:
    """A paved or dirt road with its lines and cars."""
    size, width = canvas.size, max(2.0, metre * rng.uniform(3, 12))
    heading = angle + rng.choice([0, np.pi / 2]) if rng.random() < 0.7 else rng.uniform(0, 6)
    way = np.array([np.cos(heading), np.sin(heading)])
    start = np.array(anywhere(rng, size)) - 1.5 * size * way
    path = walk(rng, start, heading, 3 * size, rng.choice([0.0, 0.0, 0.06, 0.15]))
    stencil = Stencil(size)
    stencil.line(path, width)
    surface = [(0.45, 0.45, 0.46), (0.6, 0.59, 0.57), (0.68, 0.6, 0.47)][rng.integers(3)]
    field = 0.5 + 0.3 * (rough(rng, size, 10) - 0.5)
    canvas.lay(stencil.cover(), tinted(rng, field, surface), "road")
    if width > 9 and rng.random() < 0.7:
        dashes = Stencil(size)
        for i in range(0, len(path) - 2, rng.choice([1, 4])):
            dashes.line(path[i : i + 2], max(1.0, 0.25 * metre))
        canvas.lay(dashes.cover(), np.ones(3, np.float32), "lane marking", rng.uniform(0.5, 0.9))
    for _ in range(rng.poisson(2) if 1.8 * metre > 2.5 else 0):
        i = int(rng.integers(len(path) - 1))
        along = np.arctan2(*(path[i + 1] - path[i])[::-1])
        side = rng.choice([-0.25, 0.25]) * width * np.array([-way[1], way[0]])
        _car(rng, canvas, path[i] + side, along, metre)


def _car(rng: np.random.Generator, canvas: Canvas, at: Array, angle: float, metre: float) -> None:
    """A car from above: body, dark panes, roof."""
    rgb, long = any_colour(rng), 4.4 * metre
    x, y = at
    body = place(box(long, 0.42 * long), x, y, angle)
    drop_shadow(canvas, body, np.array([1.0, 1.0]) * 0.4 * metre, 0.5)
    stamp(canvas, body, rgb, "car")
    stamp(canvas, place(box(0.6 * long, 0.36 * long), x, y, angle), rgb * 0 + 0.12, "car")
    stamp(
        canvas, place(box(0.36 * long, 0.34 * long), x, y, angle), np.clip(rgb * 1.1, 0, 1), "car"
    )


def _houses(
    rng: np.random.Generator, canvas: Canvas, metre: float, angle: float, light: float
) -> None:
    """Gabled, hipped or flat roofs along one grid, each with its shadow."""
    away = -np.array([np.cos(light), np.sin(light)])
    tiles = [
        (0.58, 0.3, 0.22),
        (0.4, 0.38, 0.37),
        (0.62, 0.6, 0.57),
        (0.3, 0.26, 0.25),
        (0.8, 0.8, 0.8),
    ]
    spread = rng.choice([1.3, 2.0, 4.0])
    step = max(16 * metre * spread, 12)
    ticks = np.arange(-0.75 * canvas.size, 0.75 * canvas.size, step)  # to the corners if turned
    spots = np.stack(np.meshgrid(ticks, ticks), -1)
    spots = place(spots.reshape(-1, 2), canvas.size / 2, canvas.size / 2, angle)
    free = ~canvas.where("road", "water", "lane marking")
    for x, y in spots[((spots > 0) & (spots < canvas.size - 1)).all(1)][:60]:
        if not free[int(y), int(x)] or rng.random() < 0.25:
            continue
        long, wide = metre * rng.uniform(9, 22), metre * rng.uniform(7, 12)
        turn = angle + np.pi / 2 * rng.integers(2)
        rgb = tone(rng, tiles[rng.integers(5)], 0.04)
        outline = place(box(long, wide), x, y, turn)
        drop_shadow(canvas, outline, away * metre * rng.uniform(1.5, 5), 0.55)
        stamp(canvas, outline, slope(rgb, long, light, 0.1), "roof")
        if rng.random() < 0.75:  # two or four pitches
            hip = rng.choice([0.0, 0.25]) * wide
            ridge = place(np.array([[-long / 2 + hip, 0], [long / 2 - hip, 0]]), x, y, turn)
            for corners, side in (((0, 1), -1), ((2, 3), 1)):
                face = np.array([outline[corners[0]], outline[corners[1]], *(ridge[:: side * -1])])
                normal = turn + side * np.pi / 2
                lit = np.float32(1 + 0.35 * np.cos(normal - light))
                stamp(canvas, face, np.clip(rgb * lit, 0, 1), "roof")
        if rng.random() < 0.5:
            chimney = place(box(1.2 * metre, 1.2 * metre), x, y, turn)
            stamp(canvas, chimney + away * -2 * metre, np.clip(rgb * 0.6, 0, 1), "roof")


def _trees(rng: np.random.Generator, canvas: Canvas, metre: float, light: float) -> None:
    """Crowns, alone or in a wood, lit from one side."""
    size, radius = canvas.size, max(1.8, metre * rng.uniform(1.5, 5))
    stencil = Stencil(size, 2)
    wood = rough(rng, size, size / 5) > rng.choice([0.2, 0.5, 0.65, 0.8])
    keep = ~canvas.where("roof", "water", "road", "car", "lane marking")
    crowns = [blob(rng, radius * rng.uniform(0.6, 1.3), 1, 0.2) for _ in range(9)]
    for x, y in rng.uniform(0, size - 1, (min(int(1.2 * (size / radius) ** 2), 900), 2)):
        if keep[int(y), int(x)] and (wood[int(y), int(x)] or rng.random() < 0.01):
            stencil.polygon(crowns[rng.integers(9)] + (x, y))
    cover = stencil.cover()
    shift = np.round(-radius * 0.6 * np.array([np.sin(light), np.cos(light)])).astype(int)
    shade = np.roll(cover, shift, (0, 1))
    canvas.lay(shade, canvas.image * np.float32(0.4), opacity=rng.uniform(0.3, 0.9))
    field = (
        0.5
        + 0.5 * relief(haze(rng, size, radius / 2), light)
        + 0.4 * (rough(rng, size, radius / 3) - 0.5)
    )
    greens = [(0.2, 0.32, 0.12), (0.3, 0.42, 0.18), (0.16, 0.25, 0.14), (0.5, 0.38, 0.15)]
    leaves = tinted(rng, field, greens[rng.choice(4, p=[0.4, 0.3, 0.2, 0.1])])
    canvas.lay(cover, leaves * (0.6 + 0.5 * soften(cover, radius / 2)[..., None]), "tree")
