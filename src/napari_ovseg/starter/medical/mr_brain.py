"""MR slices of the head: folded grey and white matter, ventricles, tumours, lesions."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import SIDES, inset, organ, oval, ribbon
from napari_ovseg.starter.medical.plate import Plate, cloud, glance, wide_blur
from napari_ovseg.starter.medical.tissue import Scan, coils, mr_scan

WORDS: dict[str, tuple[str, ...]] = {
    "brain": ("brain", "brain tissue", "cerebrum", "the brain", "brain matter"),
    "brain ventricle": (
        "brain ventricle", "ventricles of the brain", "lateral ventricle", "cerebrospinal fluid",
        "fluid space in the brain",
    ),
}  # fmt: skip


@look("medical", "mr brain")
def mr_brain(rng: np.random.Generator, size: int) -> Drawing:
    """An axial or coronal slice in one of four weightings, at times without the skull."""
    scan = mr_scan(rng)
    targets = [(0.0, 0.0), (0.3, 0.2), (-0.3, -0.2)]
    plate = Plate(size, glance(rng, size, targets), scan("air", "air"))
    wide, high = rng.uniform(0.7, 0.85), rng.uniform(0.8, 0.98)
    head = oval(rng, (0, 0), (wide, high), 0, 0.012, 2.15)
    if rng.random() < 0.65:
        plate.fill(head, scan("skin", "skin"))
        plate.fill(inset(head, 0.015), scan("fat", "fat"))
        scalp = log_uniform(rng, 0.03, 0.09)
        plate.fill(inset(head, scalp), scan("skull", "cortex"))
        bone = log_uniform(rng, 0.03, 0.08)
        if rng.random() < 0.5:
            plate.fill(ribbon(inset(head, scalp + bone / 2), bone / 4), scan("skull", "marrow"))
        head = inset(head, scalp + bone)
    plate.fill(head, scan("brain", "csf"))
    cortex = inset(head, log_uniform(rng, 0.008, 0.05))
    plate.fill(cortex, scan("brain", "white matter"))
    _depths(rng, plate, scan)
    folds = _folds(rng, plate, scan)
    _sick(rng, plate, scan)
    image = _compose(rng, plate, folds)
    noise = rng.standard_normal((2, size, size), dtype=np.float32) * scan.noise
    image = np.hypot(np.clip(image * coils(rng, size), 0, None) + noise[0], noise[1])
    return plate.drawing(image)


def _depths(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    """The gap between the halves, the deep nuclei and the ventricles."""
    gap = np.array([(0, -0.95), (0, -0.35)])
    grown = log_uniform(rng, 0.5, 1.8)
    fluid = scan("brain ventricle", "csf")
    with plate.within("brain"):
        plate.fill(ribbon(gap, 0.02), scan("brain", "csf"))
        plate.fill(ribbon(-gap, 0.02), scan("brain", "csf"))
        empty = rng.random() < 0.2
        for side in SIDES:
            nucleus = oval(rng, (0.19, 0.03), (0.1, 0.17), -0.3, 0.06) * side
            plate.fill(nucleus, scan("brain", "grey matter"))
            if empty:
                continue
            horn = np.array(
                [
                    (0.02, 0.12),
                    (0.05, -0.08),
                    (0.15, -0.24),
                    (0.17, -0.2),
                    (0.1, 0.02),
                    (0.16, 0.3),
                    (0.1, 0.24),
                ]
            )
            shape = horn * np.array([grown, rng.uniform(0.7, 1.2)])
            plate.fill(organ(rng, shape, 0.012) * side, fluid)
        if rng.random() < 0.4:
            plate.fill(oval(rng, (0, 0.1), (0.018, 0.1), 0, 0.05), fluid)


def _folds(rng: np.random.Generator, plate: Plate, scan: Scan) -> Array:
    """What the cortex adds to the tone of white matter: grey ribbons around furrows."""
    inside = plate.mask("brain", "brain ventricle")
    depth = wide_blur(inside, 0.16 * plate.view.scale)
    outer = np.clip((0.99 - depth) * 2.6, 0, 1)  # 1 at the surface, 0 in the middle
    crease = np.abs(cloud(rng, plate.size, plate.view.scale * rng.uniform(0.03, 0.055), 2))
    soft = 0.12
    grey = np.clip((outer**0.6 * rng.uniform(0.7, 1.3) - crease) / soft, 0, 1)
    furrow = np.clip((outer**0.8 * rng.uniform(0.1, 0.5) - crease) / soft, 0, 1)
    white_tone, grey_tone, fluid_tone = (
        scan.tones[k][0] for k in ("white matter", "grey matter", "csf")
    )
    added = grey * (grey_tone - white_tone)
    return np.where(furrow > 0, added + furrow * (fluid_tone - white_tone - added), added)


def _sick(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    """None, a tumour with swelling, rim and dead core, or a scatter of small lesions."""
    kind = rng.choice(3, p=[0.35, 0.45, 0.2])
    shift = rng.choice([-0.25, 0.25, 0.35]) * rng.uniform(0.3, 1.3)
    with plate.within("brain", "brain ventricle"):
        if kind == 1:
            wide = log_uniform(rng, 0.05, 0.3)
            shape = oval(
                rng,
                rng.normal(0, 0.25, 2),
                (wide, wide * rng.uniform(0.6, 1)),
                rng.uniform(0, 3),
                0.1,
            )
            if rng.random() < 0.5:
                plate.fill(
                    inset(shape, -rng.uniform(0.2, 0.8) * wide),
                    scan("brain", "grey matter", 0.4 * shift),
                )
            plate.fill(shape, scan("tumour", "grey matter", shift))
            if rng.random() < 0.5:
                core = rng.uniform(0.15, 0.5)
                plate.fill(
                    inset(shape, core * wide),
                    scan("tumour", "grey matter", shift * rng.uniform(-1, 0.6)),
                )
        if kind == 2:
            for _ in range(int(rng.integers(2, 14))):
                wide = log_uniform(rng, 0.012, 0.05)
                spot = rng.normal(0, 0.22, 2)
                shape = oval(rng, spot, (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.1)
                plate.fill(shape, scan("tumour", "grey matter", abs(shift) + 0.1))


def _compose(rng: np.random.Generator, plate: Plate, folds: Array) -> Array:
    """Fold the brain, but not what grew in it or what is fluid."""
    texture = plate.grain() * cloud(rng, plate.size, log_uniform(rng, 0.8, 3), 2)
    return plate.tones() + plate.mask("brain") * folds + texture
