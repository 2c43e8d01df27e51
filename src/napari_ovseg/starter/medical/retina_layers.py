"""Sections of the retina by optical coherence: stacked bright and dark bands under black."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing, look
from napari_ovseg.starter.medical.outlines import oval
from napari_ovseg.starter.medical.plate import Material, Plate, View, cloud

WORDS: dict[str, tuple[str, ...]] = {
    "vitreous": (
        "vitreous", "background", "dark background", "vitreous body", "dark area above the retina",
    ),
    "retinal layers": (
        "retinal layers", "retinal layer", "layers of the retina", "banded tissue",
        "retina in cross section", "neural retina",
    ),
    "pigment epithelium": (
        "pigment epithelium", "retinal pigment epithelium", "bright band", "bright bottom layer",
    ),
    "choroid": ("choroid", "background", "grey tissue below the retina", "choroidal layer"),
}  # fmt: skip


@look("medical", "retina oct")
def retina_oct(rng: np.random.Generator, size: int) -> Drawing:
    """A wavy band of layers with or without a pit, fluid pockets and bumps."""
    plate = Plate(size, _flat(size), Material("vitreous", rng.uniform(0.02, 0.15)))
    x = np.linspace(0, 1, 64)
    thick = log_uniform(rng, 0.12, 0.5)
    tilt = rng.normal(0, 0.12) * (x - 0.5) + rng.uniform(-0.25, 0.3) * (x - 0.5) ** 2
    floor = rng.uniform(0.45, 0.75) + tilt + 0.004 * np.cumsum(rng.normal(0, 1, 64)) / 2
    pit = rng.uniform(0, 0.75) * np.exp(
        -(((x - rng.uniform(0.2, 0.8)) / rng.uniform(0.05, 0.18)) ** 2)
    )
    swell = 1 + 0.08 * np.cumsum(rng.normal(0, 0.3, 64)) / 4
    height = np.maximum(thick * (1 - pit) * swell, 0.03)
    _bands(rng, plate, (x, floor, height), thick)
    speckle = _speckle(rng, size)
    image = plate.tones() * (1 - rng.uniform(0.3, 0.9) * (1 - speckle))
    rows = np.mgrid[:size, :size][0] / size
    below = np.clip(rows - np.interp(np.arange(size) / size, x, floor), 0, None)
    image *= np.exp(-below * rng.uniform(1, 6))  # light fades with depth
    image *= np.exp(rng.uniform(0.05, 0.3) * cloud(rng, size, size / 2)[:1])
    return plate.drawing(image + rng.uniform(0, 0.06) * speckle)


def _flat(size: int) -> View:
    """A view in which the picture reaches from 0 to 1."""
    return View(np.eye(2) * size, np.zeros(2), np.zeros((5, 3)))


def _bands(
    rng: np.random.Generator, plate: Plate, curves: tuple[Array, Array, Array], thick: float
) -> None:
    x, floor, height = curves
    bumps = np.zeros_like(x)
    for _ in range(int(rng.choice([0, 0, 2, 6]))):  # drusen lift the epithelium
        bumps += rng.uniform(0.01, 0.06) * np.exp(
            -(((x - rng.random()) / rng.uniform(0.01, 0.04)) ** 2)
        )
    deep = rng.uniform(0.1, 0.35)
    _between(plate, x, (floor, floor + deep), Material("choroid", rng.uniform(0.2, 0.5)))
    _between(
        plate, x, (floor + deep, floor * 0 + 1.5), Material("choroid", rng.uniform(0.08, 0.25))
    )
    for _ in range(int(rng.integers(0, 25))):  # vessels of the choroid
        at = rng.random()
        spot = (at, np.interp(at, x, floor) + rng.uniform(0.3, 0.9) * deep)
        hole = oval(rng, spot, (rng.uniform(0.01, 0.04), 0.1 * deep), 0, 0.1)
        plate.fill(hole, Material("choroid", rng.uniform(0.1, 0.5)))
    cuts = np.sort(
        np.concatenate([[0, 0.12, 0.93], rng.uniform(0.15, 0.9, int(rng.integers(2, 7)))])
    )
    for k, cut in enumerate(cuts):
        bright = (
            rng.uniform(0.6, 0.95) if k == 0 else rng.uniform(0.25, 0.75) * (0.6 if k % 2 else 1)
        )
        top = floor - bumps - height * (1 - cut)
        _between(plate, x, (top, floor), Material("retinal layers", bright))
    low = rng.uniform(0.05, 0.12) * thick
    epithelium = Material("pigment epithelium", rng.uniform(0.75, 1.0))
    _between(plate, x, (floor - bumps - low, floor - bumps + low), epithelium)
    with plate.within("retinal layers"):
        for _ in range(int(rng.choice([0, 0, 0, 1, 5, 12]))):
            at = rng.random()
            tall = float(np.interp(at, x, height))
            spot = (at, np.interp(at, x, floor - bumps) - tall * rng.uniform(0.2, 0.7))
            pocket = oval(
                rng, spot, (log_uniform(rng, 0.01, 0.12), tall * rng.uniform(0.08, 0.3)), 0, 0.06
            )
            plate.fill(pocket, Material("cyst", rng.uniform(0.03, 0.15)))
    if rng.random() < 0.3:  # the detached skin of the vitreous
        film = floor - height - rng.uniform(0.03, 0.12) * np.sin(np.pi * x)
        _between(
            plate, x, (film - 0.004, film + 0.004), Material("vitreous", rng.uniform(0.3, 0.6))
        )


def _between(plate: Plate, x: Array, edges: tuple[Array, Array], material: Material) -> None:
    upper, lower = (np.stack([x * 1.02 - 0.01, y], -1) for y in edges)
    plate.fill(np.concatenate([upper, lower[::-1]]), material)


def _speckle(rng: np.random.Generator, size: int) -> Array:
    """Grain of mean about 0.5, wider than high."""
    pair = rng.standard_normal((2, size, size), dtype=np.float32)
    grain = (log_uniform(rng, 0.4, 1.0), log_uniform(rng, 0.5, 2.0))
    a, b = (np.asarray(gaussian_filter(p, grain)) for p in pair)
    amplitude = np.hypot(a, b)
    return np.clip(0.5 * amplitude / max(float(amplitude.mean()), 1e-6), 0, 1.5)
