"""Crude people."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, tone
from napari_ovseg.starter.engineering.pieces import (
    Piece,
    Thing,
    bar,
    darker,
    oval,
    paint_of,
    poly,
    slab,
)

WORDS: dict[str, tuple[str, ...]] = {
    "person": ("person", "man", "woman", "people", "child", "pedestrian", "human"),
}


SKIN = ((0.88, 0.7, 0.58), (0.78, 0.57, 0.44), (0.55, 0.37, 0.26), (0.34, 0.22, 0.16))


HAIR = ((0.1, 0.08, 0.06), (0.3, 0.19, 0.1), (0.65, 0.5, 0.3), (0.6, 0.58, 0.56))


def person(rng: np.random.Generator) -> Thing:
    """Somebody standing or walking: shoes, trousers or skirt, top, arms, head, hair."""
    skin, hair = tone(rng, SKIN[rng.integers(4)], 0.03), tone(rng, HAIR[rng.integers(4)], 0.04)
    shirt, trousers = paint_of(rng), darker(paint_of(rng), rng.uniform(0.4, 1.0))
    stride, broad = rng.uniform(0, 0.13), rng.uniform(0.11, 0.16)
    shin = skin if rng.random() < 0.3 else trousers
    shoe = darker(paint_of(rng), 0.6)
    legs: Thing = []
    for side in (-1, 1):
        foot, knee = side * (0.04 + stride), side * 0.05 + rng.normal(0, 0.02)
        legs += [
            bar(shin, 0.07, (knee, -0.27), (foot, -0.03)),
            bar(trousers, 0.095, (side * 0.045, -0.5), (knee, -0.26)),
            slab(shoe, foot + 0.02, -0.015, 0.1, 0.04),
        ]
    if rng.random() < 0.2:
        skirt = (-0.09, -0.52), (0.09, -0.52), (0.15, -0.22), (-0.15, -0.22)
        legs.append(poly(trousers, *skirt))
    half = np.array([(broad, -0.8), (0.75 * broad, -0.46)])
    left = half[::-1] * (-1, 1)
    chest = np.concatenate([[(-0.05, -0.84), (0.05, -0.84)], half, left])
    return [*legs, *_arms(rng, skin, shirt, broad), Piece(chest, shirt), *_head(rng, skin, hair)]


def _arms(rng: np.random.Generator, skin: Array, shirt: Array, broad: float) -> Thing:
    """Two arms that hang, swing or reach; long or short sleeves."""
    arms: Thing = []
    sleeve = shirt if rng.random() < 0.5 else skin
    for side in (-1, 1):
        elbow = (side * (broad + rng.uniform(0, 0.06)), -0.64 + rng.normal(0, 0.02))
        reach = rng.uniform(0, 2 * np.pi) if rng.random() < 0.25 else rng.normal(np.pi / 2, 0.4)
        hand = (elbow[0] + 0.16 * np.cos(reach), elbow[1] + 0.16 * np.sin(reach))
        arms += [
            bar(sleeve, 0.05, elbow, hand),
            oval(skin, *hand, 0.025, 0.03),
            bar(darker(shirt, 0.92), 0.065, (side * (broad - 0.01), -0.78), elbow),
        ]
    return arms


def _head(rng: np.random.Generator, skin: Array, hair: Array) -> Thing:
    """A head from the front or from behind, with hair or a hat."""
    neck = slab(darker(skin, 0.85), 0, -0.85, 0.05, 0.06)
    long = [oval(hair, 0, -0.9, 0.075, 0.11)] if rng.random() < 0.35 else []
    face = oval(skin, 0, -0.92, 0.055, 0.075)
    if rng.random() < 0.2:
        return [neck, *long, face, oval(hair, 0, -0.93, 0.058, 0.07)]
    t = np.linspace(np.pi, 2 * np.pi, 14)
    crown = np.stack([0.062 * np.cos(t), 0.07 * np.sin(t) - 0.935], -1)
    cap = Piece(crown, hair if rng.random() < 0.75 else paint_of(rng))
    eyes = [oval(darker(skin, 0.3), side * 0.022, -0.925, 0.008, 0.005) for side in (-1, 1)]
    mouth = slab(tone(rng, (0.6, 0.25, 0.25), 0.05), 0, -0.88, 0.03, 0.008)
    nose = bar(darker(skin, 0.8), 0.008, (0, -0.92), (0.004, -0.9))
    return [neck, *long, face, cap, *eyes, mouth, nose]
