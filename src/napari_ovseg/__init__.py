"""Label images by your own words: open-vocabulary segmentation, editable and exportable.

>>> import napari_ovseg as ov
>>> vocabulary = ov.Vocabulary.parse("grass; gravel; brick wall")
>>> recipe = ov.Recipe(backbone="starter", method="sclip")

Importing this package loads neither torch, Qt nor napari: names are resolved when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ovseg.definitions import LocalModel, define
    from napari_ovseg.display import Display
    from napari_ovseg.errors import OvsegError
    from napari_ovseg.exporters import export
    from napari_ovseg.features import Features
    from napari_ovseg.grid import Grid
    from napari_ovseg.image import Image
    from napari_ovseg.image_files import open_image
    from napari_ovseg.labels import Annotation, LabelMap, Owner, Provenance
    from napari_ovseg.methods import METHODS, Method
    from napari_ovseg.pipeline import (
        encode,
        encode_steps,
        label,
        label_steps,
        segment,
        segment_steps,
    )
    from napari_ovseg.progress import Progress
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.settings import Refinement, Tiling, WorkingSize
    from napari_ovseg.vocabulary import Category, Vocabulary

_HOME = {
    "Annotation": "labels",
    "Category": "vocabulary",
    "Display": "display",
    "Features": "features",
    "Grid": "grid",
    "Image": "image",
    "LabelMap": "labels",
    "LocalModel": "definitions",
    "METHODS": "methods",
    "Method": "methods",
    "OvsegError": "errors",
    "Owner": "labels",
    "Progress": "progress",
    "Provenance": "labels",
    "Recipe": "recipe",
    "Refinement": "settings",
    "Tiling": "settings",
    "Vocabulary": "vocabulary",
    "WorkingSize": "settings",
    "define": "definitions",
    "encode": "pipeline",
    "encode_steps": "pipeline",
    "export": "exporters",
    "label": "pipeline",
    "label_steps": "pipeline",
    "open_image": "image_files",
    "segment": "pipeline",
    "segment_steps": "pipeline",
}

__all__ = [
    "METHODS",
    "Annotation",
    "Category",
    "Display",
    "Features",
    "Grid",
    "Image",
    "LabelMap",
    "LocalModel",
    "Method",
    "OvsegError",
    "Owner",
    "Progress",
    "Provenance",
    "Recipe",
    "Refinement",
    "Tiling",
    "Vocabulary",
    "WorkingSize",
    "define",
    "encode",
    "encode_steps",
    "export",
    "label",
    "label_steps",
    "open_image",
    "segment",
    "segment_steps",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-ovseg")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
