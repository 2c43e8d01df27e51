"""MR slices along the knee and the spine: bones, cartilage, discs, cord."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import arc, inset, organ, oval, ribbon, smooth
from napari_ovseg.starter.medical.plate import Plate, glance
from napari_ovseg.starter.medical.tissue import Scan, mr_picture, mr_scan

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

WORDS: dict[str, tuple[str, ...]] = {
    "tibia": ("tibia", "shin bone", "shinbone", "lower leg bone"),
    "kneecap": ("kneecap", "patella", "knee cap", "small bone in front of the knee"),
    "cartilage": (
        "cartilage", "joint cartilage", "articular cartilage", "thin layer on the end of a bone",
    ),
    "meniscus": ("meniscus", "menisci", "dark wedge in the joint", "cartilage disc of the knee"),
    "disc": (
        "disc", "intervertebral disc", "spinal disc", "disk", "disc between the vertebrae",
        "intervertebral discs",
    ),
    "spinal cord": ("spinal cord", "cord", "nerve cord", "spinal canal", "nerves in the spine"),
}  # fmt: skip


@look("medical", "mr knee")
def mr_knee(rng: np.random.Generator, size: int) -> Drawing:
    """A sagittal slice: thigh bone above, shin bone below, kneecap in front."""
    scan = mr_scan(rng, int(rng.choice([0, 1, 2])))
    plate = Plate(size, glance(rng, size, [(0, -0.1), (-0.45, -0.4), (0, 0.1)]), scan("air", "air"))
    leg = np.array([(0.05, -2.4), (0.0, -0.6), (-0.05, 0.0), (0.08, 0.6), (0.12, 2.4)])
    path = smooth(leg + rng.normal(0, 0.03, leg.shape), False)
    width = rng.uniform(1.25, 1.7)
    plate.fill(ribbon(path, width), scan("skin", "skin"))
    plate.fill(ribbon(path, width - 0.03), scan("fat", "fat"))
    _flesh(rng, plate, scan)
    _knee_bones(rng, plate, scan)
    return mr_picture(rng, plate, scan)


def _flesh(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    """Muscles behind and above, vessels between them, fluid and tendons in front."""
    for x, y, wide, high in (
        (0.45, -0.9, 0.16, 0.8),
        (0.45, 0.9, 0.2, 0.8),
        (-0.3, -1.4, 0.14, 0.8),
    ):
        muscle = oval(
            rng,
            rng.normal((x, y), 0.04),
            (wide * rng.uniform(0.6, 1.2), high),
            rng.normal(0, 0.1),
            0.04,
        )
        plate.fill(muscle, scan("other tissue", "muscle"))
        seam = oval(rng, (x, y), (0.015, 0.8 * high), rng.normal(0, 0.1), 0.1)
        plate.fill(seam, scan("other tissue", "fat"))
    x = rng.uniform(0.3, 0.42)
    vein = smooth(np.array([(x, -2.4), (x + 0.05, -0.3), (x + 0.02, 0.3), (x - 0.05, 2.4)]), False)
    plate.fill(
        ribbon(vein, rng.uniform(0.03, 0.07)), scan("blood vessel", "blood", rng.choice([0, 0.5]))
    )
    plate.fill(
        ribbon(np.array([(-0.5, -1.2), (-0.52, -0.6)]), 0.07), scan("other tissue", "cortex")
    )
    plate.fill(
        ribbon(np.array([(-0.55, -0.3), (-0.42, 0.35)]), 0.07), scan("other tissue", "cortex")
    )
    if rng.random() < 0.5:
        pool = oval(rng, (-0.38, -0.7), (rng.uniform(0.03, 0.1), 0.25), 0.1, 0.06)
        plate.fill(pool, scan("cyst", "fluid"))


def _knee_bones(rng: np.random.Generator, plate: Plate, scan: Scan) -> None:
    shell = rng.uniform(0.012, 0.03)
    ball = (rng.uniform(0.32, 0.4), rng.uniform(0.28, 0.34))
    joint = -0.3 + ball[1]
    femur = [
        ribbon(np.array([(-0.05, -2.5), (-0.05, -0.9), (-0.03, -0.4)]), np.array([0.3, 0.32, 0.6])),
        oval(rng, (0.0, -0.3), ball, 0, 0.03),
    ]
    gap = rng.uniform(0.06, 0.13)
    top = joint + gap
    plateau = np.array([
        (-0.34, top + 0.02), (0.0, top), (0.33, top + 0.03), (0.36, top + 0.15), (0.2, top + 0.4),
        (0.2, 2.5), (-0.12, 2.5), (-0.14, top + 0.45), (-0.33, top + 0.2),
    ])  # fmt: skip
    tibia = [organ(rng, plateau, 0.015)]
    patella = [
        oval(rng, (-0.54, -0.45 + rng.normal(0, 0.06)), (0.09, rng.uniform(0.15, 0.22)), 0.1, 0.04)
    ]
    plate.fill(oval(rng, (0, joint + gap / 2), (0.36, 0.6 * gap)), scan("other tissue", "soft"))
    gristle = scan("cartilage", "cartilage")
    layer = 0.42 * gap
    cap = arc((0.0, -0.3), (ball[0] + layer / 2, ball[1] + layer / 2), -0.3, np.pi + 0.5, 26)
    plate.fill(ribbon(cap, layer), gristle)
    flat = np.array([(-0.3, top - layer / 3), (0.0, top - layer / 2), (0.3, top - layer / 3)])
    plate.fill(ribbon(flat, layer), gristle)
    for side in (-1, 1):
        wedge = np.array([(0.12, joint + gap / 2), (0.36, joint - 0.4 * gap), (0.36, top + 0.01)])
        plate.fill(wedge * np.array([side, 1]), scan("meniscus", "cortex"))
    for category, shapes in (("femur", femur), ("tibia", tibia), ("kneecap", patella)):
        plate.fill_all(shapes, scan(category, "cortex"))
        plate.fill_all(
            [inset(s, shell) if len(s) > 6 else s for s in shapes], scan(category, "marrow")
        )
    if rng.random() < 0.3:  # bruised marrow
        spot = oval(rng, rng.normal((0, top + 0.15), 0.1), (0.1, 0.07), 0, 0.1)
        with plate.within("tibia"):
            plate.fill(spot, scan("tibia", "marrow", rng.choice([-0.2, 0.25])))


@look("medical", "mr spine")
def mr_spine(rng: np.random.Generator, size: int) -> Drawing:
    """A sagittal slice: a column of boxes with discs between, the cord behind it."""
    scan = mr_scan(rng, int(rng.choice([0, 1, 2])))
    plate = Plate(
        size,
        glance(rng, size, [(0, 0), (0, -0.5), (0, 0.5), (0.25, 0.0)]),
        scan("other tissue", "soft"),
    )
    count = int(rng.integers(6, 16))
    step = 4.4 / count
    y = -2.2 + step * (np.arange(count + 1) + rng.uniform(0, 1) - 0.5)
    sway = rng.normal(0, 0.15) * np.sin(y * rng.uniform(1, 2.5) + rng.uniform(0, 6))
    wide = step * rng.uniform(0.5, 0.75) * np.linspace(0.9, 1.1, count + 1)
    column = np.stack([sway, y], -1)
    for _ in range(int(rng.integers(0, 14))):  # what lies before the spine
        spot, size_ = rng.uniform((-1.4, -1.4), (-0.3, 1.4)), rng.uniform(0.05, 0.4, 2)
        kind = str(rng.choice(["gut", "fat", "fluid", "muscle", "gas", "liver"]))
        shape = oval(rng, spot, size_, rng.uniform(0, 3), 0.08)
        plate.fill(shape, scan("fat" if kind == "fat" else "other tissue", kind))
    _canal(rng, plate, scan, column, wide)
    for at, half in zip(column, wide, strict=True):
        _level(rng, plate, scan, at, (half, step))
    return mr_picture(rng, plate, scan)


def _canal(rng: np.random.Generator, plate: Plate, scan: Scan, column: Array, wide: Array) -> None:
    """Skin, fat and muscle behind; fluid with the cord in it; a vessel in front."""
    back = float(wide.mean())
    for depth, category, kind in (
        (3.3, "other tissue", "muscle"), (rng.uniform(3.2, 4.2), "fat", "fat"), (4.8, "air", "air"),
    ):  # fmt: skip
        edge = column + np.array([depth * back, 0])
        ahead = edge + np.array([3.0, 0])
        if category != "other tissue":
            plate.fill(np.concatenate([edge, ahead[::-1]]), scan(category, kind))
        else:
            plate.fill(ribbon(edge - np.array([back, 0]), 2.2 * back), scan(category, kind))
    canal = column + np.array([1.35 * back, 0])
    plate.fill(ribbon(canal, 0.62 * back), scan("spinal cord", "csf"))
    end = int(rng.integers(len(canal) // 2, len(canal) + 1))
    thin = rng.uniform(0.2, 0.36) * back
    plate.fill(ribbon(canal[: max(end, 2)], thin), scan("spinal cord", "cord"))
    if rng.random() < 0.7:
        ahead = column - np.array([1.6 * back, 0]) + rng.normal(0, 0.03, column.shape)
        plate.fill(ribbon(ahead, rng.uniform(0.3, 0.8) * back), scan("blood vessel", "blood"))


def _level(
    rng: np.random.Generator, plate: Plate, scan: Scan, at: Array, box: tuple[float, float]
) -> None:
    """One vertebra, the disc under it, and the spine of the vertebra behind the canal."""
    half, step = box
    disc = oval(
        rng, at + np.array([0, step / 2]), (half * rng.uniform(0.9, 1.12), 0.2 * step), 0, 0.03, 2.6
    )
    worn = rng.uniform(-0.3, 0.25)
    plate.fill(disc, scan("disc", "cortex", 0.08))
    plate.fill(inset(disc, 0.06 * step), scan("disc", "disc", worn))
    body = oval(rng, at, (half, 0.36 * step), rng.normal(0, 0.03), 0.015, 5.0)
    plate.fill(body, scan("vertebra", "cortex"))
    shade = rng.normal(0, 0.03) if rng.random() < 0.93 else rng.uniform(-0.3, 0.3)
    plate.fill(inset(body, 0.03 * step), scan("vertebra", "marrow", shade))
    spine = oval(rng, at + np.array([half * 2.4, 0.25 * step]), (0.6 * half, 0.2 * step), 0.3, 0.05)
    plate.fill(spine, scan("vertebra", "cortex"))
    plate.fill(inset(spine, 0.03 * step), scan("vertebra", "marrow"))
