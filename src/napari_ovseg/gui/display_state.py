"""How an image is shown, as a project keeps it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import ALL_COLORMAPS

from napari_ovseg.gui.layer_display import has_automatic_limits

if TYPE_CHECKING:
    from napari.layers import Image as ImageLayer
    from napari.utils.colormaps import Colormap


def display_state(image: ImageLayer) -> dict[str, Any]:
    """Say how an image is shown, in plain JSON; its limits only once a person has set them."""
    shown: dict[str, Any] = {"gamma": float(image.gamma)}
    if not image.rgb:
        shown["colormap"] = _colormap(image.colormap)
    if not _limits_are_automatic(image):
        shown["contrast_limits"] = [float(limit) for limit in image.contrast_limits]
    return shown


def show_as(image: ImageLayer, state: dict[str, Any]) -> None:
    """Show an image as it was shown when its project was saved."""
    shown = state.get("display", {})
    limits = shown.get("contrast_limits")
    if limits and np.all(np.isfinite(limits)) and limits[0] < limits[1]:
        image.contrast_limits = limits
    image.gamma = shown.get("gamma", image.gamma)
    if image.rgb:
        return
    with suppress(KeyError):  # a name that was known to another run of napari alone
        image.colormap = shown.get("colormap", image.colormap)


def _colormap(colormap: Colormap) -> str | dict[str, Any]:
    """Return the name of one of napari's, or all of one that the next start will not know."""
    if colormap.name in ALL_COLORMAPS:
        return str(colormap.name)
    return {
        "name": str(colormap.name),
        "colors": np.asarray(colormap.colors).tolist(),
        "controls": np.asarray(colormap.controls).tolist(),
        "interpolation": str(colormap.interpolation.value),
    }


def _limits_are_automatic(image: ImageLayer) -> bool:
    try:
        return has_automatic_limits(image)
    except Exception:  # noqa: BLE001  # its file is gone, maybe; its labels are kept all the same
        return False
