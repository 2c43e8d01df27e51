"""One switch shows who decided each pixel: a layer over the labels, of the owners themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ovseg.gui.colours import CategoryColours
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import like
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft

_COLOURS = {None: "transparent", 0: "transparent", Owner.PERSON: "#ff9f1c", Owner.LOCKED: "#e71d36"}


class OwnerView:
    """The layer of owners of one labels layer at a time.

    Parameters
    ----------
    viewer
        Gets the layer, and loses it when it is hidden.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: Labels | None = None
        self._draft: Draft | None = None

    def show(self, labels: Labels | None) -> None:
        """Show the owners of a labels layer, or none; a person's orange, locked ones red."""
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
        if self._draft is not None:
            self._draft.listeners.remove(self._refresh)
            self._draft = None
        if labels is None:
            return
        draft = editing_of(labels).draft
        self._layer = like(labels, draft.owner, f"{labels.name}: who decided")
        self._layer.colormap = CategoryColours(color_dict=_COLOURS)
        self._layer.features = {
            "index": [0, 1, 2],
            "decided by": ["the model", "a person", "locked"],
        }
        self._layer.editable = False
        self._viewer.add_layer(self._layer)
        self._viewer.layers.selection.active = labels  # the brush stays on them
        draft.listeners.append(self._refresh)
        self._draft = draft

    def _refresh(self, _box: Box) -> None:
        if self._layer is not None:
            self._layer.refresh()
