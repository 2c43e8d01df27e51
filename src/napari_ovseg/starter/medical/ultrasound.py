"""Ultrasound of breast, neck and belly: lumps, glands, vessels, organs."""

from __future__ import annotations

import numpy as np

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.echo import apex, echo_picture, echo_plate, layered, tissue_echo
from napari_ovseg.starter.medical.outlines import inset, organ, oval, ribbon, wander
from napari_ovseg.starter.medical.plate import Material, Plate

WORDS: dict[str, tuple[str, ...]] = {
    "thyroid": ("thyroid", "thyroid gland", "thyroid lobe", "gland in the neck"),
}  # fmt: skip


def _mass(rng: np.random.Generator, spot: Array, wide: float, ragged: float) -> Array:
    outline = oval(rng, spot, (wide, wide * rng.uniform(0.45, 0.95)), rng.normal(0, 0.25), 0.04)
    return organ(rng, outline[::3], ragged * wide) if ragged > 0.02 else outline


def _lump(
    rng: np.random.Generator, plate: Plate, spot: Array, wide: float, around: float
) -> tuple[Array, float]:
    """A cyst, clear and bright behind, or a grey tumour that may cast a shadow."""
    if rng.random() < 0.3:
        outline = _mass(rng, spot, wide, 0.0)
        if rng.random() < 0.6:
            plate.fill(inset(outline, -0.012), Material("other tissue", around + 0.3))
        plate.fill(outline, Material("cyst", rng.uniform(0.0, 0.07)))
        return outline, rng.uniform(0.0, 0.9)
    outline = _mass(rng, spot, wide, rng.choice([0, 0, 0.05, 0.12]))
    if rng.random() < 0.4:
        halo = around * rng.choice([0.4, 1.7])
        plate.fill(inset(outline, -rng.uniform(0.01, 0.06)), Material("other tissue", halo))
    strength = around * (rng.uniform(0.15, 0.6) if rng.random() < 0.85 else rng.uniform(1.4, 1.8))
    plate.fill(outline, Material("tumour", strength, rng.uniform(0.05, 0.4)))
    with plate.within("tumour"):
        for _ in range(int(rng.choice([0, 0, 3, 8]))):  # chalk or pockets
            dot = spot + rng.normal(0, 0.4 * wide, 2)
            size = wide * log_uniform(rng, 0.03, 0.2)
            plate.fill(
                oval(rng, dot, (size, size), 0, 0.1), Material("tumour", rng.choice([0.02, 0.8]))
            )
    return outline, rng.uniform(-0.8, 0.4)


@look("medical", "ultrasound lump")
def ultrasound_lump(rng: np.random.Generator, size: int) -> Drawing:
    """Breast or soft tissue in layers, with none, one or two masses."""
    deep = rng.uniform(0.25, 0.6)
    plate, source = layered(rng, size, deep, 0.3, 0.2)
    shades = []
    for _ in range(int(rng.choice([0, 1, 1, 1, 1, 1, 2]))):
        spot = rng.uniform((-0.5, -0.5), (0.5, 0.4))
        shades.append(_lump(rng, plate, spot, log_uniform(rng, 0.08, 0.65), deep))
    return echo_picture(rng, plate, source, shades)


@look("medical", "ultrasound neck")
def ultrasound_neck(rng: np.random.Generator, size: int) -> Drawing:
    """Lobes of the thyroid, dark round or long vessels, perhaps a nodule."""
    deep = rng.uniform(0.2, 0.45)
    plate, source = layered(rng, size, deep, 0.3, 0.15)
    shades: list[tuple[Array, float]] = []
    sides = ((-1.0,), (1.0,), (-1.0, 1.0))[int(rng.integers(3))]
    for side in sides:
        spot = np.array([side * 0.45, rng.uniform(-0.2, 0.1)])
        lobe = oval(rng, spot, (rng.uniform(0.25, 0.4), rng.uniform(0.18, 0.35)), 0.3 * side, 0.05)
        strength = deep * rng.uniform(1.3, 1.9)
        plate.fill(inset(lobe, -0.02), tissue_echo(deep + 0.35))
        plate.fill(lobe, Material("thyroid", strength, rng.uniform(0.03, 0.2)))
        if rng.random() < 0.6:
            at = spot + rng.normal(0, 0.08, 2)
            shades.append(_lump(rng, plate, at, log_uniform(rng, 0.05, 0.2), strength))
    for _ in range(int(rng.integers(0, 4))):
        spot, wide = rng.uniform((-0.9, -0.3), (0.9, 0.5)), log_uniform(rng, 0.05, 0.2)
        if rng.random() < 0.15:  # cut along
            path = wander(rng, (-1.6, spot[1]), 0, 3.4, 0.2)
            vessel = ribbon(path, 1.2 * wide)
        else:
            vessel = oval(rng, spot, (wide, wide * rng.uniform(0.7, 1)), 0, 0.02)
            shades.append((vessel, rng.uniform(0, 0.5)))
        plate.fill(inset(vessel, -0.025), tissue_echo(deep + rng.uniform(0.1, 0.45)))
        plate.fill(vessel, Material("blood vessel", rng.uniform(0.0, 0.08)))
    return echo_picture(rng, plate, source, shades)


@look("medical", "ultrasound belly")
def ultrasound_belly(rng: np.random.Generator, size: int) -> Drawing:
    """Liver with dark vessels, a kidney with a bright core, a gallbladder with stones."""
    around = rng.uniform(0.2, 0.5)
    plate = echo_plate(rng, size, tissue_echo(rng.uniform(0.3, 0.6), 0.4))
    source = apex(rng, 0.9)
    liver = oval(rng, rng.normal((-0.1, -0.1), 0.15), rng.uniform(0.6, 1.3, 2), 0, 0.05)
    plate.fill(inset(liver, -0.02), tissue_echo(around + 0.3))
    plate.fill(liver, Material("liver", around, rng.uniform(0.03, 0.15)))
    shades: list[tuple[Array, float]] = []
    with plate.within("liver"):
        for _ in range(int(rng.integers(0, 8))):
            path = wander(
                rng, rng.uniform(-0.8, 0.8, 2), rng.uniform(0, 6), rng.uniform(0.1, 0.7), 0.5
            )
            wide = log_uniform(rng, 0.02, 0.09)
            if rng.random() < 0.5:
                plate.fill(ribbon(path, wide + 0.025), Material("liver", around + 0.25))
            plate.fill(ribbon(path, wide), Material("blood vessel", rng.uniform(0, 0.08)))
    if rng.random() < 0.6:
        _kidney(rng, plate, around)
    if rng.random() < 0.5:
        sac = oval(
            rng, rng.uniform(-0.5, 0.5, 2), (rng.uniform(0.15, 0.4), 0.14), rng.uniform(0, 3), 0.04
        )
        plate.fill(inset(sac, -0.02), tissue_echo(around + 0.25))
        plate.fill(sac, Material("gallbladder", rng.uniform(0, 0.05)))
        shades.append((sac, rng.uniform(0.1, 0.8)))
        for _ in range(int(rng.choice([0, 0, 1, 3]))):
            stone = oval(rng, sac.mean(0) + rng.normal(0, 0.05, 2), (0.04, 0.03), 0, 0.06)
            plate.fill(stone, Material("gallbladder", 0.95))
            shades.append((stone, -0.9))
    if rng.random() < 0.4:
        shades.append(
            _lump(rng, plate, rng.normal(0, 0.35, 2), log_uniform(rng, 0.06, 0.3), around)
        )
    return echo_picture(rng, plate, source, shades)


def _kidney(rng: np.random.Generator, plate: Plate, around: float) -> None:
    wide, spot = rng.uniform(0.25, 0.55), rng.uniform((-0.4, -0.1), (0.5, 0.5))
    tilt = rng.normal(0, 0.4)
    outline = oval(rng, spot, (wide, 0.5 * wide), tilt, 0.03)
    plate.fill(inset(outline, -0.02), tissue_echo(around + 0.35))
    plate.fill(outline, Material("kidney", around * rng.uniform(0.5, 0.9), 0.1))
    core = oval(rng, spot, (0.65 * wide, 0.22 * wide), tilt, 0.12)
    plate.fill(core, Material("kidney", around + rng.uniform(0.2, 0.45), 0.5))
