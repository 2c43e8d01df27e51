"""Fabric, leather, carpet and foam, with holes, stains, cuts and broken threads."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import log_uniform, paint, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Stencil
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    bend,
    haze,
    relief,
    rough,
    soften,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.outlines import (
    across,
    anywhere,
    blob,
    place,
    scattered,
    swelling,
    walk,
)
from napari_ovseg.starter.engineering.solid import stroke
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "fabric": ("fabric", "woven fabric", "cloth", "textile", "canvas cloth", "background"),
    "leather": ("leather", "leather surface", "hide", "skin of a bag", "background"),
    "carpet": ("carpet", "rug", "felt", "pile fabric", "background"),
    "foam": ("foam", "sponge", "porous foam", "foam rubber", "background"),
    "thread": ("thread", "broken thread", "loose thread", "fibre", "pulled yarn", "hair"),
    "cut": ("cut", "cuts", "slit", "tear", "gash", "cut in leather"),
}


def fabric(rng: np.random.Generator, size: int) -> Canvas:
    """Plain weave, twill, knit or stripes in two colours of yarn."""
    pitch = log_uniform(rng, 2.5, 22)
    y, x = np.indices((size, size), dtype=np.float32)
    angle = rng.choice([0.0, 0.0, rng.uniform(0, np.pi / 2)])
    rows = x * np.sin(angle) + y * np.cos(angle) + pitch * (haze(rng, size, 4 * pitch) - 0.5) + size
    cols = x * np.cos(angle) - y * np.sin(angle) + pitch * (haze(rng, size, 4 * pitch) - 0.5) + size
    down, over = np.floor(rows / pitch), np.floor(cols / pitch)
    kind = rng.integers(4)
    if kind == 2:  # knit
        lean = rows + np.abs((cols % (2 * pitch)) - pitch) * rng.uniform(0.5, 1.2)
        field = np.abs(np.sin(np.pi * lean / pitch)) * np.abs(np.sin(np.pi * cols / pitch)) ** 0.3
        upper = np.zeros_like(field)
    else:
        upper = (down + over) % 2 if kind == 0 else (down + over) % 4 >= 2
        bulge_r, bulge_c = (np.sin(np.pi * v / pitch) ** 2 for v in (rows, cols))
        field = np.where(upper > 0, bulge_r, bulge_c) ** rng.uniform(0.3, 1)
    field = field * (1 - rng.uniform(0, 0.5) * haze(rng, size, 0.6)) + 0.3 * (
        rough(rng, size, 30) - 0.5
    )
    warp = any_colour(rng)
    weft = any_colour(rng) if rng.random() < 0.3 else np.clip(warp * rng.uniform(0.7, 1.2), 0, 1)
    if rng.random() < 0.25:  # checks or stripes of yarns
        stripe = rng.integers(0, 2, 4 + int(4 * size / pitch))
        weft = np.where(
            stripe[down.astype(int) // 3 % len(stripe)][..., None], weft, any_colour(rng)
        )
    yarn = np.where((upper > 0)[..., None], warp, weft)
    shade = 1 - rng.uniform(0.15, 0.8) * (1 - np.clip(field, 0, 1))
    return Canvas((yarn * shade[..., None]).astype(np.float32), "fabric")


def leather(rng: np.random.Generator, size: int) -> Canvas:
    """A web of fine grooves around small cushions, or smooth and creased."""
    scale = log_uniform(rng, 1.2, 9)
    height = np.abs(haze(rng, size, scale) - 0.5)
    height = np.clip(height / rng.uniform(0.05, 0.3), 0, 1) ** 0.5
    lit = (
        0.5
        + 0.3 * relief(soften(height, 0.7), rng.uniform(0, 6))
        + rng.uniform(0, 0.4) * (height - 0.7)
    )
    field = lit + 0.3 * (haze(rng, size, size / 5) - 0.5)
    colours = [(0.4, 0.24, 0.14), (0.13, 0.12, 0.12), (0.6, 0.45, 0.3), (0.45, 0.12, 0.1)]
    return Canvas(tinted(rng, field, colours[rng.integers(4)]), "leather")


def carpet(rng: np.random.Generator, size: int) -> Canvas:
    """Tufts in one or several colours."""
    scale = log_uniform(rng, 0.6, 4)
    field = np.clip(haze(rng, size, scale) + 0.3 * (haze(rng, size, 6 * scale) - 0.5), 0, 1)
    picture = paint(field, any_colour(rng) * 0.5, any_colour(rng))
    if rng.random() < 0.6:
        picture = tinted(rng, field, tuple(any_colour(rng)))
    return Canvas(picture, "carpet")


def foam(rng: np.random.Generator, size: int) -> Canvas:
    """Round bubbles of many sizes."""
    canvas = Canvas(tinted(rng, rough(rng, size, 5), tuple(any_colour(rng) * 0.5 + 0.4)), "foam")
    for _ in range(3):
        radius = log_uniform(rng, 1.2, 10)
        stencil = Stencil(size, 2)
        for x, y in scattered(rng, size, radius, rng.uniform(0.05, 0.4)):
            stencil.disc(x, y, radius * rng.uniform(0.6, 1.3))
        cover = stencil.cover()
        light = relief(soften(cover, radius / 2), 0.8)
        inside = canvas.image * np.clip(0.75 + 0.35 * light, 0.2, 1.3)[..., None]
        canvas.lay(cover, inside, opacity=0.8)
    return canvas


@look("engineering", "fabric, leather, carpet or foam with defects")
def soft_goods(rng: np.random.Generator, size: int) -> Drawing:
    """A soft surface with none, one or some faults."""
    makers = (fabric, fabric, fabric, leather, leather, carpet, foam)
    canvas = makers[rng.integers(len(makers))](rng, size)
    if rng.random() < 0.2:
        _folds(rng, canvas)
    faults = (_holes, _stains, _threads, _cuts)
    for i in rng.choice(4, rng.choice([0, 1, 1, 1, 2]), replace=False):
        faults[i](rng, canvas)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish(int(rng.integers(4)))


def _holes(rng: np.random.Generator, canvas: Canvas) -> None:
    """Holes with frayed edges, what lies below dark or light."""
    size, radius = canvas.size, log_uniform(rng, 3, canvas.size / 6)
    stencil = Stencil(size)
    for _ in range(rng.integers(1, 6)):
        shape = blob(rng, radius * log_uniform(rng, 0.5, 1.5), rng.uniform(1, 2), 0.3)
        stencil.polygon(place(shape, *anywhere(rng, size)))
    cover = bend(rng, stencil.cover(), rng.uniform(0, 2.5), rng.uniform(0.7, 1.5))
    below = tone(rng, (0.07, 0.06, 0.06), 0.04) if rng.random() < 0.75 else any_colour(rng)
    shadow = soften(cover, 3)
    canvas.lay(shadow, canvas.image * np.float32(0.5), opacity=rng.uniform(0, 0.6))
    canvas.lay(cover, below * (0.8 + 0.4 * haze(rng, size, 4)[..., None]), "hole")


def _stains(rng: np.random.Generator, canvas: Canvas) -> None:
    """Spilt or soaked areas, darker at their rim."""
    size, radius = canvas.size, log_uniform(rng, 5, canvas.size / 3)
    stencil = Stencil(size)
    for _ in range(rng.integers(1, 7)):
        shape = blob(rng, radius * log_uniform(rng, 0.2, 1.2), rng.uniform(1, 1.6), 0.25)
        stencil.polygon(place(shape, *anywhere(rng, size)))
    cover = soften(stencil.cover(), rng.uniform(0.3, 1.5))
    rim = 1 - rng.uniform(0, 0.6) * np.clip(2 * soften(cover, 3) - 1, 0, 1)
    dye = any_colour(rng) if rng.random() < 0.5 else tone(rng, (0.35, 0.25, 0.15))
    soaked = canvas.image * (0.25 + 0.6 * dye)
    canvas.lay(cover, soaked, "stain", rng.uniform(0.6, 1.0) * rim)


def _threads(rng: np.random.Generator, canvas: Canvas) -> None:
    """Loose or thick yarns and hairs lying on it."""
    lines, width = [], log_uniform(rng, 1, 6)
    for _ in range(rng.integers(1, 8)):
        start, heading, length = across(rng, canvas.size)
        path = walk(rng, start, heading, length * rng.uniform(0.1, 1), rng.uniform(0.02, 0.4))
        lines.append((path, np.maximum(swelling(rng, len(path), width, taper=False), 1.0)))
    colour = any_colour(rng)
    stroke(canvas, [(p + 1.5, w) for p, w in lines], colour * 0, opacity=0.3)
    stroke(canvas, lines, colour, "thread")


def _cuts(rng: np.random.Generator, canvas: Canvas) -> None:
    """Slits that gape in the middle, with a light lip."""
    lines, lips = [], []
    for _ in range(rng.integers(1, 4)):
        start, heading, length = across(rng, canvas.size)
        path = walk(rng, start, heading, length * rng.uniform(0.15, 0.7), rng.uniform(0, 0.08))
        gape = np.sin(np.linspace(0.1, np.pi - 0.1, len(path))) * log_uniform(rng, 1.5, 12)
        lines.append((path, np.maximum(gape, 1.0)))
        lips.append((path, np.maximum(gape, 1.0) * 1.3 + 1.5))
    lip = np.clip(canvas.image * np.float32(rng.uniform(0.6, 1.8)), 0, 1)
    stroke(canvas, lips, lip, opacity=0.7)
    stroke(canvas, lines, tone(rng, (0.08, 0.06, 0.05), 0.04), "cut")


def _folds(rng: np.random.Generator, canvas: Canvas) -> None:
    """Shade soft ridges and valleys: it is all fabric still."""
    wide = log_uniform(rng, 6, 40)
    height = haze(rng, canvas.size, (wide, 5 * wide))
    canvas.shade(1 + rng.uniform(0.2, 0.6) * relief(height, np.pi / 2))
