"""CT slices of the chest: lungs, heart, great vessels and the bones around them."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import (
    SIDES,
    inset,
    organ,
    oval,
    ribbon,
    tree,
    wander,
)
from napari_ovseg.starter.medical.plate import Plate, glance
from napari_ovseg.starter.medical.tissue import Scan, ct_picture, ct_scan
from napari_ovseg.starter.medical.torso import growths, ribs, spine, trunk, vessel

WORDS: dict[str, tuple[str, ...]] = {
    "lung": (
        "lung", "lungs", "dark air-filled lung", "lung lobe", "lung field", "lung tissue",
        "large dark area in the chest", "pulmonary tissue",
    ),
    "trachea": ("trachea", "windpipe", "airway", "dark round airway", "bronchus"),
}  # fmt: skip


@look("medical", "ct chest")
def ct_chest(rng: np.random.Generator, size: int) -> Drawing:
    """An axial slice anywhere from the top of the lungs to the dome of the liver."""
    scan = ct_scan(rng)
    targets = [(-0.45, 0.05), (0.45, 0.05), (0.12, -0.1), (0.1, 0.3), (0.0, 0.4)]
    plate = Plate(size, glance(rng, size, targets), scan("air", "air"))
    level = rng.uniform(0, 1)
    depth = rng.uniform(0.58, 0.82)
    axes = trunk(rng, plate, scan, depth, log_uniform(rng, 0.05, 0.12))
    if rng.random() < 0.3:
        _arms(rng, plate, scan)
    ribs(rng, plate, scan, axes, int(rng.integers(3, 7)))
    _shoulder_blades(rng, plate, scan, axes)
    _lungs(rng, plate, scan, axes)
    _middle(rng, plate, scan, axes, level)
    radius = rng.uniform(0.09, 0.13)
    spine(rng, plate, scan, (0, axes[1] - rng.uniform(1.2, 1.7) * radius), radius)
    side = (0.0 if level < 0.3 else 1.5 * radius, axes[1] - radius * rng.uniform(2.4, 3.2))
    vessel(rng, plate, scan, ("aorta", (side[0] + 0.02, side[1]), log_uniform(rng, 0.05, 0.1)))
    return ct_picture(rng, plate, scan)


def _arms(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    for side in SIDES:
        arm = oval(rng, (1.28, rng.uniform(0, 0.4)), (0.22, 0.25), 0, 0.03) * side
        plate.fill(arm, scan("skin", "skin"))
        plate.fill(inset(arm, 0.012), scan("fat", "fat"))
        plate.fill(inset(arm, 0.05), scan("other tissue", "muscle"))
        plate.fill(inset(arm, 0.16), scan("bone", "cortex"))
        plate.fill(inset(arm, 0.19), scan("bone", "marrow"))


def _shoulder_blades(
    rng: np.random.Generator, plate: Plate, scan: Scan, axes: tuple[float, float]
) -> None:
    a, b = axes
    if rng.random() < 0.5:
        start = (0.45 * a, b * rng.uniform(0.95, 1.05))
        path = wander(rng, start, -0.7 + rng.normal(0, 0.15), 0.4, 0.3)
        for side in SIDES:
            plate.fill(ribbon(path * side, 0.035), scan("bone", "cortex", -0.1))
            plate.fill(ribbon(path * side, 0.012), scan("bone", "marrow"))
    breast = oval(rng, (0, -b - 0.04), (0.12, 0.035), 0, 0.04)
    plate.fill(breast, scan("bone", "cortex", -0.1))
    plate.fill(inset(breast, 0.012), scan("bone", "marrow"))


def _lungs(rng: np.random.Generator, plate: Plate, scan: Scan, axes: tuple[float, float]) -> None:
    full = rng.uniform(0.93, 1.0)
    corners = np.array([
        (0.14, -0.9), (0.45, -0.88), (0.78, -0.6), (0.97, -0.1), (0.95, 0.3), (0.78, 0.66),
        (0.5, 0.88), (0.26, 0.86), (0.16, 0.55), (0.2, 0.2), (0.24, -0.1), (0.17, -0.5),
    ])  # fmt: skip
    plate.fill(oval(rng, (0, 0), axes, 0, 0.01, 2.2), scan("other tissue", "muscle"))
    for side in SIDES:
        lung = organ(rng, corners * np.array(axes) * full * rng.uniform(0.92, 1.0), 0.012) * side
        plate.fill(lung, scan("lung", "lung"))
        _bronchovascular(rng, plate, scan, np.array([0.2, 0.1]) * side)
    if rng.random() < 0.3:
        spot = rng.uniform(0.35, 0.7) * rng.choice([-1, 1])
        box = (np.array([spot - 0.15, -0.35]), np.array([spot + 0.15, 0.35]))
        growths(rng, plate, scan, ("lung", "soft"), box)
    if rng.random() < 0.2:  # consolidated or ground-glass lung is still lung
        outline = oval(rng, (rng.choice([-0.5, 0.5]), 0.3), rng.uniform(0.1, 0.3, 2), 0, 0.12)
        with plate.within("lung"):
            plate.fill(outline, scan("lung", "lung", rng.uniform(0.05, 0.25)))


def _bronchovascular(rng: np.random.Generator, plate: Plate, scan: Scan, hilum: Array) -> None:
    """Vessels from the root of the lung, lengthwise and cut across, and a bronchus."""
    outwards = 0.0 if hilum[0] > 0 else np.pi
    blood = scan("lung", "blood")
    thin = log_uniform(rng, 0.006, 0.014)
    with plate.within("lung"):
        for _ in range(int(rng.integers(1, 4))):
            trunk_ = wander(rng, hilum, outwards + rng.normal(0, 0.7), rng.uniform(0.2, 0.45))
            plate.fill_all(tree(rng, trunk_, rng.uniform(0.03, 0.06), thin)[:12], blood)
        for _ in range(int(rng.integers(4, 26))):
            away = np.array([np.cos(outwards), 0]) * rng.uniform(0.02, 0.55)
            middle = hilum + away + rng.normal(0, 0.2, 2) * np.array([0.3, 1])
            radius = 0.035 * rng.uniform(0.2, 1) ** 2 + 0.004
            plate.fill(
                oval(rng, middle, (radius, radius * rng.uniform(1, 2)), rng.uniform(0, 3)), blood
            )


def _middle(
    rng: np.random.Generator, plate: Plate, scan: Scan, axes: tuple[float, float], level: float
) -> None:
    """What lies between the lungs: fat, heart or great vessels, airways, gullet."""
    b = axes[1]
    plate.fill(oval(rng, (0, 0.0), (0.2, 0.85 * b), 0, 0.05), scan("fat", "fat"))
    if level < 0.35:  # above the heart
        plate.fill(oval(rng, (0.0, -0.05), (0.3, 0.3), 0, 0.06), scan("fat", "fat"))
        vessel(rng, plate, scan, ("aorta", (-0.08, -0.2), rng.uniform(0.08, 0.12)))
        if rng.random() < 0.5:  # the arch
            path = np.array([(-0.08, -0.2), (0.02, -0.08), (0.1, 0.08), (0.12, 0.2)])
            plate.fill(ribbon(path, rng.uniform(0.12, 0.18)), scan("aorta", "blood"))
        vessel(rng, plate, scan, ("blood vessel", (-0.2, -0.15), rng.uniform(0.04, 0.07)))
    else:
        _heart(rng, plate, scan, b * log_uniform(rng, 0.6, 1.1))
    if level > 0.85:  # the dome of the liver
        dome = oval(rng, (-0.42 * axes[0], -0.1), rng.uniform(0.15, 0.4, 2), 0, 0.04)
        with plate.within("lung", "fat"):
            plate.fill(dome, scan("liver", "liver"))
    if level < 0.55:
        for x in (0.0,) if level < 0.4 else (-0.1, 0.1):
            airway = oval(rng, (x, 0.1 * b), (0.055, 0.05), 0, 0.03)
            plate.fill(inset(airway, -0.012), scan("other tissue", "soft"))
            plate.fill(airway, scan("trachea", "gas"))
    plate.fill(oval(rng, (0.03, 0.38 * b), (0.045, 0.03), 0, 0.05), scan("other tissue", "soft"))


def _heart(rng: np.random.Generator, plate: Plate, scan: Scan, high: float) -> None:
    wide = rng.uniform(0.36, 0.5)
    corners = np.array([
        (-0.75, -0.1), (-0.55, -0.75), (0.1, -0.95), (0.75, -0.6), (1.05, 0.0), (0.9, 0.45),
        (0.35, 0.6), (-0.2, 0.75), (-0.6, 0.45),
    ])  # fmt: skip
    outline = organ(rng, corners * np.array([wide, 0.75 * high]) + np.array([0.06, -0.12]), 0.02)
    plate.fill(inset(outline, -rng.uniform(0.005, 0.04)), scan("fat", "fat"))
    plate.fill(outline, scan("heart", "muscle"))
    blood = scan("heart", "blood")
    dim = scan("heart", "blood", -rng.uniform(0.0, 0.08))
    middle = outline.mean(0)
    with plate.within("heart"):
        places = [
            (0.55, -0.1, 0.3, blood),
            (-0.1, -0.5, 0.34, dim),
            (-0.5, 0.05, 0.28, dim),
            (0.1, 0.42, 0.34, blood),
        ]
        for x, y, r, material in places:
            at = middle + np.array([x * wide, y * 0.75 * high]) + rng.normal(0, 0.02, 2)
            size = (r * wide * rng.uniform(0.9, 1.6), r * high * rng.uniform(0.7, 1.1))
            plate.fill(oval(rng, at, size, rng.normal(0.5, 0.3), 0.05), material)
