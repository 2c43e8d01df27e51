"""Leaves with spots of disease, and fruit on a tree."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform, tone
from napari_ovseg.starter.engineering.canvas import Canvas, Sketch, Stencil
from napari_ovseg.starter.engineering.fields import GREENS
from napari_ovseg.starter.engineering.grain import (
    any_colour,
    haze,
    rough,
    soften,
    tinted,
    uneven_light,
)
from napari_ovseg.starter.engineering.nature import foliage, sky, soil
from napari_ovseg.starter.engineering.outlines import (
    anywhere,
    blob,
    ellipse,
    leaf,
    place,
    scattered,
    swelling,
    walk,
)
from napari_ovseg.starter.engineering.solid import ball, stamp, stroke
from napari_ovseg.starter.looks import Drawing, look

WORDS: dict[str, tuple[str, ...]] = {
    "leaf": ("leaf", "leaves", "green leaf", "plant leaf", "leaf blade"),
    "disease spot": (
        "disease spot",
        "leaf spot",
        "brown spot on a leaf",
        "lesion on a leaf",
        "leaf disease",
        "diseased area",
    ),
    "fruit": ("fruit", "fruits", "apple", "orange", "round fruit", "ripe fruit", "berry"),
    "branch": ("branch", "branches", "twig", "stem", "trunk"),
}


@look("engineering", "leaf with disease spots")
def diseased_leaf(rng: np.random.Generator, size: int) -> Drawing:
    """A leaf on a table, in the hand of the light or filling the view, healthy or spotted."""
    canvas = _behind(rng, size)
    green = tone(rng, GREENS[rng.integers(4)], 0.04)
    length, sheet = size * log_uniform(rng, 0.35, 3), Stencil(size)
    turn, lobes = rng.uniform(0, 2 * np.pi), int(rng.choice([0, 0, 3, 6]))
    rib = np.array([np.cos(turn), np.sin(turn)])
    middle = np.array(anywhere(rng, size / 2)) + size / 4
    wide = length * rng.uniform(0.25, 0.8)
    root = middle - rib * length / 2
    sheet.polygon(place(leaf(rng, length, wide, lobes), root[0], root[1], turn))
    cover = sheet.cover()
    mottle = rough(rng, size, log_uniform(rng, 5, 50))
    blade = tinted(rng, mottle, tuple(green))
    if rng.random() < 0.3:  # turning yellow
        pale = np.clip((haze(rng, size, size / 6) - 0.5) * 4, 0, 1)[..., None]
        blade += pale * (tone(rng, (0.75, 0.7, 0.25)) - blade)
    canvas.lay(np.roll(cover, (2, 2), (0, 1)), np.zeros(3, np.float32), opacity=0.3)
    canvas.lay(cover, blade, "leaf")
    _veins(rng, canvas, cover, (root, turn, length))
    if rng.random() < 0.85:
        _spots(rng, canvas, cover)
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()


def _behind(rng: np.random.Generator, size: int) -> Canvas:
    """What a leaf is held before."""
    kind = rng.integers(4)
    if kind == 0:
        return Canvas(soil(rng, size), "soil")
    if kind == 1:
        blurred = soften(foliage(rng, size).mean(-1), 5)
        return Canvas(tinted(rng, blurred, (0.3, 0.42, 0.2)), "foliage")
    grey = 0.5 + 0.2 * (haze(rng, size, size / 4) - 0.5)
    dark = rng.random() < 0.4
    colour = (0.1, 0.1, 0.11) if dark else tuple(any_colour(rng) * 0.35 + 0.6)
    return Canvas(tinted(rng, grey, colour), "dark background" if dark else "light background")


def _veins(
    rng: np.random.Generator, canvas: Canvas, cover: Array, axis: tuple[Array, float, float]
) -> None:
    """A midrib and side veins, lighter or darker than the blade."""
    base, turn, length = axis
    rib = walk(rng, base, turn, length, 0.0)
    lines = [(rib, np.linspace(0.014 * length, 1, len(rib)))]
    count = int(rng.integers(4, 11))
    for k in range(1, count):
        at = rib[int(len(rib) * k / (count + 1))]
        for side in (-1, 1):
            vein = walk(rng, at, turn + side * rng.uniform(0.6, 1.1), 0.35 * length, 0.05)
            lines.append((vein, np.linspace(max(1, 0.006 * length), 0.7, len(vein))))
    stencil = Stencil(canvas.size, 3)
    for path, width in lines:
        stencil.line(path, width)
    shade = np.clip(canvas.image * np.float32(rng.choice([0.75, 1.3])) + 0.04, 0, 1)
    canvas.lay(stencil.cover() * (cover > 0.5), shade, opacity=rng.uniform(0.4, 1))


def _spots(rng: np.random.Generator, canvas: Canvas, cover: Array) -> None:
    """Spots with a halo, a rim and a pale or dark middle; or a mould, a rust, a burnt rim."""
    size, radius = canvas.size, log_uniform(rng, 1.5, canvas.size / 9)
    stencil = Stencil(size)
    for x, y in scattered(rng, size, radius, log_uniform(rng, 0.01, 0.4)):
        shape = blob(rng, radius * log_uniform(rng, 0.5, 1.7), rng.uniform(1, 1.8), 0.25)
        stencil.polygon(place(shape, x, y, rng.uniform(0, 3)))
    spots = np.minimum(stencil.cover(), cover)
    dead = [(0.4, 0.25, 0.12), (0.16, 0.11, 0.08), (0.7, 0.6, 0.42), (0.85, 0.85, 0.8)]
    colour = tone(rng, (*dead, (0.75, 0.4, 0.1))[rng.integers(5)], 0.05)
    halo = np.clip(2 * soften(spots, max(radius / 2, 1)), 0, 1) * cover
    canvas.lay(halo, tone(rng, (0.75, 0.72, 0.2), 0.06), opacity=rng.choice([0, 0.3, 0.8]))
    heart = np.clip(3 * soften(spots, max(radius / 3, 0.7)) - 2, 0, 1)[..., None]
    middle = np.clip(colour * np.float32(rng.uniform(0.5, 1.7)), 0, 1)
    grain = 0.8 + 0.4 * rough(rng, size, 4)[..., None]
    canvas.lay(spots, (colour + heart * (middle - colour)) * grain, "disease spot")


@look("engineering", "fruit on a tree")
def fruit_tree(rng: np.random.Generator, size: int) -> Drawing:
    """Fruit between leaves, in front of leaves and behind them, with sky in the gaps."""
    canvas = Canvas(foliage(rng, size), "foliage")
    if rng.random() < 0.4:
        gaps = np.clip((rough(rng, size, size / 9) - rng.uniform(0.5, 0.8)) * 12, 0, 1)
        canvas.lay(gaps, sky(rng, size), "sky")
    for _ in range(rng.choice([0, 1, 3])):
        path = walk(rng, np.array(anywhere(rng, size)), rng.uniform(0, 7), size, 0.12)
        bark = tone(rng, (0.3, 0.23, 0.17), 0.04)
        width = swelling(rng, len(path), log_uniform(rng, 2, 24))
        stroke(
            canvas, [(path, width)], bark * (0.7 + 0.6 * rough(rng, size, 3)[..., None]), "branch"
        )
    ripe = [
        (0.75, 0.12, 0.1),
        (0.92, 0.5, 0.08),
        (0.9, 0.78, 0.2),
        (0.45, 0.62, 0.15),
        (0.3, 0.1, 0.3),
    ]
    base, light = ripe[rng.integers(5)], rng.uniform(-2.2, -0.9)
    radius = log_uniform(rng, 4, size / 6)
    amount = rng.choice([0.0, 0.05, 0.15, 0.35])
    for x, y in scattered(rng, size, radius, amount)[:70] if amount else ():
        r = radius * rng.uniform(0.8, 1.15)
        rgb = tone(rng, base, 0.05)
        body = place(ellipse(r, r * rng.uniform(0.9, 1.1), 32), x, y)
        stamp(canvas, body, ball(rgb, r, light, rng.uniform(0, 0.6)), "fruit")
    over = Sketch(size, 2)
    length = radius * rng.uniform(1, 2.5)
    for x, y in rng.uniform(
        0, size, (min(int(rng.uniform(0, 1.5) * (size / length) ** 2), 200), 2)
    ):
        shade = tone(rng, GREENS[rng.integers(4)], 0.03) * np.float32(rng.uniform(0.6, 1.2))
        over.polygon(place(leaf(rng, length, 0.4 * length), x, y, rng.uniform(0, 7)), shade)
    leaves, cover = over.picture()
    canvas.lay(cover, leaves, "foliage")
    canvas.shade(uneven_light(rng, size))
    return canvas.finish()
