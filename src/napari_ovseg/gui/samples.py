"""Sample data: a real photograph, and generated pictures with their true labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    from napari_ovseg.starter.scenes import generate
    from napari_ovseg.starter.words import categories

    picture = generate(np.random.default_rng(7), 448)
    places, parts = np.unique(picture.ids, return_inverse=True)
    names = [categories()[place] for place in places]
    return _with_truth("generated scene", picture.image, parts, names)


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
    image = np.array(record(rng, drawing.image, grey=0.0))
    return _with_truth(look, image, drawing.parts, drawing.names)


def _with_truth(
    name: str, image: np.ndarray, parts: np.ndarray, names: Sequence[str]
) -> list[LayerData]:
    """Layers of a picture and of what each pixel shows: a place in `names`."""
    features = {"index": list(range(len(names) + 1)), "category": ["unlabelled", *names]}
    truth = (parts + 1).astype(np.uint8)  # 0 is unlabelled
    return [
        (image, {"name": name}, "image"),
        (truth, {"name": f"{name}, truth", "features": features, "visible": False}, "labels"),
    ]
