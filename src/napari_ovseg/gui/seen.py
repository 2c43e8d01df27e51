"""What the encoder is given of an image layer: alone, or with the visible ones around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.channels import Channel, Channels
from napari_ovseg.composite import together
from napari_ovseg.errors import ImageError
from napari_ovseg.gui.layer_display import describe_display, display_of
from napari_ovseg.gui.layers import image_of
from napari_ovseg.gui.places import grid_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image as ImageLayer

    from napari_ovseg.channels import Shown
    from napari_ovseg.image import Image

ALONE = ("contrast_limits", "gamma", "colormap", "data")
"""Events of a layer after which the encoder would see something else of it."""
AMONG = ("opacity", "blending", "visible")
"""Those that matter only where it is seen together with others."""


def seen(source: ImageLayer, others: Sequence[ImageLayer] | None) -> tuple[Image, Shown]:
    """Return the pixels of an image layer, and how they are shown.

    Parameters
    ----------
    others
        Layers, in the viewer's order, whose visible ones are shown with it; None for it alone.

    Raises
    ------
    ImageError
        If a visible layer cannot be a channel of it.
    """
    if others is None:
        return image_of(source), display_of(source)
    layers = _visible(source, others)
    for layer in layers:
        if not np.allclose(grid_of(layer).affine, grid_of(source).affine):
            raise ImageError(
                f"{layer.name!r} does not lie where {source.name!r} lies; hide it, or show one "
                "picture alone"
            )
    channels = (
        Channel(layer.name, display_of(layer), str(layer.blending), float(layer.opacity))  # type: ignore[arg-type]
        for layer in layers
    )
    names = [layer.name for layer in layers]
    return together([image_of(layer) for layer in layers], names), Channels(tuple(channels))


def _visible(source: ImageLayer, others: Sequence[ImageLayer]) -> list[ImageLayer]:
    layers = [layer for layer in others if layer.visible]
    if source not in layers:
        raise ImageError(f"{source.name!r} is hidden; show it, or choose an image that is visible")
    return layers


def describe(source: ImageLayer, others: Sequence[ImageLayer] | None) -> str:
    """Say what the encoder will see.

    Raises
    ------
    ImageError
        As `seen`.
    """
    if others is None:
        return describe_display(source)
    _, display = seen(source, others)
    assert isinstance(display, Channels)
    names = ", ".join(channel.name for channel in display.channels)
    return f"{len(display.channels)} layers as they are blended: {names}"
