"""CT slices of the pelvis: hip bones, thigh bones, gluteal muscles, bladder and rectum."""

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
    smooth,
)
from napari_ovseg.starter.medical.plate import Plate, glance
from napari_ovseg.starter.medical.tissue import Scan, ct_picture, ct_scan, streaks
from napari_ovseg.starter.medical.torso import trunk, vessel

WORDS: dict[str, tuple[str, ...]] = {
    "hip bone": (
        "hip bone", "hip bones", "pelvis bone", "pelvic bone", "pelvis", "hip", "ilium",
        "bone of the pelvis",
    ),
    "femur": (
        "femur", "thigh bone", "femurs", "femoral head", "head of the thigh bone",
        "hip joint implant", "upper leg bone", "hip ball",
    ),
    "gluteal muscle": (
        "gluteal muscle", "gluteal muscles", "buttock muscle", "gluteus maximus", "gluteus",
        "muscle of the buttock",
    ),
    "rectum": ("rectum", "end of the bowel", "rectal wall", "last part of the colon"),
    "bladder": (
        "bladder", "urinary bladder", "fluid-filled bladder", "round dark bladder",
        "round organ in the middle of the pelvis",
    ),
    "sacrum": ("sacrum", "sacral bone", "base of the spine", "tailbone"),
}  # fmt: skip

_WINDOWS = (
    (40, 400), (50, 350), (0, 700), (400, 1800), (200, 2600), (0, 2000), (-50, 1100), (300, 2800),
)  # fmt: skip


@look("medical", "ct pelvis")
def ct_pelvis(rng: np.random.Generator, size: int) -> Drawing:
    """An axial slice between the iliac crests and the thighs, at times with a metal hip."""
    scan = ct_scan(rng, _WINDOWS)
    targets = [(0.6, 0.0), (-0.6, 0.0), (0.0, -0.15), (0.0, 0.25), (0.5, 0.3), (-0.5, 0.3)]
    plate = Plate(size, glance(rng, size, targets), scan("air", "air"))
    axes = trunk(rng, plate, scan, rng.uniform(0.5, 0.72), rng.uniform(0.02, 0.06))
    reach = np.array([axes[0] / 0.85, axes[1] / 0.5])
    _inside(rng, plate, scan, reach)
    metal: list[Array] = []
    level = rng.integers(3)
    if level == 0:
        _wings(rng, plate, scan, reach)
    else:
        metal = _joints(rng, plate, scan, reach, bool(level == 2))
    drawing = ct_picture(rng, plate, scan)
    if metal:
        return Drawing(
            _beams(rng, drawing.image, plate.view(np.array(metal))), drawing.parts, drawing.names
        )
    return drawing


def _inside(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    """Muscles of the wall, fat, bladder, rectum and a few loops of bowel."""
    hollow = oval(rng, (0, 0.02), (rng.uniform(0.4, 0.55), 0.4), 0, 0.05, 2.3) * reach
    plate.fill(hollow, scan("fat", "fat"))
    buttock = np.array([
        (0.1, 0.48), (0.2, 0.36), (0.36, 0.3), (0.55, 0.22), (0.74, 0.16), (0.82, 0.22),
        (0.68, 0.4), (0.45, 0.54), (0.2, 0.6),
    ])  # fmt: skip
    middle = buttock.mean(0)
    thick = rng.uniform(0.75, 1.25)
    for side in SIDES:
        muscle = organ(rng, (middle + (buttock - middle) * thick) * reach, 0.015) * side
        with plate.within("other tissue", "fat"):
            plate.fill(inset(muscle, -0.02), scan("fat", "fat"))
            plate.fill(muscle, scan("gluteal muscle", "muscle"))
            for _ in range(int(rng.integers(0, 5))):  # streaks of fat between the bundles
                x, y = muscle[rng.integers(len(muscle))] * 0.3 + muscle.mean(0) * 0.7
                streak = oval(rng, (x, y), (0.1, 0.006), -0.6 * np.sign(x), 0.1)
                plate.fill(streak, scan("gluteal muscle", "fat"))
        vessel(rng, plate, scan, ("blood vessel", np.array([0.42, -0.36]) * reach * side, 0.03))
    for _ in range(int(rng.integers(0, 7))):
        loop = oval(
            rng, rng.uniform((-0.35, -0.38), (0.35, 0.1)), rng.uniform(0.04, 0.1, 2), 0, 0.08
        )
        plate.fill(loop * reach, scan("bowel", "gut wall"))
        filling = str(rng.choice(["gut", "stool", "gas", "fluid"]))
        plate.fill(inset(loop * reach, 0.02), scan("bowel", filling))
    if rng.random() < 0.75:
        radii = (log_uniform(rng, 0.08, 0.32), log_uniform(rng, 0.07, 0.2))
        sac = oval(rng, (rng.normal(0, 0.03), -0.15), radii, 0, 0.03, 2.3) * reach
        plate.fill(inset(sac, -rng.uniform(0.005, 0.03)), scan("other tissue", "soft"))
        plate.fill(sac, scan("bladder", "fluid", rng.choice([0, 0, 0.15])))
    _rectum(rng, plate, scan, reach)


def _rectum(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    centre = (rng.normal(0, 0.04), rng.uniform(0.16, 0.3))
    wide = log_uniform(rng, 0.05, 0.11)
    outline = oval(rng, centre, (wide, wide * rng.uniform(0.8, 1.2)), 0, 0.05) * reach
    plate.fill(inset(outline, -rng.uniform(0.01, 0.05)), scan("fat", "fat"))
    plate.fill(outline, scan("rectum", "gut wall"))
    inner = inset(outline, wide * rng.uniform(0.15, 0.6))
    plate.fill(inner, scan("rectum", str(rng.choice(["gut", "stool", "gas", "gas"]))))


def _shell(plate: Plate, scan: Scan, category: str, outline: Array, thick: float) -> None:
    """Fill a bone: a dense shell around a spongy core."""
    plate.fill(outline, scan(category, "cortex"))
    plate.fill(inset(outline, thick), scan(category, "marrow"))


def _wings(rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array) -> None:
    """High in the pelvis: two slanting blades and the sacrum between them."""
    corners = np.array(
        [(0.26, 0.36), (0.4, 0.18), (0.55, 0.0), (0.66, -0.2 * rng.uniform(0.3, 1.3))]
    )
    path = smooth(corners + rng.normal(0, 0.02, corners.shape), False)
    t = np.linspace(0, 1, len(path))
    width = rng.uniform(0.05, 0.09) * (1.3 - t + 0.9 * t**4)
    for side in SIDES:
        blade = path * reach * side
        plate.fill(ribbon(blade, width), scan("hip bone", "cortex"))
        plate.fill(ribbon(blade[1:-1], 0.62 * width[1:-1]), scan("hip bone", "marrow"))
    low = rng.uniform(0.1, 0.22)
    sacrum = organ(rng, np.array([
        (0, low), (0.14, low + 0.02), (0.24, low + 0.08), (0.16, 0.36), (0.0, 0.45),
        (-0.16, 0.36), (-0.24, low + 0.08), (-0.14, low + 0.02),
    ]) * reach, 0.012)  # fmt: skip
    _shell(plate, scan, "sacrum", sacrum, rng.uniform(0.012, 0.03))
    for x in (-0.1, 0.1):
        hole = oval(rng, np.array([x, low + 0.13]) * reach, (0.025, 0.03), 0, 0.08)
        plate.fill(hole, scan("other tissue", "soft"))


def _joints(
    rng: np.random.Generator, plate: Plate, scan: Scan, reach: Array, low: bool
) -> list[Array]:
    """Low in the pelvis: sockets with the heads of the thigh bones; returns the metal balls."""
    metal = rng.random() < 0.22
    radius = rng.uniform(0.11, 0.16)
    spots = []
    for side in SIDES:
        joint = np.array([rng.uniform(0.55, 0.62), rng.uniform(-0.06, 0.06)]) * reach
        _socket(rng, plate, scan, (joint, radius), side)
        head = oval(rng, joint * side, (radius, radius), 0, 0.02)
        if low:  # neck and trochanter
            tip = joint + np.array([rng.uniform(1.2, 1.7), rng.uniform(0.4, 1.0)]) * radius
            neck = ribbon(np.linspace(joint, tip, 5) * side, 1.1 * radius)
            lump = oval(rng, tip * side, (0.65 * radius, 0.8 * radius), rng.uniform(0, 3), 0.06)
            for shape in (neck, lump):
                plate.fill(shape, scan("femur", "cortex"))
            plate.fill(inset(lump, 0.02), scan("femur", "marrow"))
            plate.fill(inset(neck, 0.025), scan("femur", "marrow"))
        _shell(plate, scan, "femur", head, rng.uniform(0.012, 0.04))
        if metal and rng.random() < 0.7:
            plate.fill(inset(head, 0.2 * radius * rng.random()), scan("femur", "metal"))
            spots.append(joint * side)
    tail = oval(rng, np.array([0, 0.42]) * reach, (0.05, 0.03), 0, 0.06)
    _shell(plate, scan, "sacrum", tail, 0.012)
    return spots


def _socket(
    rng: np.random.Generator,
    plate: Plate,
    scan: Scan,
    joint: tuple[Array, float],
    side: Array,
) -> None:
    """The cup around a head, the pubic bone before it and the seat bone behind it."""
    centre, radius = joint
    cup = arc(centre, (1.22 * radius, 1.22 * radius), 1.9, 4.9)
    width = radius * (0.3 + 0.35 * np.sin(np.linspace(0, np.pi, len(cup))) ** 2)
    seat = centre + radius * np.array([rng.uniform(-1.0, -0.5), rng.uniform(1.1, 1.7)])
    pubis = np.array([0.05, centre[1] - radius * rng.uniform(1.2, 2.4)])
    branch = np.linspace(centre + radius * np.array([-0.9, -0.7]), pubis, 9)
    thick = radius * rng.uniform(0.4, 0.8) * np.sin(np.linspace(0.5, 2.7, 9)) ** 0.5
    pieces = [
        (ribbon(cup * side, width), 0.25),
        (oval(rng, seat * side, (0.45 * radius, 0.75 * radius), rng.normal(0, 0.3), 0.06), 0.14),
    ]
    if rng.random() < 0.6:
        pieces.append((ribbon(branch * side, thick), 0.1))
    for piece, _ in pieces:
        plate.fill(piece, scan("hip bone", "cortex"))
    for piece, depth in pieces:
        plate.fill(inset(piece, depth * radius), scan("hip bone", "marrow"))


def _beams(rng: np.random.Generator, image: Array, spots: Array) -> Array:
    """Streaks around metal, and a dark band between two pieces of it."""
    size = image.shape[0]
    grey = image[..., 0].copy()
    for spot in spots:
        grey += rng.uniform(0.04, 0.2) * streaks(rng, size, spot)
    if len(spots) == 2:
        rows, cols = np.mgrid[:size, :size].astype(np.float32)
        along = (spots[1] - spots[0]) / max(np.linalg.norm(spots[1] - spots[0]), 1e-6)
        away = (cols - spots[0][0]) * -along[1] + (rows - spots[0][1]) * along[0]
        wide = size * rng.uniform(0.02, 0.06)
        shade = rng.uniform(0.1, 0.4) * np.exp(-((away / wide) ** 2))
        grey -= shade * (1 - 1.2 * np.exp(-((away / (0.3 * wide)) ** 2)))
    solid = image[..., 0] > 0.97
    return np.repeat(np.clip(np.where(solid, 1, grey), 0, 1)[..., None], 3, 2).astype(np.float32)
