"""Tells what the encoder would see of the chosen image, and when that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from qtpy.QtCore import QObject, Signal

from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.seen import ALONE, AMONG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Image as ImageLayer

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.settings_form import SettingsForm


class EncodesLine(QObject):
    """Keeps a line of the form true while layers are shown otherwise.

    Parameters
    ----------
    pictures
        Of the window.
    form
        Has the line, the image that is chosen, and the switch for all visible ones.

    Attributes
    ----------
    changed
        Emitted when the encoder would see something else.
    """

    changed = Signal()

    def __init__(self, pictures: Pictures, form: SettingsForm) -> None:
        super().__init__(form)
        self._pictures, self._form = pictures, form
        self._layers: WeakSet[ImageLayer] = WeakSet()
        form.image.currentIndexChanged.connect(self.show)
        form.together.toggled.connect(self._show_together)

    def watch(self, layers: Iterable[ImageLayer]) -> None:
        """Notice how these are shown from now on."""
        self.leave()
        self._layers = WeakSet(layers)
        for layer in self._layers:
            for name in (*ALONE, *AMONG):
                layer.events[name].connect(self._layer_changed)

    def leave(self) -> None:
        """Notice nothing any more."""
        for layer in self._layers:
            for name in (*ALONE, *AMONG):
                layer.events[name].disconnect(self._layer_changed)
        self._layers.clear()

    def show(self, _index: object = None) -> None:
        """Tell what the encoder would see now."""
        layer = self._form.chosen_image()
        try:
            text = "no image layer open" if layer is None else self._pictures.describe(layer)
        except OvsegError as error:
            text = str(error)
        self._form.display.setText(text)

    def _show_together(self, on: bool) -> None:  # Qt's signal
        self._pictures.together = on
        self._changed()

    def _layer_changed(self, event: Any) -> None:
        """Say nothing of what the encoder does not see: labels would follow it."""
        alone = event.type in ALONE and event.source is self._form.chosen_image()
        if alone or self._pictures.together:
            self._changed()

    def _changed(self) -> None:
        self.show()
        self.changed.emit()
