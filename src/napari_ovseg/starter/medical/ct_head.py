"""CT slices of the head: skull, brain, its fluid spaces, bleeding and tumours."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import (
    SIDES,
    arc,
    inset,
    organ,
    oval,
    ribbon,
    wander,
)
from napari_ovseg.starter.medical.plate import Plate, glance
from napari_ovseg.starter.medical.tissue import Scan, ct_picture, ct_scan

WORDS: dict[str, tuple[str, ...]] = {
    "skull": ("skull", "skull bone", "cranium", "bright ring of bone", "bone of the head"),
    "haemorrhage": (
        "haemorrhage", "hemorrhage", "bleeding", "blood clot", "haematoma", "bleed",
        "dark red spot of blood",
    ),
    "eye": ("eye", "eyeball", "eyes", "globe of the eye"),
}  # fmt: skip


@look("medical", "ct head")
def ct_head(rng: np.random.Generator, size: int) -> Drawing:
    """An axial slice of the head, through the hemispheres or lower through the eyes."""
    windows = ((40, 80), (35, 100), (50, 180), (40, 350), (500, 2200), (300, 3000), (100, 700))
    scan = ct_scan(rng, windows)
    targets = [(0.0, 0.0), (0.35, 0.2), (-0.35, 0.1), (0.0, -0.7)]
    plate = Plate(size, glance(rng, size, targets), scan("air", "air"))
    wide = rng.uniform(0.68, 0.86)
    if scan.tones["table"][0] > 0.05 and rng.random() < 0.5:  # the head rest
        rest = arc((0, 0), (wide + 0.12, 1.1), 0.1, np.pi - 0.1)
        plate.fill(ribbon(rest, rng.uniform(0.02, 0.06)), scan("scanner table", "table"))
    head = oval(rng, (0, 0), (wide, 1.0), 0, 0.012, 2.15)
    plate.fill(head, scan("skin", "skin"))
    plate.fill(inset(head, 0.02), scan("other tissue", "soft"))
    scalp = log_uniform(rng, 0.03, 0.09)
    plate.fill(inset(head, scalp), scan("skull", "cortex"))
    bone = log_uniform(rng, 0.04, 0.11)
    plate.fill(inset(head, scalp + 0.3 * bone), scan("skull", "marrow", rng.choice([0, 0.2])))
    plate.fill(inset(head, scalp + 0.7 * bone), scan("skull", "cortex"))
    inside = inset(head, scalp + bone)
    plate.fill(inside, scan("brain", "csf"))
    if rng.random() < 0.25:
        _low(rng, plate, scan, wide)
    _brain(rng, plate, scan, wide - scalp - bone)
    _bleed(rng, plate, scan, inside)
    return ct_picture(rng, plate, scan)


def _brain(rng: np.random.Generator, plate: Plate, scan: Scan, wide: float) -> None:
    """Grey matter around white, furrows, and the fluid spaces in the middle."""
    high = wide * rng.uniform(1.2, 1.35)
    gap = log_uniform(rng, 0.01, 0.05)
    wrinkled = log_uniform(rng, 0.01, 0.05)
    with plate.within("brain"):
        for side in SIDES:
            half = oval(rng, (0.5 * wide, 0), (0.5 * wide - gap / 3, high - gap), 0, wrinkled, 2.3)
            plate.fill(half * side, scan("brain", "grey matter"))
            core = inset(half * side, rng.uniform(0.05, 0.12))
            plate.fill(core, scan("brain", "white matter"))
            for _ in range(int(rng.integers(0, 9))):  # furrows
                start = half[rng.integers(len(half))] * side
                inwards = np.arctan2(-start[1], -start[0])
                path = wander(rng, start, inwards, rng.uniform(0.08, 0.25), 1.0)
                plate.fill(ribbon(path, gap * 0.6), scan("brain", "csf"))
            deep = oval(rng, (0.2, 0.05), (0.09, 0.16), 0.3, 0.06) * side
            plate.fill(deep, scan("brain", "grey matter"))
            if rng.random() < 0.85:
                _ventricle(rng, plate, scan, side)
        if rng.random() < 0.5:
            falx = np.array([(0, -high), (0, -0.4 * high)])
            plate.fill(ribbon(falx, 0.012), scan("brain", "grey matter", 0.15))
        if rng.random() < 0.3:
            plate.fill(oval(rng, (0, 0.1), (0.02, 0.1), 0, 0.05), scan("brain ventricle", "csf"))


def _ventricle(rng: np.random.Generator, plate: Plate, scan: Scan, side: Array) -> None:
    """One wing of the butterfly."""
    grown = log_uniform(rng, 0.6, 1.8)
    horn = np.array(
        [(0.03, 0.05), (0.06, -0.1), (0.14, -0.28), (0.18, -0.26), (0.11, -0.05), (0.09, 0.08)]
    )
    back = np.array(
        [(0.06, 0.05), (0.12, 0.15), (0.22, 0.34), (0.27, 0.33), (0.2, 0.1), (0.1, 0.0)]
    )
    fluid = scan("brain ventricle", "csf")
    stretch = np.array([grown, rng.uniform(0.8, 1.2)])
    plate.fill(organ(rng, horn * stretch, 0.01) * side, fluid)
    if rng.random() < 0.6:
        plate.fill(organ(rng, back * stretch, 0.01) * side, fluid)


def _low(rng: np.random.Generator, plate: Plate, scan: Scan, wide: float) -> None:
    """Air cells behind the nose and in the ear, and the eyes."""
    for side in SIDES:
        socket = oval(rng, (0.36, -0.78), (0.2, 0.24), 0.3, 0.03) * side
        plate.fill(socket, scan("fat", "fat"))
        plate.fill(
            oval(rng, np.array([0.36, -0.86]) * side, (0.15, 0.15), 0, 0.02), scan("eye", "fluid")
        )
        for _ in range(6):
            cell = oval(rng, rng.normal((0.7 * wide, 0.2), 0.05), (0.03, 0.03), 0, 0.1) * side
            plate.fill(cell, scan("skull", "gas"))
    for _ in range(5):
        spot = rng.normal((0, -0.72), (0.08, 0.08))
        plate.fill(oval(rng, spot, (0.07, 0.09), 0, 0.08), scan("skull", "cortex"))
        plate.fill(oval(rng, spot, (0.055, 0.075), 0, 0.08), scan("air", "gas"))


def _bleed(rng: np.random.Generator, plate: Plate, scan: Scan, inside: np.ndarray) -> None:
    """Fresh blood along the skull or in the brain, or a tumour with its swelling."""
    kind = rng.choice(4, p=[0.5, 0.15, 0.15, 0.2])
    spot = rng.normal(0, 0.25, 2) + np.array([0.2, 0.0])
    wide = log_uniform(rng, 0.05, 0.25)
    patch = oval(rng, spot, (wide, wide * rng.uniform(0.6, 1)), rng.uniform(0, 3), 0.08)
    bright = scan("haemorrhage", "grey matter", rng.uniform(0.1, 0.4))
    with plate.within("brain", "brain ventricle"):
        if kind == 1:
            plate.fill(patch, bright)
        if kind == 2:  # a crescent or a lens along the bone
            at = int(rng.integers(40))
            rim = inside[at : at + int(rng.integers(6, 15))]
            if len(rim) > 3:
                bulge = rng.uniform(0.08, 0.3) * np.sin(np.linspace(0.2, np.pi - 0.2, len(rim)))
                plate.fill(ribbon(rim, bulge), bright)
        if kind == 3:
            plate.fill(inset(patch, -0.1), scan("brain", "white matter", -0.06))
            plate.fill(patch, scan("tumour", "grey matter", rng.uniform(-0.1, 0.25)))
            plate.fill(
                inset(patch, 0.5 * wide), scan("tumour", "grey matter", rng.uniform(-0.2, 0.1))
            )
