"""What stained slides share: palettes of dyes, fibrous ground, nuclei that take up dye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from napari_ovseg.starter.drawing import Array, tone
from napari_ovseg.starter.microscopy.bodies import Bodies, blur, cloud, grain

if TYPE_CHECKING:
    from napari_ovseg.starter.microscopy.sheet import Sheet


@dataclass(frozen=True)
class Palette:
    """Colours of a stained slide, RGB each.

    Attributes
    ----------
    glass
        Where there is nothing.
    pale, deep
        The ground tissue between its lightest and its strongest.
    body
        Cytoplasm.
    nucleus
        The strongest the nuclear dye gets.
    """

    glass: Array
    pale: Array
    deep: Array
    body: Array
    nucleus: Array


# glass, pale, deep, body, nucleus
_DYES = {
    "pink": ((95, 94, 95), (95, 84, 90), (87, 55, 70), (86, 66, 79), (30, 17, 46)),
    "rose": ((95, 93, 93), (95, 82, 84), (83, 47, 57), (85, 60, 68), (33, 18, 42)),
    "violet": ((91, 86, 96), (86, 79, 97), (70, 58, 96), (76, 64, 93), (20, 8, 66)),
    "pale": ((94, 95, 93), (93, 93, 92), (88, 84, 87), (88, 80, 88), (38, 4, 44)),
    "blue": ((94, 95, 96), (84, 88, 95), (62, 70, 86), (70, 76, 90), (8, 12, 45)),
    "grey": ((95, 95, 95), (86, 86, 86), (65, 65, 65), (72, 72, 72), (12, 12, 12)),
}
_ODDS = (0.38, 0.15, 0.17, 0.15, 0.1, 0.05)


def palette(rng: np.random.Generator) -> Palette:
    """Mix the dyes of one slide."""
    name = list(_DYES)[rng.choice(len(_DYES), p=_ODDS)]
    strength = rng.uniform(0.6, 1.1)  # of the ground, over- or understained
    glass, *rest = (np.asarray(c, np.float32) / 100 for c in _DYES[name])
    weak = [1 - strength * (1 - c) for c in rest[:3]] + [rest[3]]
    spread = 0.0 if name == "grey" else 0.04
    glass = tone(rng, tuple(glass), spread / 3)
    pale, *darker = (tone(rng, tuple(c), spread) for c in weak)
    return Palette(glass, np.minimum(pale, glass), *darker)


def fibrous(rng: np.random.Generator, size: int, width: float, length: float) -> Array:
    """Bundles of fibres `width` px wide in waves: 0..1."""
    angle = rng.uniform(0, np.pi)
    rows, cols = np.indices((size, size)).astype(np.float32)
    bend = rng.uniform(0, 0.5) * size
    along = cols * np.cos(angle) + rows * np.sin(angle) + bend * cloud(rng, size, 0.5 * size)
    across = rows * np.cos(angle) - cols * np.sin(angle) + bend * cloud(rng, size, 0.4 * size)
    knots = rng.random((64, 64), dtype=np.float32)
    field = map_coordinates(knots, (across / width, along / length), order=1, mode="grid-wrap")
    return np.asarray(field, np.float32)


def dyed(rng: np.random.Generator, sheet: Sheet, nuclei: Bodies, radius: float, dye: Array) -> None:
    """Stain nuclei: dark and even, speckled, or clear with a dark rim; a few out of focus."""
    size = len(sheet.parts)
    spread = rng.choice([0.05, 0.15, 0.3])
    level = np.clip(rng.normal(0.85, spread, nuclei.count), 0.3, 1.1)
    inside = 1 - rng.uniform(0.05, 0.7) * grain(rng, size, max(0.35 * radius, 1.5), 3)
    if rng.random() < 0.35:  # a clear middle
        clear = np.clip(nuclei.inner / (0.3 * radius + 1), 0, 1)
        inside *= 1 - rng.uniform(0.2, 0.6) * clear
    if rng.random() < 0.4:  # clumps and nucleoli
        clumps = np.clip(5 * (cloud(rng, size, max(0.3 * radius, 2)) - 0.65), 0, 1)
        inside += rng.uniform(0.1, 0.5) * clumps
    uptake = nuclei.each(level) * inside
    edge = rng.uniform(0.4, 0.7 + 0.05 * radius)
    away = nuclei.each(rng.random(nuclei.count) < rng.choice([0, 0.1, 0.4]))
    uptake = blur(uptake * (1 - away), edge) + blur(uptake * away, 0.2 * radius + edge)
    sheet.image = sheet.image * (1 - np.clip(uptake, 0, 1.1)[..., None] * (1 - dye))
    sheet.name(nuclei.mask, "cell nucleus")
