"""How an image layer is shown, as the engine's `Display`; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers.utils.layer_utils import calc_data_range

from napari_ovseg._colours import hex_of
from napari_ovseg.display import GREY, Display
from napari_ovseg.gui.layers import image_of

if TYPE_CHECKING:
    from napari.layers import Image as ImageLayer

_COLORMAP_STEPS = 33
_GUESSES: WeakKeyDictionary[ImageLayer, tuple[Any, Any, list[Any]]] = WeakKeyDictionary()
"""By layer: data, limits if these are in memory, and limits that napari may have given it."""


def display_of(layer: ImageLayer) -> Display:
    """How a layer is shown; its limits only once a person has set them.

    Napari's own first guess stretches from the smallest to the largest value, so one hot
    pixel would blacken the rest: then the limits stay open and robust ones are taken.
    """
    colours: tuple[str, ...] = GREY
    if not layer.rgb and layer.colormap.name != "gray":
        table = layer.colormap.map(np.linspace(0, 1, _COLORMAP_STEPS, dtype=np.float32))
        colours = tuple(map(hex_of, np.round(table[:, :3] * 255).astype(int)))
    limits = None
    if not has_automatic_limits(layer):
        limits = tuple(map(float, layer.contrast_limits))
    return Display(limits, float(layer.gamma), colours)  # type: ignore[arg-type]


def describe_display(layer: ImageLayer) -> str:
    """Say what the encoder will see of a layer."""
    display = display_of(layer)
    if display.limits is not None:
        return f"{display.limits[0]:.6g} … {display.limits[1]:.6g}, as you set them"
    if layer.rgb and layer.dtype == np.uint8:
        return "the colours as shown"
    if not isinstance(layer.data, np.ndarray):
        return "0.2–99.8 % of the values, until you set limits"
    low, high = display.resolve(image_of(layer)).limits or (0.0, 1.0)
    return f"{low:.6g} … {high:.6g} (0.2–99.8 %, until you set limits)"


def has_automatic_limits(layer: ImageLayer) -> bool:
    """Whether a layer's contrast limits are those that napari gives by itself.

    This is asked again and again, and a plane of a lazy image may be far away: it is read once.
    What is in memory may have been changed since, so other limits are asked of its pixels anew.
    """
    limits = tuple(map(float, layer.contrast_limits))
    asked = limits if isinstance(layer.data, np.ndarray) else None
    data, known, guesses = _GUESSES.get(layer, (None, None, []))
    if data is not layer.data or known != asked:
        guesses = _guesses(layer)
        _GUESSES[layer] = (layer.data, asked, guesses)
    return limits in guesses


def _guesses(layer: ImageLayer) -> list[tuple[float, ...]]:
    """List the limits that napari may have given a layer."""
    dtype = np.dtype(layer.dtype)
    guesses: list[tuple[float, ...]] = []
    if dtype == np.uint8:  # of which napari looks at no pixel
        return [(0.0, 255.0)]
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        guesses.append((float(info.min), float(info.max)))
    coarsest = layer.data[-1] if layer.multiscale else layer.data
    views = [coarsest]
    if not isinstance(coarsest, np.ndarray):
        leading = coarsest.ndim - 2 - int(layer.rgb)
        middle = tuple(n // 2 for n in coarsest.shape[:leading])
        views = [np.asarray(coarsest[index]) for index in {(0,) * leading, middle}]
    return guesses + [calc_data_range(view, rgb=layer.rgb) for view in views]
