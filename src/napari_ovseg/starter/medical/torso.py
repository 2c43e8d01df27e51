"""Parts of the trunk that slices of chest, abdomen and pelvis have in common.

The body plane: x from -1 (the patient's right) to 1, y from the belly (-) to the back (+).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.medical.outlines import (
    SIDES,
    Point,
    arc,
    inset,
    organ,
    oval,
    ribbon,
)

if TYPE_CHECKING:
    from napari_ovseg.starter.medical.plate import Plate
    from napari_ovseg.starter.medical.tissue import Scan

WORDS: dict[str, tuple[str, ...]] = {
    "vertebra": (
        "vertebra", "vertebrae", "spine bone", "spine", "vertebral body", "backbone",
        "spinal column", "bone of the spine",
    ),
    "rib": ("rib", "ribs", "rib bone", "rib cage", "curved thin bone", "bright curved rib"),
    "back muscle": (
        "back muscle", "back muscles", "spinal muscle", "muscle beside the spine",
        "paraspinal muscle", "autochthonous back muscle", "erector spinae",
    ),
    "aorta": (
        "aorta", "large artery", "main artery", "aortic vessel",
        "round vessel in front of the spine", "descending aorta",
    ),
}  # fmt: skip

BEHIND = 0.16
"""How much thicker the wall is behind, where the back muscles are; the cavity lies forward."""


def trunk(
    rng: np.random.Generator, plate: Plate, scan: Scan, depth: float, wall: float
) -> tuple[float, float]:
    """Draw table, skin, fat and muscular wall; return the half axes of the cavity inside.

    The cavity is centred on the origin, the body ``BEHIND / 2`` behind it.
    """
    shown = np.clip(scan.tones["table"][0] - max(scan.tones["air"][0], 0), 0, 1)
    if shown > 0.03 and rng.random() < 0.6:
        _table(rng, plate, scan, depth)
    body = oval(rng, (0, BEHIND / 2), (1, depth), 0, 0.012, rng.uniform(2.0, 2.9))
    plate.fill(body, scan("skin", "skin"))
    under = rng.uniform(0.008, 0.022)
    plate.fill(inset(body, under), scan("fat", "fat"))
    under += log_uniform(rng, 0.015, 0.2)
    plate.fill(inset(body, under), scan("other tissue", "muscle"))
    seams = log_uniform(rng, 0.005, 0.02)
    if wall > 0.07:  # fat between the layers of muscle
        layer = inset(body, under + wall * rng.uniform(0.35, 0.65))
        plate.fill_all(
            [ribbon(layer[a : a + 9], seams) for a in range(0, 50, 11)], scan("fat", "fat")
        )
    inside = under + wall
    return 1 - inside, depth - inside - BEHIND / 2


def _table(rng: np.random.Generator, plate: Plate, scan: Scan, depth: float) -> None:
    top, sag = depth + rng.uniform(0.08, 0.2), rng.uniform(0.0, 0.35)
    wide, thick = rng.uniform(0.9, 1.5), rng.uniform(0.05, 0.3)
    t = np.linspace(-1, 1, 24)
    upper = np.stack([wide * t, top - sag * t**2], -1)
    lower = np.stack([wide * t, top + thick - sag * t**2 * rng.uniform(0.6, 1.5)], -1)
    shell = log_uniform(rng, 0.01, 0.03)
    plate.fill(np.concatenate([upper, lower[::-1]]), scan("air", "foam"))
    for path in (upper, lower):
        plate.fill(ribbon(path, shell), scan("scanner table", "table"))


def spine(rng: np.random.Generator, plate: Plate, scan: Scan, centre: Point, radius: float) -> None:
    """Draw a vertebra with its canal and processes, and the muscles beside it."""
    x, y = centre
    with plate.within("other tissue", "fat"):
        _muscles(rng, plate, scan, centre, radius)
    hard, soft = scan("vertebra", "cortex", -0.1), scan("vertebra", "marrow")
    back = y + 2.1 * radius
    tip = y + radius * rng.uniform(2.7, 3.4)
    spread = radius * rng.uniform(1.5, 2.2)
    thick = radius * rng.uniform(0.25, 0.45)
    middle = np.array([[x, back - 0.2 * radius], [x + rng.normal(0, 0.05) * radius, tip]])
    wings = [
        np.array([[x + s * radius * 0.7, y + radius], [x + s * spread, back + rng.normal(0, 0.02)]])
        for s in (-1, 1)
    ]
    lamina = arc((x, y + 1.25 * radius), (0.85 * radius, 0.85 * radius), 0.0, np.pi)
    bands = [middle, *wings, lamina] if rng.random() < 0.8 else wings  # between two arches
    plate.fill_all([ribbon(b, thick) for b in bands], hard)
    plate.fill_all([ribbon(b, 0.5 * thick) for b in bands], soft)
    body = oval(rng, (x, y), (radius * rng.uniform(1.0, 1.3), radius), 0, 0.02, 2.2)
    plate.fill(body, hard)
    plate.fill(inset(body, radius * rng.uniform(0.06, 0.16)), soft)
    canal = oval(rng, (x, y + 1.35 * radius), (0.55 * radius, 0.48 * radius), 0, 0.02)
    plate.fill(canal, scan("other tissue", "csf"))
    plate.fill(inset(canal, 0.16 * radius), scan("other tissue", "cord"))


def _muscles(
    rng: np.random.Generator, plate: Plate, scan: Scan, centre: Point, radius: float
) -> None:
    x, y = centre
    wide, deep = radius * rng.uniform(0.9, 1.7), radius * rng.uniform(0.6, 1.1)
    muscle = oval(
        rng, (1.1 * wide, y + 2.4 * radius), (wide, deep), rng.normal(0.15, 0.15), 0.05, 2.3
    )
    for side in SIDES:
        outline = muscle * side + np.array([x, 0])
        plate.fill(inset(outline, -0.06 * radius), scan("fat", "fat"))
        plate.fill(outline, scan("back muscle", "muscle"))


def ribs(
    rng: np.random.Generator, plate: Plate, scan: Scan, axes: tuple[float, float], count: int
) -> None:
    """Draw cut ribs within the wall, just outside a cavity of these half axes."""
    wide = rng.uniform(0.028, 0.05)
    radii = (axes[0] + 0.6 * wide, axes[1] + 0.6 * wide)
    for side in SIDES:
        for at in np.linspace(-1.0, 1.25, count) + rng.normal(0, 0.12, count):
            span = rng.uniform(0.08, 0.4)
            path = arc((0, 0), radii, at - span / 2, at + span / 2, 8) * side
            taper = wide * np.sin(np.linspace(0.5, np.pi - 0.5, 8))
            plate.fill(ribbon(path, taper), scan("rib", "cortex", -0.15))
            plate.fill(ribbon(path[1:-1], 0.45 * taper[1:-1]), scan("rib", "marrow"))


def vessel(
    rng: np.random.Generator,
    plate: Plate,
    scan: Scan,
    place: tuple[str, Point, float],
) -> None:
    """Draw a cut vessel: its category, centre and radius; the wall may be calcified."""
    category, centre, radius = place
    outline = oval(rng, centre, (radius, radius * rng.uniform(0.85, 1.1)), rng.uniform(0, 3), 0.02)
    plate.fill(inset(outline, -0.2 * radius), scan("fat", "fat"))
    plate.fill(outline, scan(category, "blood"))
    if rng.random() < 0.25:
        start = rng.uniform(0, 6)
        chalk = arc(centre, (0.9 * radius, 0.9 * radius), start, start + rng.uniform(0.3, 1.5), 8)
        plate.fill(ribbon(chalk, 0.2 * radius), scan(category, "cortex"))


def growths(
    rng: np.random.Generator,
    plate: Plate,
    scan: Scan,
    host: tuple[str, str],
    box: tuple[Array, Array],
) -> None:
    """Draw none, one or several tumours or cysts inside a host (category, kind) and a box."""
    category, kind = host
    shift = rng.choice([-1, -1, 1]) * rng.uniform(0.03, 0.22)
    sick = scan("tumour", kind, shift)
    watery = scan("cyst", "fluid")
    with plate.within(category):
        for _ in range(int(rng.choice([1, 1, 2, 5]))):
            middle, radius = rng.uniform(*box), log_uniform(rng, 0.02, 0.16)
            outline = organ(
                rng, oval(rng, middle, (radius, radius * rng.uniform(0.6, 1)))[::6], 0.1 * radius
            )
            if category != "lung" and rng.random() < 0.3:
                plate.fill(outline, watery)
                continue
            plate.fill(outline, sick)
            if rng.random() < 0.3:  # a dead core or a bright rim
                plate.fill(inset(outline, 0.35 * radius), scan("tumour", kind, 1.8 * shift))
