"""Every crude thing by its name, how tall it is, and where it is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from napari_ovseg.starter.engineering import furniture, street, tableware, vehicles
from napari_ovseg.starter.engineering.animals import ANIMALS, animal, bird, cat
from napari_ovseg.starter.engineering.people import person
from napari_ovseg.starter.engineering.pieces import Thing, build

Make: TypeAlias = Callable[[np.random.Generator], Thing]


def _by_table(tables: tuple[str, ...]) -> Make:
    return lambda rng: build(rng, tables[rng.integers(len(tables))])


def _by_animal(name: str) -> Make:
    return lambda rng: animal(rng, name)


THINGS: dict[str, Make] = {
    **{
        name: _by_table(tables)
        for file in (vehicles, street, furniture, tableware)
        for name, tables in file.TABLES.items()
    },
    **{name: _by_animal(name) for name in ANIMALS},
    "cat": cat,
    "bird": bird,
    "person": person,
}

METRES: dict[str, float] = {
    "car": 1.5, "bus": 3.0, "truck": 2.8, "train": 3.5, "bicycle": 1.1, "motorcycle": 1.2,
    "traffic sign": 2.5, "traffic light": 3.0, "bench": 0.9, "hydrant": 0.8, "umbrella": 2.0,
    "fence": 1.2, "person": 1.7, "dog": 0.7, "cat": 0.45, "horse": 2.0, "cow": 1.5, "sheep": 1.0,
    "elephant": 3.0, "zebra": 1.6, "giraffe": 4.5, "bear": 1.4, "bird": 0.4, "chair": 0.95,
    "table": 0.8, "couch": 0.9, "bed": 0.9, "toilet": 0.8, "refrigerator": 1.8, "vase": 0.5,
    "potted plant": 0.9, "bag": 0.5, "ball": 0.25, "teddy bear": 0.4, "boat": 2.5,
}  # fmt: skip
"""Real heights of what stands on the ground."""
OUTSIDE = ("car",) * 3 + (
    "bus", "truck", "train", "bicycle", "bicycle", "motorcycle", "traffic sign", "traffic light",
    "bench", "hydrant", "umbrella", "fence", "fence", "dog", "cat", "horse", "cow", "sheep",
    "elephant", "zebra", "giraffe", "bear", "bird", "ball", "bag",
)  # fmt: skip
INSIDE = (
    "chair", "chair", "table", "couch", "bed", "toilet", "refrigerator", "vase", "potted plant",
    "bag", "ball", "teddy bear", "dog", "cat",
)  # fmt: skip
ABOVE = ("aeroplane", "bird", "kite")
ON_WALL = ("clock", "screen", "sink", "book")
ON_TABLE = (*tableware.TABLES, "ball", "bag", "vase", "screen", "potted plant", "clock")
