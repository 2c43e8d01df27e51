"""The lower end of the widget: file format, and the button that writes the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from napari_ovseg.errors import InputError, OvsegError
from napari_ovseg.exporters import EXPORTERS, export
from napari_ovseg.gui import layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels


class ExportRow(QWidget):
    """Write the labels of the chosen image, corrections included, into a folder.

    Parameters
    ----------
    labels
        Finds the labels layer of the chosen image.
    say, tell
        Show a message, and one that must be seen.
    """

    def __init__(
        self,
        labels: Callable[[], Labels | None],
        say: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._labels, self._say, self._tell = labels, say, tell
        self.format = QComboBox()
        self.format.setObjectName("ovseg_format")
        self.format.setToolTip("File format of the export")
        self.format.addItems(list(EXPORTERS.names()))
        self.button = QPushButton("Export…")
        self.button.setObjectName("ovseg_export")
        self.button.setToolTip("Write the labels to a folder")
        self.button.clicked.connect(lambda _checked=False: self._ask())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.format)
        layout.addWidget(self.button)

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Write the labels into")
        if folder:
            self.export_to(folder)

    def export_to(self, folder: str) -> None:
        """Write the labels into a folder."""
        try:
            layer = self._labels()
            if layer is None:
                raise InputError("there are no labels of this image yet; press Segment first")
            name = self.format.currentText()
            annotation = layers.annotation_of(layer)
            lost = EXPORTERS.get(name)().check(annotation)
            files = export(annotation, folder, name)
        except OvsegError as error:
            self._tell(str(error))
            return
        note = f"; {name} does not hold {'; '.join(lost)}" if lost else ""
        self._say(f"wrote {', '.join(f.name for f in files)}{note}")
        show_info(f"wrote {len(files)} files to {folder}")
