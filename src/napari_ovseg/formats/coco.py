"""What COCO's files of instances and of panoptic segments have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_ovseg._colours import rgb
from napari_ovseg.formats.record import KEY

if TYPE_CHECKING:
    from napari_ovseg.vocabulary import Category, Vocabulary


def category_row(category: Category) -> dict[str, Any]:
    """Describe a category."""
    return {
        "id": category.id,
        "name": category.name,
        "supercategory": category.role,
        "color": rgb(category.colour),
    }


def data_set(
    vocabulary: Vocabulary,
    categories: list[dict[str, Any]],
    images: list[dict[str, Any]],
    annotations: list[dict[str, Any]],
) -> dict[str, Any]:
    """Put a file together, with the whole vocabulary for our importer."""
    return {
        "info": {"description": "labels by napari-ovseg", "version": "1.0"},
        "images": images,
        "categories": categories,
        "annotations": annotations,
        KEY: {"vocabulary": vocabulary.to_toml()},
    }
