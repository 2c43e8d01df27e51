"""Radiographs of hands and limbs: bright bones in grey flesh on black."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import Point, organ, oval, ribbon, wander
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, coverage, glance, wide_blur

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS: dict[str, tuple[str, ...]] = {
    "soft tissue": (
        "soft tissue", "background", "flesh", "grey soft tissue around the bone",
        "muscle and skin", "tissue around the bone",
    ),
    "metal implant": (
        "metal implant", "implant", "metal plate", "screw", "screws", "metal rod",
        "orthopaedic implant",
    ),
}  # fmt: skip


@look("medical", "hand x-ray")
def hand_xray(rng: np.random.Generator, size: int) -> Drawing:
    """A hand or foot seen from above: rays of small bones from a cluster at the wrist."""
    plate = _film(rng, size, [(0, -0.2), (0, 0.3), (-0.3, -0.5), (0.2, 0.6)])
    rays = [
        (
            0.34 * (k - 1.5) / 1.5 * 0.75,
            0.16 * (k - 1.5) * rng.uniform(0.6, 1.6),
            1 - 0.09 * abs(k - 1.3),
        )
        for k in range(4)
    ] + [(-0.34, -rng.uniform(0.5, 1.1), 0.7)]
    bones: list[Array] = []
    fleshy: list[Array] = [
        organ(
            rng,
            [
                (-0.4, 0.3),
                (-0.3, -0.1),
                (0.0, -0.2),
                (0.36, -0.1),
                (0.38, 0.4),
                (0.26, 0.75),
                (-0.25, 0.75),
            ],
            0.02,
        ),
        ribbon(np.array([(0, 0.5), (0, 2.4)]), rng.uniform(0.5, 0.62)),
    ]
    for x, lean, reach in rays:
        at, angle = np.array([x, 0.28]), -np.pi / 2 + lean
        start = at
        for part in (0.42, 0.26, 0.17, 0.13)[: 3 if reach == 0.7 else 4]:
            angle += rng.normal(0, 0.05)
            step = part * reach * np.array([np.cos(angle), np.sin(angle)])
            bones += _long_bone(rng, (at, at + step), 0.28 * part**0.6 * 0.24)
            at = at + 1.07 * step
        fleshy.append(ribbon(np.linspace(start, at, 8), 0.15 * np.linspace(1.2, 0.85, 8)))
        fleshy.append(oval(rng, at - 0.3 * step, (0.066, 0.066)))
    for _ in range(10):
        spot = rng.uniform((-0.2, 0.36), (0.2, 0.55))
        bones.append(oval(rng, spot, rng.uniform(0.045, 0.075, 2), rng.uniform(0, 3), 0.06, 2.6))
    bones += _long_bone(rng, ((-0.1, 0.62), (-0.08, 2.2)), 0.085)
    bones += _long_bone(rng, ((0.14, 0.64), (0.12, 2.2)), 0.06)
    return _expose(rng, plate, fleshy, bones)


@look("medical", "limb x-ray")
def limb_xray(rng: np.random.Generator, size: int) -> Drawing:
    """Shafts of one or two long bones, at times a joint, a fracture or a metal plate."""
    plate = _film(rng, size, [(0, 0), (0.1, -0.3), (-0.1, 0.3)])
    girth = rng.uniform(0.6, 1.5)
    flesh = [ribbon(wander(rng, (0, -2.6), np.pi / 2, 5.2, 0.03, 30), girth)]
    half = girth * rng.uniform(0.07, 0.13)
    two = bool(rng.random() < 0.5)
    places = (
        [(-0.2 * girth, half), (0.17 * girth, half * rng.uniform(0.5, 1))] if two else [(0.0, half)]
    )
    joint = rng.uniform(-0.4, 0.4) if rng.random() < 0.6 else 3.0
    bones: list[Array] = []
    for x, wide in places:
        bones += _long_bone(rng, ((x, -2.6), (x + rng.normal(0, 0.03), joint - 0.02)), wide)
    if joint < 1:
        ahead = (
            [(0.0, 1.3 * half)]
            if two or rng.random() < 0.4
            else [(-0.06, half), (0.22 * girth, 0.5 * half)]
        )
        for x, wide in ahead:
            bones += _long_bone(rng, ((x, joint + 0.03), (x + rng.normal(0, 0.05), 2.6)), wide)
        if rng.random() < 0.4:  # a kneecap, or the elbow's tip
            bones.append(oval(rng, (rng.normal(0, 0.1), joint - 0.1), (0.1, 0.12), 0, 0.05))
    drawing = _expose(rng, plate, flesh, bones)
    broken = [_crack(rng, x, wide) for x, wide in places if rng.random() < 0.3]
    gap = coverage(size, plate.view, broken) * plate.mask("bone") if broken else 0
    image = drawing.image[..., 0] - rng.uniform(0.1, 0.35) * gap
    if rng.random() < 0.2:
        with plate.within("bone", "soft tissue"):
            plate.fill_all(_hardware(rng, places[0]), Material("metal implant", 1.0))
        image = np.maximum(image, rng.uniform(0.85, 1.0) * plate.mask("metal implant"))
    return plate.drawing(image)


def _film(rng: np.random.Generator, size: int, targets: Sequence[Point]) -> Plate:
    """An empty film; bones bend less than flesh."""
    seen = glance(rng, size, targets, 0.75)
    stiff = replace(seen, waves=seen.waves * np.array([[1], [1], [1], [0.3], [0.3]]))
    return Plate(size, stiff, Material("air", rng.choice([0.0, 0.03, 0.08])))


def _long_bone(rng: np.random.Generator, ends: tuple[Point, Point], half: float) -> list[Array]:
    """A shaft that widens into two rounded heads."""
    t = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 32))[:, None]
    path = np.asarray(ends[0]) * (1 - t) + np.asarray(ends[1]) * t
    length = max(float(np.linalg.norm(path[-1] - path[0])), 1e-6)
    near = np.minimum(t[:, 0], 1 - t[:, 0]) * length / half  # in half widths from an end
    profile = 2 * half * (1 + rng.uniform(0.3, 0.7) * np.exp(-((near / rng.uniform(1.5, 3)) ** 2)))
    profile *= np.sqrt(np.clip(1 - (1 - np.clip(near / 0.6, 0, 1)) ** 3, 0.25, 1))
    return [ribbon(path, profile)]


def _expose(
    rng: np.random.Generator, plate: Plate, fleshy: Sequence[Array], bones: Sequence[Array]
) -> Drawing:
    """Add up flesh, thicker in the middle, and bones with dense shells."""
    size, flesh = plate.size, rng.uniform(0.12, 0.4)
    plate.fill_all(fleshy, Material("soft tissue", 1.0))
    outside = plate.mask("air")
    shell = rng.uniform(0.1, 0.4)
    with plate.within("soft tissue"):
        plate.fill_all(bones, Material("bone", 1.0))
    hard = plate.mask("bone")
    spread = 2 * shell * 0.06 * plate.view.scale
    edge = hard * np.clip(1.6 * (1 - wide_blur(hard, max(spread, 0.7))), 0, 1)
    thick = 1 - wide_blur(outside, 0.06 * plate.view.scale) * rng.uniform(0.4, 1.0)
    light = rng.uniform(0.2, 0.55)
    image = float(np.asarray(plate.materials[0].tone)) * outside + flesh * thick * (1 - outside)
    grain = 1 + 0.1 * cloud(rng, size, log_uniform(rng, 0.7, 2), 2)
    image += hard * light * (grain * rng.uniform(0.55, 0.85) + rng.uniform(0.3, 0.8) * edge)
    image += (1 - outside) * 0.02 * cloud(rng, size, size / 12, 3)
    return plate.drawing(np.asarray(gaussian_filter(image, rng.uniform(0.2, 0.9))))


def _crack(rng: np.random.Generator, x: float, half: float) -> Array:
    """A dark jagged line across a shaft."""
    y, slope = rng.uniform(-0.6, 0.6), rng.normal(0, 0.6)
    t = np.linspace(-1.5, 1.5, 12)
    jagged = y + slope * half * t + rng.normal(0, 0.15 * half, 12)
    return ribbon(np.stack([x + half * t, jagged], -1), half * rng.uniform(0.06, 0.3))


def _hardware(rng: np.random.Generator, bone: tuple[float, float]) -> list[Array]:
    """A plate with screws along a bone, or a rod inside it."""
    x, half = bone
    low, high = np.sort(rng.uniform(-1, 1, 2))
    high = max(high, low + 0.3)
    if rng.random() < 0.4:
        return [ribbon(np.array([(x, low), (x, high)]), 0.8 * half)]
    side = rng.choice([-1, 1]) * half
    pieces = [ribbon(np.array([(x + side, low), (x + side, high)]), 0.45 * half)]
    for y in np.arange(low + 0.05, high, rng.uniform(0.09, 0.2)):
        screw = np.array([(x + 1.2 * side, y), (x - rng.uniform(0.6, 1.1) * side, y)])
        pieces.append(ribbon(screw, 0.22 * half))
    return pieces
