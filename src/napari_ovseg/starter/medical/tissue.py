"""What tissues look like in a CT or MR scanner, and the flaws of the two instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.medical.plate import Material, Plate, cloud

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.starter.looks import Drawing

WORDS: dict[str, tuple[str, ...]] = {
    "other tissue": (
        "other tissue", "background", "surrounding tissue", "other body tissue", "soft tissue",
        "body wall", "chest", "chest wall", "tissue around the organ", "grey tissue",
    ),
    "air": (
        "air", "background", "air around the body", "black background", "dark background",
        "outside of the body", "empty background",
    ),
    "fat": (
        "fat", "background", "body fat", "fatty tissue", "fat layer under the skin",
        "adipose tissue", "surrounding fat",
    ),
    "skin": ("skin", "background", "human skin", "skin surface", "healthy skin", "normal skin"),
    "scanner table": (
        "scanner table", "background", "patient table", "table of the scanner", "couch",
        "thin bright curved line outside the body",
    ),
    "bone": ("bone", "bones", "bright bone", "skeleton", "osseous tissue", "dense bone"),
    "blood vessel": (
        "blood vessel", "blood vessels", "vessel", "vessels", "vein", "artery",
        "vasculature", "branching vessels", "retinal blood vessels", "capillary",
    ),
    "tumour": (
        "tumour", "tumor", "lesion", "mass", "cancer", "abnormal mass", "nodule", "metastasis",
    ),
    "cyst": ("cyst", "cysts", "fluid-filled cavity", "fluid", "dark round cyst", "pocket of fluid"),
    "left ventricle": (
        "left ventricle", "heart chamber", "blood pool of the left ventricle",
        "bright round heart cavity", "left ventricular cavity", "heart cavity", "LV cavity",
    ),
    "right ventricle": (
        "right ventricle", "right heart chamber", "crescent-shaped heart chamber",
        "right ventricular cavity", "blood pool of the right ventricle",
    ),
    "heart muscle": (
        "heart muscle", "myocardium", "wall of the heart", "dark ring around the ventricle",
        "muscle of the left ventricle", "ventricle wall",
    ),
}  # fmt: skip

# Hounsfield units, how much they differ between patients, and how grained they are.
_HU: dict[str, tuple[float, float, float]] = {
    "air": (-1000, 2, 0), "gas": (-960, 20, 10), "lung": (-830, 50, 55), "fat": (-98, 10, 12),
    "skin": (20, 25, 10), "muscle": (52, 12, 14), "soft": (35, 15, 14), "fluid": (8, 8, 4),
    "liver": (70, 25, 7), "spleen": (75, 30, 6), "kidney": (90, 60, 10), "pancreas": (55, 20, 16),
    "gut": (40, 20, 30), "gut wall": (60, 20, 8), "stool": (-60, 120, 110), "marrow": (210, 80, 70),
    "cortex": (750, 250, 60), "table": (-450, 300, 40), "foam": (-930, 40, 5),
    "metal": (3200, 500, 50), "grey matter": (38, 4, 3), "white matter": (29, 3, 3),
    "csf": (6, 5, 3), "disc": (75, 20, 8), "cord": (35, 8, 4), "cartilage": (90, 20, 10),
}  # fmt: skip

_WINDOWS = (
    (-600, 1500), (-500, 1200), (40, 400), (50, 350), (60, 200), (0, 700), (400, 1800),
    (200, 2600), (0, 2000), (-50, 1100), (300, 2800),
)  # fmt: skip

# Share of full brightness in T1, T2, fat-suppressed and cine (steady state) pictures.
_MR: dict[str, tuple[float, float, float, float]] = {
    "air": (0.01, 0.01, 0.02, 0.02), "gas": (0.01, 0.01, 0.02, 0.02),
    "lung": (0.05, 0.06, 0.06, 0.08), "fat": (0.88, 0.78, 0.15, 0.9),
    "skin": (0.5, 0.4, 0.3, 0.55), "muscle": (0.36, 0.2, 0.26, 0.24),
    "soft": (0.4, 0.32, 0.38, 0.36), "fluid": (0.15, 0.95, 0.97, 0.92),
    "liver": (0.5, 0.28, 0.3, 0.32), "spleen": (0.36, 0.5, 0.58, 0.4),
    "kidney": (0.4, 0.55, 0.62, 0.5), "pancreas": (0.52, 0.4, 0.42, 0.42),
    "gut": (0.35, 0.6, 0.65, 0.6), "gut wall": (0.4, 0.35, 0.4, 0.35),
    "stool": (0.45, 0.4, 0.4, 0.45), "marrow": (0.7, 0.5, 0.18, 0.5),
    "cortex": (0.06, 0.05, 0.06, 0.06), "table": (0.01, 0.01, 0.02, 0.02),
    "foam": (0.01, 0.01, 0.02, 0.02), "metal": (0.0, 0.0, 0.0, 0.0),
    "grey matter": (0.42, 0.6, 0.58, 0.5), "white matter": (0.62, 0.38, 0.42, 0.42),
    "csf": (0.12, 0.97, 0.2, 0.95), "disc": (0.4, 0.6, 0.65, 0.6),
    "cord": (0.5, 0.42, 0.42, 0.45), "cartilage": (0.5, 0.55, 0.75, 0.6),
    "blood": (0.2, 0.12, 0.15, 0.72),
}  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """How one patient's tissues appear in one scanner: tone and grain by kind of tissue.

    Attributes
    ----------
    tones
        (tone, grain) of every kind of tissue, 0 black and 1 white, before clipping.
    noise
        Of the instrument, in tones.
    """

    tones: dict[str, tuple[float, float]]
    noise: float

    def __call__(self, category: str, kind: str, add: float = 0.0) -> Material:
        """Make a material of a kind of tissue; `add` shifts its tone."""
        tone, grain = self.tones[kind]
        return Material(category, tone + add, grain)


def ct_scan(rng: np.random.Generator, windows: Sequence[tuple[float, float]] = _WINDOWS) -> Scan:
    """Choose a patient, contrast agent in the blood or none, and a window."""
    level, width = windows[int(rng.integers(len(windows)))]
    level, width = level + rng.normal(0, 0.06) * width, width * log_uniform(rng, 0.8, 1.3)
    low = level - width / 2
    blood = rng.uniform(35, 60) if rng.random() < 0.35 else log_uniform(rng, 110, 420)
    tones = {
        kind: ((rng.normal(hu, spread) - low) / width, grain * log_uniform(rng, 0.5, 1.6) / width)
        for kind, (hu, spread, grain) in {**_HU, "blood": (blood, 5, 5)}.items()
    }
    return Scan(tones, log_uniform(rng, 3, 25) / width)


def mr_scan(rng: np.random.Generator, weighting: int | None = None) -> Scan:
    """Choose a patient and a weighting: 0 T1, 1 T2, 2 fat-suppressed, 3 cine."""
    column = int(rng.integers(4)) if weighting is None else weighting
    gain = log_uniform(rng, 0.45, 1.1)
    tones = {
        kind: (
            gain
            * max(
                row[column] * log_uniform(rng, 0.8, 1.25)
                + rng.normal(0, 0.02) * (row[column] > 0.03),
                0.0,
            ),
            gain * row[column] * log_uniform(rng, 0.02, 0.1),
        )
        for kind, row in _MR.items()
    }
    return Scan(tones, gain * log_uniform(rng, 0.004, 0.03))


def grained(rng: np.random.Generator, plate: Plate) -> Array:
    """The tones with the texture of each tissue."""
    sigma = log_uniform(rng, 0.8, 3.5)
    return plate.tones() + plate.grain() * cloud(rng, plate.size, sigma, 2)


def ct_picture(rng: np.random.Generator, plate: Plate, scan: Scan) -> Drawing:
    """What the CT makes of it: partial volume, noise, streaks and rings."""
    size = plate.size
    image = grained(rng, plate) + scan.noise * cloud(rng, size, log_uniform(rng, 0.5, 1.5))
    if rng.random() < 0.5:  # a soft kernel or a thick slice
        image = np.asarray(gaussian_filter(image, rng.uniform(0.4, 1.3)))
    if rng.random() < 0.25:
        centre = size * rng.uniform(0.3, 0.7, 2)
        image += streaks(rng, size, centre) * scan.noise * rng.uniform(0.5, 3)
    if rng.random() < 0.05:
        away = _polar(size, size * rng.uniform(0.4, 0.6, 2))[0]
        rings = gaussian_filter(rng.standard_normal(2 * size), 1.0)
        image += rings[away.astype(int)] * scan.noise * rng.uniform(0.5, 2)
    return plate.drawing(image)


def streaks(rng: np.random.Generator, size: int, centre: Array) -> Array:
    """Bright and dark rays around a point, fading outwards, of deviation about 1 near it."""
    away, angle = _polar(size, centre)
    steps = 720
    rays = gaussian_filter(rng.standard_normal(steps), log_uniform(rng, 2, 14), mode="wrap")
    rays /= max(float(rays.std()), 1e-6)
    turns = ((angle / (2 * np.pi) + 0.5) * (steps - 1)).astype(int)
    return (rays[turns] / (1 + away / (0.2 * size))).astype(np.float32)


def _polar(size: int, centre: Array) -> tuple[Array, Array]:
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    return np.hypot(rows - centre[1], cols - centre[0]), np.arctan2(
        rows - centre[1], cols - centre[0]
    )


def mr_picture(rng: np.random.Generator, plate: Plate, scan: Scan) -> Drawing:
    """What the MR makes of it: uneven coils, noise, ghosts and dark seams of fat and water."""
    size = plate.size
    image = grained(rng, plate)
    if rng.random() < 0.4:
        image *= 1 - rng.uniform(0.5, 1.0) * _seams(rng, plate)
    image *= coils(rng, size)
    bright = float(np.percentile(image, 99))  # a near coil makes fat white and all else dark
    image *= min(1.0, log_uniform(rng, 0.7, 1.4) / max(bright, 1e-6))
    if rng.random() < 0.2:
        shift = int(size * rng.uniform(0.05, 0.4))
        image += rng.uniform(0.02, 0.08) * np.roll(image, shift, axis=int(rng.integers(2)))
    noise = rng.standard_normal((2, size, size), dtype=np.float32) * scan.noise
    image = np.hypot(np.clip(image, 0, None) + noise[0], noise[1])
    if rng.random() < 0.5:
        image = np.asarray(gaussian_filter(image, rng.uniform(0.3, 0.8)))
    return plate.drawing(image)


def coils(rng: np.random.Generator, size: int) -> Array:
    """Uneven brightness of an MR picture: slow lumps, and up to three coils on the skin.

    What a loop receives falls from its middle as ``(1 + (d / r)^2)^(-3 / 2)``.
    """
    field = np.exp(rng.uniform(0.05, 0.3) * cloud(rng, size, size / 2.5))
    rows, cols = np.mgrid[:size, :size].astype(np.float32) / size
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))):
        side, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.7)
        row, col = 0.5 + away * np.sin(side), 0.5 + away * np.cos(side)
        near = np.hypot(rows - row, cols - col) / log_uniform(rng, 0.12, 0.5)
        field += log_uniform(rng, 0.5, 10) * (1 + near**2) ** -1.5
    return np.asarray(field, np.float32)


def _seams(rng: np.random.Generator, plate: Plate) -> Array:
    """Where fat meets water: 1 on the seam."""
    fat = np.asarray(gaussian_filter(plate.mask("fat"), rng.uniform(0.6, 1.2)))
    return np.clip(4 * fat * (1 - fat), 0, 1)
