"""Ultrasound of the heart and of the head of an unborn child: dark rooms, bright walls."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.echo import apex, echo_picture, echo_plate, layered, tissue_echo
from napari_ovseg.starter.medical.outlines import SIDES, inset, oval, ribbon
from napari_ovseg.starter.medical.plate import Material

WORDS: dict[str, tuple[str, ...]] = {
    "fetal head": (
        "fetal head", "foetal head", "head of the fetus", "head of the unborn baby",
        "bright oval outline of the head", "baby head",
    ),
}  # fmt: skip


@look("medical", "ultrasound heart")
def ultrasound_heart(rng: np.random.Generator, size: int) -> Drawing:
    """Four dark chambers below the probe at the tip of the heart, or some of them."""
    tissue = rng.uniform(0.2, 0.5)
    plate = echo_plate(rng, size, tissue_echo(tissue * rng.uniform(0.4, 1), 0.5))
    source = apex(rng, 1.0)
    lean = rng.normal(0, 0.15)
    blood = rng.uniform(0.0, 0.1)
    long, wide, wall = rng.uniform(0.42, 0.62), rng.uniform(0.2, 0.34), rng.uniform(0.07, 0.16)
    middle = np.array([rng.normal(0.1, 0.08), rng.normal(-0.2, 0.08)])
    left = oval(rng, middle, (wide, long), lean, 0.04, 2.2)
    muscle = Material("heart muscle", tissue * rng.uniform(1.0, 1.6), 0.3)
    turn = SIDES[int(rng.integers(2))]
    shapes = [(inset(left, -wall), muscle)]
    beside = np.array([-2 * wide - 0.4 * wall, 0.0])
    if rng.random() < 0.75:
        right = oval(
            rng, middle + beside + np.array([0, 0.05]), (0.75 * wide, 0.85 * long), lean + 0.1, 0.06
        )
        shapes += [(inset(right, -0.6 * wall), muscle)]
        shapes += [(right, Material("right ventricle", blood, 0.3))]
    shapes += [(left, Material("left ventricle", blood, 0.3))]
    for at in (middle, middle + beside):
        radii = (0.85 * wide, rng.uniform(0.2, 0.32))
        room = oval(rng, at + np.array([0, long + 0.28]), radii, 0, 0.05)
        shapes += [(inset(room, -0.3 * wall), muscle), (room, Material("atrium", blood, 0.3))]
        leaf = np.array([(-wide, long), (0, long + rng.uniform(-0.2, 0.1)), (wide, long)])
        shapes += [(ribbon(at + leaf, 0.025), Material("heart muscle", tissue + 0.3, 0.2))]
    for shape, material in shapes:
        plate.fill(shape * turn, material)
    return echo_picture(rng, plate, source, [])


@look("medical", "ultrasound fetal head")
def ultrasound_fetal_head(rng: np.random.Generator, size: int) -> Drawing:
    """A bright oval outline with grey inside, a midline, and dark fluid around."""
    tissue = rng.uniform(0.2, 0.45)
    plate, source = layered(rng, size, tissue, 0.5, 0.9)
    pool = oval(rng, rng.normal(0, 0.15, 2), rng.uniform(0.7, 1.1, 2), 0, 0.08)
    if rng.random() < 0.6:
        plate.fill(pool, Material("other tissue", rng.uniform(0.0, 0.1)))
    shades: list[tuple[Array, float]] = []
    if rng.random() < 0.95:
        wide, angle = log_uniform(rng, 0.25, 0.75), rng.uniform(0, np.pi)
        spot = rng.normal(0, 0.12, 2)
        head = oval(rng, spot, (wide, wide * rng.uniform(0.68, 0.9)), angle, 0.012)
        skull = rng.uniform(0.02, 0.07)
        plate.fill(head, Material("fetal head", rng.uniform(0.6, 1.0), 0.3))
        inner = inset(head, skull)
        plate.fill(inner, Material("fetal head", tissue * rng.uniform(0.3, 1.0), 0.4))
        along = np.array([np.cos(angle), np.sin(angle)])
        bright = Material("fetal head", tissue + rng.uniform(0.1, 0.4), 0.4)
        if rng.random() < 0.8:
            plate.fill(
                ribbon(np.linspace(spot - 0.8 * wide * along, spot + 0.8 * wide * along, 8), 0.02),
                bright,
            )
        for _ in range(int(rng.integers(0, 6))):
            at = spot + rng.normal(0, 0.3 * wide, 2)
            room = oval(rng, at, wide * rng.uniform(0.05, 0.25, 2), angle, 0.1)
            plate.fill(room, bright if rng.random() < 0.4 else Material("fetal head", 0.04))
        shades.append((head, rng.uniform(-0.6, 0.1)))
    return echo_picture(rng, plate, source, shades)
