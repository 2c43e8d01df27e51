"""Slices of the abdomen as CT and MR show them: liver, spleen, kidneys, bowel."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import SIDES, inset, organ, oval, ribbon, smooth
from napari_ovseg.starter.medical.plate import Plate, glance
from napari_ovseg.starter.medical.tissue import Scan, ct_picture, ct_scan, mr_picture, mr_scan
from napari_ovseg.starter.medical.torso import growths, ribs, spine, trunk, vessel

WORDS: dict[str, tuple[str, ...]] = {
    "liver": (
        "liver", "the liver", "liver tissue", "hepatic tissue", "large grey organ",
        "large organ on the right side",
    ),
    "spleen": (
        "spleen", "the spleen", "splenic tissue", "crescent-shaped organ beside the stomach",
    ),
    "kidney": (
        "kidney", "kidneys", "renal tissue", "bean-shaped organ", "left kidney", "right kidney",
        "renal cortex",
    ),
    "bowel": (
        "bowel", "bowels", "intestine", "intestines", "gut", "colon", "small bowel",
        "loops of bowel", "large intestine",
    ),
    "stomach": ("stomach", "the stomach", "gastric lumen", "stomach with gas and fluid"),
    "gallbladder": (
        "gallbladder", "gall bladder", "bile sac", "dark pear-shaped sac below the liver",
    ),
    "pancreas": (
        "pancreas", "pancreatic tissue", "pancreatic gland", "long gland behind the stomach",
    ),
    "vena cava": (
        "vena cava", "inferior vena cava", "large vein", "postcava", "vein beside the aorta",
    ),
}  # fmt: skip

_TARGETS = (
    (-0.4, -0.1), (-0.3, 0.1), (0.6, 0.15), (0.38, 0.28), (-0.38, 0.28), (0.05, 0.2), (0.35, -0.2),
)  # fmt: skip


@look("medical", "ct abdomen")
def ct_abdomen(rng: np.random.Generator, size: int) -> Drawing:
    """An axial slice between the dome of the liver and the iliac crests."""
    windows = ((40, 400), (50, 350), (60, 200), (0, 700), (90, 250), (300, 2000), (0, 2000))
    scan = ct_scan(rng, windows)
    plate = Plate(size, glance(rng, size, _TARGETS), scan("air", "air"))
    _abdomen(rng, plate, scan)
    return ct_picture(rng, plate, scan)


@look("medical", "mr abdomen")
def mr_abdomen(rng: np.random.Generator, size: int) -> Drawing:
    """The same slices in MR, with uneven light and dark seams around the organs."""
    scan = mr_scan(rng)
    plate = Plate(size, glance(rng, size, _TARGETS), scan("air", "air"))
    _abdomen(rng, plate, scan)
    return mr_picture(rng, plate, scan)


def _abdomen(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    level = rng.uniform(0, 1)  # from the dome of the liver down
    axes = trunk(rng, plate, scan, rng.uniform(0.55, 0.8), log_uniform(rng, 0.05, 0.12))
    if level < 0.6:
        ribs(rng, plate, scan, axes, int(rng.integers(2, 6)))
    plate.fill(oval(rng, (0, 0), axes, 0, 0.02, 2.3), scan("fat", "fat"))
    reach = np.array([axes[0] / 0.8, axes[1] / 0.5])
    _bowel(rng, plate, scan, reach)
    _behind(rng, plate, scan, reach, level)
    if level < 0.75:
        _stomach(rng, plate, scan, reach)
        _spleen(rng, plate, scan, reach)
    if level < 0.85:
        _liver(rng, plate, scan, reach, level)


def _bowel(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    """Loops cut across and along, with fluid, stool or gas; the gas rises to the belly."""
    upright = rng.random() < 0.9
    for _ in range(int(rng.integers(5, 26))):
        x, y = rng.uniform(-0.68, 0.68), rng.uniform(-0.4, 0.22)
        wide = log_uniform(rng, 0.04, 0.13)
        loop = (
            oval(rng, (x, y), (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.08) * reach
        )
        filling = str(rng.choice(["gut", "gut", "fluid", "stool", "gas"]))
        plate.fill(loop, scan("bowel", "gut wall"))
        inner = inset(loop, rng.uniform(0.01, 0.3 * wide))
        plate.fill(inner, scan("bowel", filling))
        if filling in ("gut", "fluid", "stool") and upright and rng.random() < 0.35:
            surface = inner[:, 1].min() + rng.uniform(0.2, 0.7) * np.ptp(inner[:, 1])
            bubble = np.stack([inner[:, 0], np.minimum(inner[:, 1], surface)], -1)
            plate.fill(bubble, scan("bowel", "gas"))


def _behind(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array, level: float) -> None:
    """The spine, the great vessels and the muscles and kidneys beside them."""
    radius = rng.uniform(0.1, 0.15)
    middle = (0.0, 0.5 * reach[1] - rng.uniform(1.0, 1.7) * radius)
    loin = oval(rng, (radius * 1.5, middle[1] + 0.3 * radius), (0.6 * radius, radius), 0.1, 0.06)
    for side in SIDES:
        plate.fill(loin * side, scan("other tissue", "muscle"))
    spine(rng, plate, scan, middle, radius)
    front = middle[1] - radius
    across = rng.uniform(0.04, 0.07)
    vessel(rng, plate, scan, ("aorta", (0.07, front - across), log_uniform(rng, 0.035, 0.075)))
    vessel(rng, plate, scan, ("vena cava", (-0.1, front - across), rng.uniform(0.04, 0.075)))
    for _ in range(int(rng.integers(0, 8))):
        spot = rng.normal(0, 0.12, 2) + np.array([0.05, front - 0.25])
        vessel(rng, plate, scan, ("blood vessel", spot, rng.uniform(0.01, 0.025)))
    if level < 0.8 and rng.random() < 0.6:
        path = smooth(np.array([(-0.2, 0.04), (-0.05, -0.06), (0.15, -0.02), (0.4, 0.06)]), False)
        width = rng.uniform(0.06, 0.1) * (1 + 0.25 * rng.normal(0, 1, len(path)))
        path[:, 1] += front - 0.22
        plate.fill(ribbon(path, np.maximum(width, 0.03)), scan("pancreas", "pancreas"))
    if rng.random() < 0.9 and level > 0.15:
        for side in SIDES:
            _kidney(rng, plate, scan, np.array([0.4, middle[1] - 0.02]) * side * reach ** [1, 0])


def _kidney(rng: np.random.Generator, plate: Plate, scan: Scan, centre: Array) -> None:
    wide, high = rng.uniform(0.1, 0.15), rng.uniform(0.13, 0.19)
    inwards = -np.sign(centre[0])
    tilt = -inwards * rng.normal(0.35, 0.2)
    outline = oval(rng, centre, (wide, high), tilt, 0.03)
    plate.fill(inset(outline, -rng.uniform(0.02, 0.07)), scan("fat", "fat"))
    bright = rng.uniform(0.0, 0.12)
    plate.fill(outline, scan("kidney", "kidney", bright))
    if rng.random() < 0.7:  # pyramids, darker than the cortex
        plate.fill(inset(outline, 0.3 * wide), scan("kidney", "kidney"))
    notch = centre + np.array([inwards * wide * 0.75, 0])
    plate.fill(oval(rng, notch, (0.45 * wide, 0.28 * high), tilt, 0.08), scan("fat", "fat"))
    if rng.random() < 0.5:
        pelvis = oval(rng, notch, (0.28 * wide, 0.14 * high), tilt, 0.08)
        plate.fill(pelvis, scan("kidney", "fluid"))
    if rng.random() < 0.25:
        box = (centre - 0.8 * wide, centre + 0.8 * wide)
        growths(rng, plate, scan, ("kidney", "kidney"), box)


def _stomach(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    centre = (rng.uniform(0.2, 0.45), rng.uniform(-0.35, -0.15))
    radii = (rng.uniform(0.12, 0.3), rng.uniform(0.08, 0.2))
    outline = oval(rng, centre, radii, rng.normal(0.3, 0.3), 0.06) * reach
    plate.fill(outline, scan("stomach", "gut wall"))
    inner = inset(outline, rng.uniform(0.015, 0.05))
    plate.fill(inner, scan("stomach", str(rng.choice(["gut", "fluid", "stool"]))))
    if rng.random() < 0.6:
        surface = inner[:, 1].min() + rng.uniform(0.1, 0.9) * np.ptp(inner[:, 1])
        bubble = np.stack([inner[:, 0], np.minimum(inner[:, 1], surface)], -1)
        plate.fill(bubble, scan("stomach", "gas"))


def _spleen(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    if rng.random() < 0.15:
        return
    corners = np.array([
        (0.6, -0.12), (0.72, 0.02), (0.73, 0.18), (0.64, 0.33), (0.48, 0.38), (0.5, 0.28),
        (0.57, 0.2), (0.55, 0.05),
    ])  # fmt: skip
    middle = corners.mean(0)
    corners = middle + (corners - middle) * log_uniform(rng, 0.6, 1.35)
    corners += rng.normal(0, 0.02, 2)
    plate.fill(organ(rng, corners * reach, 0.015), scan("spleen", "spleen"))


def _liver(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array, level: float) -> None:
    left = rng.uniform(-0.1, 0.4) * (1 - level)
    corners = np.array([
        (-0.75, -0.05), (-0.66, -0.34), (-0.4, -0.46), (-0.1, -0.46), (left, -0.4),
        (left + 0.05, -0.3), (left - 0.15, -0.22), (-0.22, -0.1), (-0.25, 0.08), (-0.32, 0.24),
        (-0.52, 0.36), (-0.7, 0.2),
    ])  # fmt: skip
    corner = np.array([-0.75, 0.1])
    corners = corner + (corners - corner) * np.array([1, rng.uniform(0.75, 1.05)]) * (
        1.08 - 0.4 * level
    )
    outline = organ(rng, corners * reach, 0.02)
    plate.fill(outline, scan("liver", "liver"))
    with plate.within("liver"):
        shift = rng.normal(0.0, 0.05)
        for _ in range(int(rng.integers(2, 10))):  # hepatic and portal veins
            spot = outline.mean(0) + rng.normal(0, 0.13, 2)
            wide = rng.uniform(0.008, 0.03)
            vein = oval(rng, spot, (wide * log_uniform(rng, 1, 5), wide), rng.uniform(0, 3), 0.08)
            plate.fill(vein, scan("liver", "blood", shift))
    if rng.random() < 0.45:
        box = (outline.min(0) * 0.85, outline.mean(0) + 0.25)
        growths(rng, plate, scan, ("liver", "liver"), box)
    if rng.random() < 0.35:
        sac = oval(rng, np.array([-0.25, -0.12]) * reach, (0.05, 0.09), rng.normal(0, 0.5), 0.04)
        plate.fill(sac, scan("gallbladder", "fluid"))
