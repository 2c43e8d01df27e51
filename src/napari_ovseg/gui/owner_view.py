"""One switch shows who decided each pixel: a layer over the labels, of the owners themselves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from napari_ovseg.gui.colours import CategoryColours
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import like
from napari_ovseg.gui.places import lay_over, on_moved
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft

_COLOURS = {None: "transparent", 0: "transparent", Owner.PERSON: "#ff9f1c", Owner.LOCKED: "#e71d36"}


class OwnerView:
    """The layer of owners of the labels of the chosen image.

    Parameters
    ----------
    viewer
        Gets the layer, and loses it when it is hidden.
    labels
        Finds these labels.
    parent
        With which this ends.
    """

    def __init__(
        self, viewer: ViewerModel, labels: Callable[[], Labels | None], parent: QObject
    ) -> None:
        self._viewer, self._labels = viewer, labels
        self._on = False
        self._layer: Labels | None = None
        self._draft: Draft | None = None
        # Napari is told of layers that came and went before it is given others.
        self._turn = QTimer(parent, singleShot=True)
        self._turn.timeout.connect(self._show_those_chosen)
        parent.destroyed.connect(self._leave)

    def switch(self, on: bool) -> None:  # Qt's signal
        """Show the owners of the labels that are chosen, or none."""
        self._on = on
        self._show(self._labels() if on else None)

    def follow(self) -> None:
        """Show those of other labels in a moment, if others are chosen by then."""
        if self._on:
            self._turn.start(0)

    def _show_those_chosen(self) -> None:
        labels = self._labels() if self._on else None
        draft = None if labels is None else editing_of(labels).draft
        if draft is not self._draft:
            self._show(labels)

    def _show(self, labels: Labels | None) -> None:
        """Show the owners of a labels layer, or none; a person's orange, locked ones red."""
        self._hide()
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
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(self._layer)
        self._viewer.layers.selection.active = active or labels  # the brush stays where it is
        draft.listeners.append(self._refresh)
        on_moved(labels, self._place)
        self._draft = draft

    def _hide(self) -> None:
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
        if self._draft is not None:
            self._draft.listeners.remove(self._refresh)
            self._draft = None

    def _leave(self, _parent: object = None) -> None:
        with suppress(RuntimeError):  # the window may be gone, too
            self._hide()

    def _place(self, event: Any) -> None:
        if self._layer is not None and editing_of(event.source).draft is self._draft:
            lay_over(self._layer, event.source)

    def _refresh(self, _box: Box) -> None:
        if self._layer is None or self._draft is None:
            return
        if self._layer.data is not self._draft.owner:  # it began anew with another array
            self._layer.data = self._draft.owner
        self._layer.refresh()
