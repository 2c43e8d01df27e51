"""Sample data: a real photograph and a generated scene."""

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
