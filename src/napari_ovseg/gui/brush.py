"""The category that is painted with: chosen in the table, or by napari's keys and picker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from qtpy.QtCore import QObject, Signal

from napari_ovseg.gui.keys import bind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Labels

    from napari_ovseg.gui.session import Session


class Brush(QObject):
    """Notices which category labels layers are painted with.

    Attributes
    ----------
    chosen
        Emitted with the id when a layer is painted with another one.
    """

    chosen = Signal(int)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._painting: WeakKeyDictionary[Labels, int] = WeakKeyDictionary()
        self._listed: WeakKeyDictionary[Labels, list[int]] = WeakKeyDictionary()

    def attend(self, layer: Labels, selected: Sequence[int]) -> None:
        """Give a layer the keys, and follow it; once or again.

        A layer that is new is painted with the category that is selected in the table; so is one
        whose category was removed, or with the first category if none is selected. A number
        without a word that a person took, as with napari's key M, stays.
        """
        bind(layer, self._session)
        known = [category.id for category in self._session.rows]
        is_new, paints = layer not in self._painting, int(layer.selected_label)
        gone = paints not in {0, *known} and (is_new or paints in self._listed.get(layer, ()))
        if (is_new and selected) or (known and gone):
            layer.selected_label = [*selected, *known][0]
        if known:  # else it is removed still
            self._listed[layer] = known
        self._painting.setdefault(layer, int(layer.selected_label))
        layer.events.selected_label.disconnect(self._told)
        layer.events.selected_label.connect(self._told)

    def leave(self) -> None:
        """Follow no layer any more."""
        for layer in self._painting:
            layer.events.selected_label.disconnect(self._told)

    def _told(self, event: Any) -> None:
        layer, label = event.source, int(event.source.selected_label)
        # Napari tells of it after a change of colours, too.
        if label != self._painting.get(layer):
            self._painting[layer] = label
            self.chosen.emit(label)
