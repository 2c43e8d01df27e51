"""Dental radiographs: rows of bright teeth with roots in grey jaw bone."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import inset, organ, oval, ribbon, smooth
from napari_ovseg.starter.medical.plate import Material, Plate, cloud, glance

WORDS: dict[str, tuple[str, ...]] = {
    "tooth": ("tooth", "teeth", "molar", "molars", "dental crown", "incisor", "bright tooth"),
    "jaw bone": ("jaw bone", "jaw", "background", "jawbone", "mandible", "bone around the teeth"),
}


@look("medical", "dental x-ray")
def dental_xray(rng: np.random.Generator, size: int) -> Drawing:
    """A panorama of both jaws, or a small film of a few teeth."""
    plate = Plate(
        size,
        glance(rng, size, [(-0.4, 0.0), (0.4, 0.0), (0.0, 0.05), (0.0, 0.4)], 0.85),
        Material("air", rng.uniform(0.02, 0.15)),
    )
    curve = rng.uniform(-0.35, 0.35)
    bone = rng.uniform(0.25, 0.5)
    count = int(rng.integers(5, 17))
    gap = rng.uniform(0.0, 0.06)
    grown = Material("jaw bone", bone, 0.05)
    for up in (-1, 1):
        _jaw(rng, plate, grown, (curve, up * gap, up))
    pitch = 1.9 / count
    places = [
        (x, curve * x**2 + up * (gap + 0.01), pitch, up)
        for up in (-1, 1)
        for x in -0.95 + pitch * (np.arange(count) + 0.5)
        if rng.random() < 0.92
    ]
    for place in places:
        _roots(rng, plate, place, bone)
    for place in places:
        _crown(rng, plate, place, bone)
    image = plate.tones() + plate.grain() * cloud(rng, size, log_uniform(rng, 0.8, 3), 3)
    if rng.random() < 0.4:  # the shadow of the neck's bones
        rows, cols = plate_axes(plate)
        image += (
            rng.uniform(0.05, 0.2) * np.exp(-((cols / rng.uniform(0.1, 0.3)) ** 2)) * (rows < 9)
        )
    image *= np.exp(rng.uniform(0.05, 0.2) * cloud(rng, size, size / 3))
    return plate.drawing(np.asarray(gaussian_filter(image, rng.uniform(0.3, 1.2))))


def plate_axes(plate: Plate) -> tuple[Array, Array]:
    """Rows and columns of the picture about its middle, in units of half its side."""
    rows, cols = np.mgrid[: plate.size, : plate.size].astype(np.float32)
    return 2 * rows / plate.size - 1, 2 * cols / plate.size - 1


def _jaw(
    rng: np.random.Generator, plate: Plate, bone: Material, place: tuple[float, float, int]
) -> None:
    """Bone from the necks of the teeth outwards, with a canal or air spaces in it."""
    curve, start, up = place
    x = np.linspace(-2.2, 2.2, 40)
    rim = curve * x**2 + start + up * (0.2 + 0.015 * np.cos(x * rng.uniform(12, 25)))
    deep = curve * x**2 + start + up * rng.uniform(0.7, 1.1)
    plate.fill(np.concatenate([np.stack([x, rim], -1), np.stack([x, deep], -1)[::-1]]), bone)
    if up > 0:
        edge = Material("jaw bone", float(np.asarray(bone.tone)) + 0.2, 0.02)
        plate.fill(ribbon(np.stack([x, deep], -1), rng.uniform(0.03, 0.08)), edge)
    dark = Material("jaw bone", float(np.asarray(bone.tone)) * 0.6, 0.03)
    for side in (-0.5, 0.5):
        nerve = np.array([(side * 0.6, deep[20] - 0.2 * up), (side * 1.4, deep[20] - 0.28 * up)])
        plate.fill(ribbon(smooth(nerve, False), 0.04), dark)
    if up < 0 and rng.random() < 0.6:
        for side in (-0.45, 0.45):
            plate.fill(oval(rng, (side, -0.62), (0.3, 0.14), 0, 0.06), dark)


def _roots(
    rng: np.random.Generator, plate: Plate, place: tuple[float, float, float, int], bone: float
) -> None:
    """Draw one root or two, in a thin dark gap, with a dark canal."""
    x, y, pitch, up = place
    half, high, long = 0.44 * pitch, 0.2, rng.uniform(0.25, 0.42)
    lean, base, stand = rng.normal(0, 0.06), np.array([x, y]), np.array([1.0, up])
    dentine = Material("tooth", bone + rng.uniform(0.15, 0.3), 0.02)
    t = np.linspace(0, 1, 8)[:, None]
    for r in [0.0] if pitch < 0.15 and rng.random() < 0.7 else [-0.5, 0.5]:
        path = np.array([(r * half, 0.7 * high), (r * half * 1.2 + lean, high + long)])
        route = base + stand * (path[0] * (1 - t) + path[1] * t)
        taper = half * (0.85 if r else 1.5) * np.sqrt(np.clip(1.02 - t[:, 0] ** 1.5, 0.02, 1))
        plate.fill(ribbon(route, taper + 0.02), Material("jaw bone", bone * 0.5))
        plate.fill(ribbon(route, taper), dentine)
        canal = Material("tooth", bone + rng.uniform(-0.02, 0.1), 0.01)
        plate.fill(ribbon(route[:-2], 0.18 * taper[:-2]), canal)


def _crown(
    rng: np.random.Generator, plate: Plate, place: tuple[float, float, float, int], bone: float
) -> None:
    """Draw a crown with a bright cap, the dark pulp inside, perhaps a filling."""
    x, y, pitch, up = place
    half, high = pitch * rng.uniform(0.4, 0.5), rng.uniform(0.18, 0.25)
    stand = np.array([1.0, up])
    dentine = Material("tooth", bone + rng.uniform(0.15, 0.3), 0.02)
    cap = Material("tooth", bone + rng.uniform(0.32, 0.5), 0.01)
    dark = Material("tooth", bone + rng.uniform(-0.02, 0.1), 0.01)
    base = np.array([x, y])
    crown = base + stand * organ(rng, np.array([
        (-0.75, 0), (0, 0.015), (0.75, 0), (1, 0.35), (0.85, 1), (-0.85, 1), (-1, 0.35),
    ]) * np.array([half, high]), 0.006)  # fmt: skip
    plate.fill(crown, cap)
    plate.fill(inset(crown + stand * np.array([0, 0.25 * high]), 0.2 * half), dentine)
    plate.fill(
        oval(rng, base + stand * np.array([0, 0.75 * high]), (0.35 * half, 0.2 * high), 0, 0.1),
        dark,
    )
    if rng.random() < 0.2:
        spot = base + stand * np.array([rng.normal(0, 0.4) * half, 0.2 * high])
        filling = oval(rng, spot, (0.5 * half, 0.25 * high), 0, 0.12)
        plate.fill(filling, Material("tooth", 1.0))
