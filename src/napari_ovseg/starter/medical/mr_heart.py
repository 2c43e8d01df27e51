"""MR slices across the heart: a bright round blood pool in a dark ring of muscle."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import arc, inset, oval, ribbon
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, glance
from napari_ovseg.starter.medical.tissue import Scan, mr_picture, mr_scan

WORDS: dict[str, tuple[str, ...]] = {
    "atrium": ("atrium", "left atrium", "right atrium", "upper heart chamber", "auricle"),
}

_CLUTTER = (
    ("fat", "fat"), ("fat", "fat"), ("rib", "marrow"), ("other tissue", "muscle"),
    ("other tissue", "cortex"), ("blood vessel", "blood"),
)  # fmt: skip


@look("medical", "mr heart")
def mr_heart(rng: np.random.Generator, size: int) -> Drawing:
    """A short-axis cine frame, from the base of the heart to its apex."""
    scan = mr_scan(rng, 3)
    plate = Plate(size, glance(rng, size, [(0.0, 0.0)]), scan("air", "air"))
    heart = log_uniform(rng, 0.1, 0.26)  # outer radius of the left ventricle
    _chest(rng, plate, scan, heart)
    if rng.random() < 0.9:
        _heart(rng, plate, scan, rng.normal(0, 0.03, 2), heart)
    if rng.random() < 0.35:  # the scanner's field ends in an arc
        for side in (0.0, np.pi):
            edge = rng.uniform(2.2, 2.9)
            path = arc((0, 0), (edge, edge), side - 1, side + 1)
            plate.fill(ribbon(path, 2 * (edge - rng.uniform(0.7, 1.1))), scan("air", "gas"))
    elif rng.random() < 0.3:  # or in a circle
        middle = np.linalg.solve(plate.view.matrix, size / 2 - plate.view.shift)
        reach = np.full(2, rng.uniform(0.8, 1.05) * size / 2 / plate.view.scale)
        plate.fill_outside(oval(rng, middle, reach, wobble=0.0), scan("air", "gas"))
    drawing = mr_picture(rng, plate, scan)
    if rng.random() < 0.25:
        bands = _banding(rng, size)[..., None]
        return Drawing(drawing.image * bands, drawing.parts, drawing.names)
    return drawing


def _chest(rng: np.random.Generator, plate: Plate, scan: Scan, heart: float) -> None:
    """Chest wall, lungs and the organs below the heart."""
    body = oval(
        rng, (0.1, 0.25), rng.uniform((0.95, 0.75), (1.5, 1.15)), rng.normal(0, 0.5), 0.03, 2.3
    )
    plate.fill(body, scan("skin", "skin"))
    plate.fill(inset(body, 0.015), scan("fat", "fat"))
    wall = log_uniform(rng, 0.04, 0.25)
    plate.fill(inset(body, wall), scan("other tissue", "muscle"))
    filling = str(rng.choice(["soft", "muscle", "liver", "lung"]))
    plate.fill(inset(body, wall + rng.uniform(0.04, 0.15)), scan("other tissue", filling))
    inner = inset(body, wall + 0.05)
    for _ in range(int(log_uniform(rng, 4, 80))):  # fat between the muscles, ribs, cut vessels
        spot = inner[rng.integers(len(inner))] * rng.uniform(0.3, 1.05)
        thin = log_uniform(rng, 0.01, 0.05)
        streak = oval(rng, spot, (thin * log_uniform(rng, 1, 8), thin), rng.uniform(0, 3), 0.1)
        category, kind = _CLUTTER[rng.integers(len(_CLUTTER))]
        plate.fill(streak, scan(category, kind, rng.normal(0, 0.04)))
    lungs = [((0.35, -0.05), (0.38, 0.5)), ((-0.5, -0.2), (0.28, 0.4))]
    for (x, y), radii in lungs[: int(rng.integers(1, 3))]:
        wide = np.asarray(radii) * log_uniform(rng, 0.8, 1.4)
        lung = oval(rng, rng.normal((x, y), 0.06), wide, rng.normal(-0.3, 0.2), 0.06, 2.3)
        with plate.within("other tissue", "fat", "rib"):
            plate.fill(lung, scan("lung", "lung"))
    with plate.within("lung"):
        for _ in range(int(log_uniform(rng, 1, 60))):
            spot = rng.normal((0.4, 0.0), 0.25)
            thin = log_uniform(rng, 0.004, 0.015)
            branch = oval(rng, spot, (thin * log_uniform(rng, 1, 6), thin), rng.uniform(0, 3))
            plate.fill(branch, scan("lung", "blood", -0.2))
    _below(rng, plate, scan, 1.2 * heart)


def _below(rng: np.random.Generator, plate: Plate, scan: Scan, top: float) -> None:
    """Liver, stomach, spleen, bowel and great vessels under the diaphragm."""
    with plate.within("other tissue", "lung", "fat"):
        liver = oval(rng, (-0.45, top + 0.35), rng.uniform((0.3, 0.2), (0.6, 0.4)), 0.2, 0.06)
        plate.fill(inset(liver, -0.015), scan("other tissue", "cortex"))
        plate.fill(liver, scan("liver", "liver"))
        for _ in range(int(rng.integers(0, 9))):
            spot = rng.uniform((-0.6, top + 0.1), (0.7, top + 0.8))
            wide = log_uniform(rng, 0.04, 0.2)
            shape = oval(rng, spot, (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.06)
            filling = str(rng.choice(["spleen", "gut", "fluid", "stool", "gas", "soft", "fat"]))
            plate.fill(inset(shape, -0.012), scan("other tissue", "cortex"))
            plate.fill(shape, scan("other tissue", filling, rng.normal(0, 0.05)))
        if rng.random() < 0.6:
            spot, wide = rng.uniform((-0.1, top + 0.2), (0.4, top + 0.5)), rng.uniform(0.035, 0.07)
            plate.fill(oval(rng, spot, (1.2 * wide, 1.2 * wide)), scan("other tissue", "cortex"))
            plate.fill(oval(rng, spot, (wide, wide)), scan("aorta", "blood"))


def _heart(
    rng: np.random.Generator, plate: Plate, scan: Scan, centre: Array, radius: float
) -> None:
    """The ring of the left ventricle, the right ventricle beside it, fat around both."""
    septum = np.pi + rng.normal(0, 0.5)
    towards = np.array([np.cos(septum), np.sin(septum)])
    apex = rng.random() < 0.15
    sac = oval(rng, centre + 0.6 * radius * towards, (2.1 * radius, 1.5 * radius), septum, 0.06)
    _padding(rng, plate, scan, sac, radius)
    muscle = scan("heart muscle", "muscle")
    if not apex:
        wide = radius * rng.uniform(0.6, 1.15)
        shape = (wide, radius * rng.uniform(1.0, 1.5))
        right = oval(
            rng, centre + towards * radius * 1.05, shape, septum + rng.normal(0, 0.3), 0.07
        )
        plate.fill(inset(right, -0.12 * radius), muscle)
        plate.fill(right, scan("right ventricle", "blood", rng.normal(0, 0.05)))
        with plate.within("right ventricle"):
            _cords(rng, plate, scan("right ventricle", "muscle"), right)
        if rng.random() < 0.25:  # at the base the atria and the outflow are seen as well
            spot = centre + radius * rng.uniform(-1.6, 1.6, 2)
            chamber = oval(rng, spot, radius * rng.uniform(0.5, 0.9, 2), rng.uniform(0, 3), 0.08)
            plate.fill(inset(chamber, -0.08 * radius), muscle)
            plate.fill(chamber, scan("atrium", "blood", rng.normal(0, 0.05)))
    outer = oval(rng, centre, (radius, radius * rng.uniform(0.85, 1.05)), rng.uniform(0, 3), 0.03)
    plate.fill(outer, muscle)
    thick = radius * log_uniform(rng, 0.12, 0.65)
    pool = inset(outer, thick) + rng.normal(0, 0.08, 2) * thick
    faint = -0.6 * (scan.tones["blood"][0] - scan.tones["muscle"][0])
    blood = scan("left ventricle", "blood", rng.choice([0, 0, 0, rng.uniform(faint, 0)]))
    plate.fill(pool, blood)
    with plate.within("left ventricle"):
        _cords(rng, plate, scan("left ventricle", "muscle", 0.05), pool)


def _padding(rng: np.random.Generator, plate: Plate, scan: Scan, sac: Array, radius: float) -> None:
    """Lumps of fat around the heart, and the thin dark sac that holds it."""
    fat = scan("fat", "fat", -scan.tones["fat"][0] * rng.uniform(0, 0.6))
    if rng.random() < 0.5:
        plate.fill(inset(sac, -0.06 * radius), scan("other tissue", "cortex"))
    plate.fill(sac, fat if rng.random() < 0.35 else scan("other tissue", "soft"))
    for _ in range(int(rng.integers(2, 12))):
        spot = sac[rng.integers(len(sac))]
        size = radius * rng.uniform(0.08, 0.5, 2)
        plate.fill(oval(rng, spot, size, rng.uniform(0, 3), 0.12), fat)


def _cords(rng: np.random.Generator, plate: Plate, muscle: Material, pool: Array) -> None:
    """Papillary muscles and rough bundles at the rim of a blood pool, part of the cavity."""
    middle = pool.mean(0)
    span = np.linalg.norm(pool - middle, axis=1).mean()
    for _ in range(int(rng.integers(0, 5))):
        spot = middle + (pool[rng.integers(len(pool))] - middle) * rng.uniform(0.6, 1.0)
        wide = span * rng.uniform(0.06, 0.22)
        plate.fill(
            oval(rng, spot, (wide, wide * rng.uniform(0.5, 1)), rng.uniform(0, 3), 0.1), muscle
        )
    if rng.random() < 0.5:
        plate.fill(ribbon(np.concatenate([pool, pool[:1]]), span * 0.06 * rng.random(57)), muscle)


def _banding(rng: np.random.Generator, size: int) -> Array:
    """Dark contour-like bands where the field of the magnet is uneven."""
    phase = rng.uniform(1.5, 5) * cloud(rng, size, size / rng.uniform(2, 4))
    line = np.exp(-((np.sin(phase) / rng.uniform(0.08, 0.3)) ** 2))
    where = np.clip(cloud(rng, size, size / 3) - rng.uniform(-0.3, 1), 0, 1)
    return (1 - rng.uniform(0.3, 0.9) * line * where).astype(np.float32)
