"""Radiographs of the chest: shadows that add up, of lungs, heart, ribs and spine."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import (
    MIRROR,
    SIDES,
    inset,
    organ,
    oval,
    ribbon,
    smooth,
    tree,
    wander,
)
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, coverage, glance, wide_blur

WORDS: dict[str, tuple[str, ...]] = {
    "heart": (
        "heart", "heart chambers", "the heart", "cardiac silhouette", "heart shadow",
        "whole heart", "heart muscle and chambers",
    ),
}  # fmt: skip

_TARGETS = [(-0.4, -0.1), (0.4, -0.1), (0.12, 0.25), (0.0, -0.2)]


@look("medical", "chest x-ray")
def chest_xray(rng: np.random.Generator, size: int) -> Drawing:
    """A frontal radiograph: two dark lungs, a bright heart and belly, crossed by ribs."""
    plate = Plate(size, glance(rng, size, _TARGETS, 0.85), Material("air", 0.02))
    dense = rng.uniform(0.5, 0.75)
    plate.fill(_body(rng), Material("other tissue", dense))
    clear = dense * rng.uniform(0.2, 0.6)
    lungs = _lungs(rng)
    heart = _heart(rng)
    column = rng.uniform(0.055, 0.09)
    spine = ribbon(np.array([(rng.normal(0, 0.02), y) for y in (-1.3, -0.5, 0.2, 1.5)]), 2 * column)
    plate.fill(spine, Material("vertebra", dense + 0.05))
    for lung in lungs:
        plate.fill(lung, Material("lung", clear))
    with plate.within("lung", "vertebra", "other tissue"):
        plate.fill(heart, Material("heart", dense * rng.uniform(0.85, 1.1)))
    if rng.random() < 0.2:
        _opacity(rng, plate, clear)
    image = np.asarray(gaussian_filter(plate.tones(), log_uniform(rng, 0.4, 2.5)))
    body = 1 - plate.mask("air")
    image += body * (_bones(rng, plate) + _vessels(rng, plate)) + _strange(rng, plate)
    image *= 1 - 0.7 * body * wide_blur(1 - body, 0.15 * plate.view.scale)  # thinner at the sides
    image += 0.04 * cloud(rng, size, size / 8, 3) * (image > 0.05)
    return plate.drawing(image * np.exp(rng.uniform(0, 0.15) * cloud(rng, size, size / 2)))


def _body(rng: np.random.Generator) -> Array:
    """Neck, shoulders, arms or not, and the trunk."""
    wide, low = rng.uniform(0.9, 1.15), rng.uniform(-1.0, -0.75)
    half = np.array([
        (0.2, -1.6), (0.24, low - 0.1), (0.6, low + 0.08), (wide, low + 0.3), (wide, 0.0),
        (wide * 0.97, 0.6), (wide, 1.6),
    ])  # fmt: skip
    half = half + rng.normal(0, 0.02, half.shape)
    return np.concatenate([smooth(half, False), (smooth(half, False) * MIRROR)[::-1]])


def _lungs(rng: np.random.Generator) -> list[Array]:
    corners = np.array([
        (0.16, -0.62), (0.3, -0.8), (0.5, -0.72), (0.68, -0.4), (0.78, 0.0), (0.8, 0.4),
        (0.78, 0.62), (0.6, 0.42), (0.35, 0.36), (0.16, 0.44), (0.15, 0.0), (0.13, -0.3),
    ])  # fmt: skip
    reach = np.array([rng.uniform(0.9, 1.12), rng.uniform(0.8, 1.12)])
    raised = np.array([0, rng.uniform(-0.06, 0.03)])
    right, left = organ(rng, corners * reach, 0.015), organ(rng, corners * reach, 0.015)
    return [right * MIRROR + raised, left]


def _heart(rng: np.random.Generator) -> Array:
    big = rng.uniform(0.75, 1.35)
    corners = np.array([
        (-0.1, -0.4), (0.08, -0.42), (0.15, -0.3), (0.17, -0.15), (0.33, 0.1), (0.4, 0.32),
        (0.3, 0.46), (0.0, 0.5), (-0.18, 0.42), (-0.2, 0.2), (-0.12, -0.1),
    ])  # fmt: skip
    return organ(rng, corners * np.array([big, rng.uniform(0.85, 1.1)]), 0.015)


def _opacity(rng: np.random.Generator, plate: Plate, clear: float) -> None:
    """A nodule, or a hazy area that is still lung."""
    spot = rng.uniform((0.25, -0.5), (0.65, 0.3)) * np.array([rng.choice([-1, 1]), 1])
    wide = log_uniform(rng, 0.03, 0.25)
    shape = oval(rng, spot, (wide, wide * rng.uniform(0.7, 1)), rng.uniform(0, 3), 0.06)
    with plate.within("lung"):
        category = "tumour" if wide < 0.14 else "lung"
        plate.fill(shape, Material(category, clear + rng.uniform(0.1, 0.3)))


def _bones(rng: np.random.Generator, plate: Plate) -> Array:
    """Ribs, collarbones, shoulder blades and vertebrae, as light that they add."""
    back, front = [], []
    count, thick = int(rng.integers(7, 11)), rng.uniform(0.045, 0.075)
    for y in np.linspace(-0.8, 0.85, count) + rng.normal(0, 0.01):
        wide = 0.86 * np.sqrt(max(1 - (0.75 * (y - 0.45)) ** 2, 0.2))
        hook = np.array(
            [(0.07, y), (0.4 * wide, y - 0.04), (0.85 * wide, y + 0.1), (wide, y + 0.25)]
        )
        turn = np.array([(wide, y + 0.25), (0.8 * wide, y + 0.42), (0.4 * wide, y + 0.5)])
        for side in SIDES:
            back.append(smooth(hook + rng.normal(0, 0.008, hook.shape), False) * side)
            front.append(smooth(turn, False) * side)
    total = np.zeros((plate.size, plate.size), np.float32)
    for paths, light in ((back, rng.uniform(0.04, 0.16)), (front, rng.uniform(0.0, 0.08))):
        total += 0.6 * light * coverage(plate.size, plate.view, [ribbon(p, thick) for p in paths])
        edges = [
            ribbon(p + s * np.array([0, 0.42 * thick]), 0.2 * thick) for p in paths for s in (-1, 1)
        ]
        total += 0.5 * light * coverage(plate.size, plate.view, edges)
    drop = rng.uniform(-0.1, 0.1)
    collar = smooth(
        np.array([(0.08, -0.58), (0.3, -0.68), (0.55, -0.72 + drop), (0.85, -0.75 + drop)]), False
    )
    blade = organ(rng, [(0.72, -0.65), (0.95, -0.6), (0.85, -0.1), (0.78, 0.1), (0.7, -0.2)], 0.02)
    light = rng.uniform(0.08, 0.2)
    bones = [ribbon(collar * s, rng.uniform(0.06, 0.09)) for s in SIDES]
    total += light * coverage(plate.size, plate.view, bones)
    total += 0.5 * light * coverage(plate.size, plate.view, [blade, blade * MIRROR])
    boxes = [oval(rng, (0, y), (0.075, 0.05), 0, 0.01, 5) for y in np.arange(-1, 1.2, 0.14)]
    return total + rng.uniform(0.0, 0.1) * coverage(plate.size, plate.view, boxes)


def _vessels(rng: np.random.Generator, plate: Plate) -> Array:
    """The branching grey pattern of the lungs, strongest at their roots."""
    ribbons: list[Array] = []
    for side in (1.0, -1.0):
        for _ in range(3):
            out = rng.normal(0.3, 0.8)
            path = wander(rng, (0.15, -0.1), out, rng.uniform(0.3, 0.6))
            ribbons += [r * np.array([side, 1]) for r in tree(rng, path, 0.04, 0.008)[:10]]
    light = coverage(plate.size, plate.view, ribbons) * plate.mask("lung", "tumour")
    return rng.uniform(0.02, 0.12) * np.asarray(gaussian_filter(light, 0.8))


def _strange(rng: np.random.Generator, plate: Plate) -> Array:
    """Leads, tubes and a pacemaker on or in the patient: bright, thin, of no category."""
    things: list[Array] = []
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        path = wander(rng, rng.uniform(-0.8, 0.8, 2), rng.uniform(0, 6), 1.2, 1.2)
        things.append(ribbon(path, rng.uniform(0.008, 0.02)))
        things.append(oval(rng, path[-1], (0.03, 0.03), 0, 0.01))
    if rng.random() < 0.08:
        box = oval(rng, (0.5, -0.45), (0.13, 0.1), rng.uniform(0, 3), 0.02, 3)
        things += [box, inset(box, 0.02)]
    return rng.uniform(0.15, 0.5) * coverage(plate.size, plate.view, things)
