"""Draws a part of a labels layer, or what is not in it yet; the array itself is never written.

Napari's `Layer.refresh` reads, sends and draws all of a layer. Its own brush tells of a part by
the event ``labels_update``, with the pixels to show there: so does this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.gui.layers import plane_index

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_ovseg.glimpse import Rectangle


class Screen:
    """What a viewer shows of labels layers.

    Parameters
    ----------
    viewer
        Says which slice is on screen, and how.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer

    def draws_parts(self, layer: Labels, plane: tuple[int, ...]) -> bool:
        """Whether a part of a plane can be drawn by itself, from ids as they are.

        Not in 3D, of another slice, as contours, or where napari shows ids of more than 16 bits
        by other numbers.
        """
        dims = self._viewer.dims
        return (
            dims.ndisplay == 2
            and tuple(dims.displayed) == (dims.ndim - 2, dims.ndim - 1)
            and plane_index(layer, dims.point) == plane
            and bool(layer.visible)
            and layer.contour == 0
            and isinstance(layer.data, np.ndarray)
            and layer.data.dtype in (np.uint8, np.uint16)
        )

    def draw(self, layer: Labels, place: Rectangle, ids: np.ndarray) -> None:
        """Show ids (rows, columns) of the layer's type at some rows and columns of its plane."""
        layer.events.labels_update(data=ids, offset=[s.start for s in place])


def redraw_thumbnail(layer: Labels) -> None:
    """Draw the small picture in the list of layers anew, but not the layer."""
    layer.refresh(data_displayed=False, highlight=False, extent=False)
