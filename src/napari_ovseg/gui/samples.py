"""Sample data: a real photograph and a generated scene."""

from __future__ import annotations

from typing import Any

import numpy as np

LayerData = tuple[Any, dict[str, Any], str]

PHOTOGRAPH_WORDS = "grass, lawn; gravel, stones; brick wall, bricks"


def photograph_mosaic(tile: int = 256) -> np.ndarray:
    """Three real photographs of scikit-image side by side: grass, gravel, brick; (tile, 3 tile) uint8."""
    from skimage import data

    return np.hstack([picture[:tile, :tile] for picture in (data.grass(), data.gravel(), data.brick())])


def photograph() -> list[LayerData]:
    """Give napari the mosaic of real photographs."""
    return [(photograph_mosaic(512), {"name": "grass, gravel, brick"}, "image")]


def scene() -> list[LayerData]:
    """Give napari a generated scene with its true labels."""
    from napari_ovseg.starter.scenes import CATEGORIES, generate

    picture = generate(np.random.default_rng(7), 448)
    features = {"index": list(range(len(CATEGORIES) + 1)), "category": ["unlabelled", *CATEGORIES]}
    return [
        (picture.image, {"name": "generated scene"}, "image"),
        (picture.labels, {"name": "truth", "features": features, "visible": False}, "labels"),
    ]
