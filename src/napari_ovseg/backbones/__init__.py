"""Image and text encoders: found by name, loaded strictly, opened for the methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ovseg.backbones._text import Text
    from napari_ovseg.backbones._vision import Block, Vision
    from napari_ovseg.backbones.open_clip import Backbone

_HOME = {"Block": "_vision", "Text": "_text", "Vision": "_vision", "Backbone": "open_clip"}

__all__ = ["Backbone", "Block", "Text", "Vision"]


def __getattr__(name: str) -> Any:
    """Resolve names on demand, so that asking for a name does not import torch."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
