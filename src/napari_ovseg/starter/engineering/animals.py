"""Crude animals."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, tone
from napari_ovseg.starter.engineering.pieces import (
    Piece,
    Thing,
    bar,
    build,
    darker,
    oval,
    poly,
)

WORDS: dict[str, tuple[str, ...]] = {
    "dog": ("dog", "puppy", "brown dog", "dogs"),
    "cat": ("cat", "kitten", "cats", "sitting cat"),
    "horse": ("horse", "horses", "pony", "riding horse"),
    "cow": ("cow", "cows", "cattle", "bull"),
    "sheep": ("sheep", "lamb", "flock of sheep", "white woolly animal"),
    "elephant": ("elephant", "elephants", "large grey animal", "animal with a trunk"),
    "zebra": ("zebra", "zebras", "striped animal", "striped horse"),
    "giraffe": ("giraffe", "giraffes", "animal with a long neck", "spotted animal"),
    "bear": ("bear", "bears", "brown bear", "black bear"),
    "bird": ("bird", "birds", "gull", "pigeon", "duck"),
}


BUILD = ("leg", "deep", "long", "thick", "neck", "lift", "head", "ear", "tail")
"""What the numbers of `ANIMALS` are; ``lift`` is the angle of the neck."""


ANIMALS: dict[str, tuple[float, ...]] = {
    "dog": (0.38, 0.32, 1.0, 0.08, 0.24, 0.9, 0.16, 0.5, 0.22),
    "cat": (0.36, 0.3, 1.1, 0.07, 0.16, 0.9, 0.16, 0.8, 0.4),
    "horse": (0.48, 0.27, 0.95, 0.07, 0.32, 0.9, 0.11, 0.6, 0.1),
    "cow": (0.4, 0.4, 1.15, 0.08, 0.2, 0.3, 0.14, 0.5, 0.1),
    "sheep": (0.32, 0.5, 1.0, 0.06, 0.14, 0.5, 0.15, -0.4, 0.05),
    "elephant": (0.45, 0.5, 1.0, 0.16, 0.15, 0.6, 0.24, -1.2, 0.1),
    "zebra": (0.45, 0.3, 0.9, 0.07, 0.3, 0.9, 0.11, 0.6, 0.08),
    "giraffe": (0.42, 0.2, 0.5, 0.045, 0.45, 1.25, 0.07, 0.7, 0.1),
    "bear": (0.3, 0.52, 1.15, 0.16, 0.14, 0.4, 0.2, 0.35, 0.02),
}


COATS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "dog": ((0.45, 0.3, 0.18), (0.12, 0.1, 0.1), (0.8, 0.72, 0.58), (0.85, 0.85, 0.83)),
    "cat": ((0.5, 0.48, 0.46), (0.1, 0.1, 0.1), (0.8, 0.5, 0.25), (0.88, 0.87, 0.84)),
    "horse": ((0.4, 0.24, 0.14), (0.15, 0.12, 0.1), (0.75, 0.72, 0.68)),
    "cow": ((0.35, 0.22, 0.14), (0.9, 0.88, 0.85), (0.1, 0.1, 0.1)),
    "sheep": ((0.86, 0.83, 0.77), (0.7, 0.66, 0.6)),
    "elephant": ((0.42, 0.4, 0.39),),
    "zebra": ((0.86, 0.85, 0.82),),
    "giraffe": ((0.82, 0.68, 0.45),),
    "bear": ((0.3, 0.2, 0.13), (0.08, 0.07, 0.07), (0.9, 0.88, 0.82)),
}


SITTING_CAT = """
bar coat*.8 .09 .15 -.06 .4 -.05 .5 -.2
oval coat 0 -.28 .27 .29
oval coat 0 -.52 .17 .25
oval coat*1.1 -.1 -.04 .09 .05
oval coat*1.1 .1 -.04 .09 .05
poly coat*.8 -.05 -.93 -.2 -.86 -.2 -1.05
poly coat*.8 .05 -.93 .2 -.86 .2 -1.05
oval coat 0 -.81 .19 .16
oval yellow*.8 -.07 -.83 .03 .025
oval yellow*.8 .07 -.83 .03 .025
oval black 0 -.76 .02 .015
"""


BIRDS = (
    """
bar orange .04 -.05 -.25 -.05 0
bar orange .04 .08 -.25 .08 0
poly coat*.7 -.35 -.5 -.75 -.5 -.7 -.38 -.3 -.36
oval coat 0 -.45 .42 .24
oval coat 0.36 -.75 .16 .15
poly orange .48 -.8 .48 -.7 .68 -.73
oval black .4 -.78 .03 .03
oval coat*.7 -.08 -.47 .32 .16
""",
    """
poly coat*.7 -.15 -.5 .2 -.5 -.9 -1
oval coat 0 -.45 .42 .14
oval coat .4 -.5 .14 .11
poly orange .5 -.54 .5 -.46 .68 -.48
poly coat*.85 -.15 -.5 .2 -.5 .6 -1.05
""",
    "bar black .06 -.9 -.8 -.45 -1 0 -.7 .45 -1 .9 -.8\noval black 0 -.7 .2 .08",
)


def animal(rng: np.random.Generator, name: str) -> Thing:
    """A four-legged animal from the side, by the proportions in `ANIMALS`."""
    shape = dict(zip(BUILD, np.array(ANIMALS[name]) * np.exp(rng.normal(0, 0.06, 9)), strict=True))
    coat = tone(rng, COATS[name][rng.integers(len(COATS[name]))], 0.05)
    shade, deep, long = darker(coat, 0.75), shape["deep"], shape["long"]
    back = -(shape["leg"] + deep)
    legs = [
        bar(shade if k < 2 else coat, shape["thick"], (x * long, back + 0.7 * deep),
            (x * long + rng.normal(0, 0.05), 0.0))
        for k, x in enumerate((-0.42, 0.42, -0.3, 0.3))
    ]  # fmt: skip
    tail_end = (-0.5 * long - shape["tail"], back + rng.uniform(-0.2, 0.5) * deep + 0.1)
    tail = bar(shade, 0.5 * shape["thick"], (-0.5 * long, back + 0.2 * deep), tail_end)
    body = [
        oval(coat, 0, back + 0.5 * deep, 0.55 * long, 0.52 * deep),
        oval(coat, 0.35 * long, back + 0.45 * deep, 0.25 * long, 0.5 * deep),
    ]
    if name in ("zebra", "giraffe") or (name in ("cow", "dog", "cat") and rng.random() < 0.4):
        body += _marks(rng, body[0], name)
    return [*legs, tail, *body, *_muzzle(rng, coat, shape, back)]


def _muzzle(rng: np.random.Generator, coat: Array, shape: dict[str, float], back: float) -> Thing:
    """Neck, head, ears, nose and eye; an elephant's large head has a trunk instead."""
    long, size = shape["long"], shape["head"]
    top = (0.45 * long, back + 0.25 * shape["deep"])
    way = shape["neck"] * np.array([np.cos(shape["lift"]), -np.sin(shape["lift"])])
    x, y = top[0] + way[0], top[1] + way[1]
    nose = (x + 1.2 * size, y + rng.uniform(0.1, 0.5) * size)
    snout = bar(darker(coat, 0.9), 0.75 * size, (x, y), nose)
    if shape["ear"] < -0.8:
        snout = bar(darker(coat, 0.9), 0.1, (x, y), (x + 0.25, y + 0.15), (x + 0.28, -0.15))
    ears = [
        poly(darker(coat, 0.75), (e, y - 0.5 * size), (e + 0.4 * size, y - 0.5 * size),
             (e + 0.1 * size, y - (0.5 + shape["ear"]) * size))
        for e in (x - 0.5 * size, x + 0.2 * size)
    ]  # fmt: skip
    neck = bar(coat, 1.1 * size, top, (x, y))
    skull = oval(coat, x, y, 0.75 * size, 0.65 * size)
    tip = oval(darker(coat, 0.2), nose[0] + 0.2 * size, nose[1], 0.18 * size, 0.16 * size)
    eye = oval(darker(coat, 0.15), x + 0.3 * size, y - 0.15 * size, 0.1 * size, 0.1 * size)
    return [neck, snout, skull, *ears, *([tip] if shape["ear"] > -0.8 else []), eye]


def _marks(rng: np.random.Generator, body: Piece, name: str) -> Thing:
    """Stripes or patches on a body."""
    low, reach = body.points.min(0), np.ptp(body.points, axis=0)
    if name == "zebra":
        black = tone(rng, (0.08, 0.07, 0.07), 0.02)
        xs = low[0] + reach[0] * np.linspace(0.1, 0.9, 9)
        half = 0.45 * reach[1] * np.sqrt(1 - np.linspace(-0.85, 0.85, 9) ** 2)
        y = low[1] + 0.5 * reach[1]
        return [
            bar(black, 0.035, (x, y - h), (x + 0.02, y), (x, y + h))
            for x, h in zip(xs, half, strict=True)
        ]
    rgb = tone(rng, (0.5, 0.28, 0.13) if name == "giraffe" else (0.15, 0.12, 0.11), 0.05)
    spots = low + reach * rng.uniform(0.2, 0.8, (int(rng.integers(4, 10)), 2))
    sizes = reach * rng.uniform(0.05, 0.16, spots.shape)
    return [oval(rgb, x, y, a, b) for (x, y), (a, b) in zip(spots, sizes, strict=True)]


def cat(rng: np.random.Generator) -> Thing:
    """A cat that walks or sits."""
    if rng.random() < 0.5:
        return animal(rng, "cat")
    coat = tone(rng, COATS["cat"][rng.integers(4)], 0.05)
    return build(rng, SITTING_CAT, {"coat": coat})


def bird(rng: np.random.Generator) -> Thing:
    """A bird that stands or flies, or is far off."""
    return build(rng, BIRDS[rng.choice(3, p=[0.5, 0.3, 0.2])])
