"""Sample data: a real photograph, and generated pictures with their true labels."""

from __future__ import annotations

from typing import Any

import numpy as np

LayerData = tuple[Any, dict[str, Any], str]

PHOTOGRAPH_WORDS = "grass; gravel; brick wall"


def photograph() -> list[LayerData]:
    """Give napari three real photographs of scikit-image in one picture.

    A round lawn and the corner of a wall in a gravel yard: grass, gravel and brick, each as
    photographed; (512, 512) uint8.
    """
    from skimage import data

    rows, columns = np.mgrid[:512, :512]
    picture = data.gravel()
    lawn = (rows - 330) ** 2 + (columns - 180) ** 2 < 150**2
    wall = columns - rows > 130
    for place, surface in ((lawn, data.grass()), (wall, data.brick())):
        picture = np.where(place, surface, picture)
    return [(picture, {"name": "gravel yard"}, "image")]


def scene() -> list[LayerData]:
    """Give napari a generated scene with its true labels."""
    from napari_ovseg.starter.scenes import CATEGORIES, generate

    picture = generate(np.random.default_rng(7), 448)
    features = {"index": list(range(len(CATEGORIES) + 1)), "category": ["unlabelled", *CATEGORIES]}
    return [
        (picture.image, {"name": "generated scene"}, "image"),
        (picture.labels, {"name": "truth", "features": features, "visible": False}, "labels"),
    ]


def micrograph() -> list[LayerData]:
    """Give napari a generated slide of stained tissue with its true labels."""
    return _drawn("stained tissue section", seed=3)


def chest() -> list[LayerData]:
    """Give napari a generated CT slice with its true labels."""
    return _drawn("ct chest", seed=3)


def cracks() -> list[LayerData]:
    """Give napari a generated wall or road with cracks and its true labels."""
    return _drawn("cracked wall or road", seed=20)


def _drawn(look: str, seed: int) -> list[LayerData]:
    from napari_ovseg.starter.instrument import record
    from napari_ovseg.starter.words import looks

    rng = np.random.default_rng(seed)
    drawing = looks()[look].draw(rng, 448)
    truth = drawing.parts + np.uint8(1)  # 0 is unlabelled
    names = ["unlabelled", *drawing.names]
    features = {"index": list(range(len(names))), "category": names}
    return [
        (np.array(record(rng, drawing.image, grey=0.0)), {"name": look}, "image"),
        (truth, {"name": f"{look}, truth", "features": features, "visible": False}, "labels"),
    ]
