"""One row for a folder of images: open it, go back and forth, see how far each image is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_ovseg.gui.controls import combo, push_button, row

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.folder_queue import FolderQueue


class FolderRow(QWidget):
    """Nothing but a button until a folder is open.

    Attributes
    ----------
    folder_chosen
        Emitted with the folder.
    stepped
        Emitted with 1 for the next image and -1 for the previous one.
    picked
        Emitted with the image that was picked from the list.
    """

    folder_chosen = Signal(str)
    stepped = Signal(int)
    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._files: tuple[Path, ...] = ()
        self._open = push_button("ovseg_folder", "Open folder…", "Label its images one by one")
        self._open.clicked.connect(self._ask)
        self.back = push_button("ovseg_previous", "◀", "Previous image (Shift+Left)")
        self.next = push_button("ovseg_next", "▶", "Next image (Shift+Right)")
        for button, by in ((self.back, -1), (self.next, 1)):
            button.setMaximumWidth(32)
            button.clicked.connect(lambda _checked=False, by=by: self.stepped.emit(by))
        self.list = combo("ovseg_pictures", (), "The images of the folder, and how far each is")
        self.list.activated.connect(lambda at: self.picked.emit(self._files[at]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self._open, self.back, self.list, self.next))
        self._moving = (self.back, self.list, self.next)
        for part in self._moving:
            part.hide()

    def show_queue(self, queue: FolderQueue, at: Path | None) -> None:
        """Show the images of a folder, how far each is, and which one is open."""
        texts = [f"{file.name} · {queue.states[file]}" for file in queue.files]
        if self._files != queue.files:
            self._files = queue.files
            self.list.clear()
            self.list.addItems(texts)
        for index, text in enumerate(texts):
            if self.list.itemText(index) != text:
                self.list.setItemText(index, text)
        self._open.setText("…")
        self._open.setToolTip(f"{queue.folder}: open another folder")
        self._open.setMaximumWidth(32)
        self.list.setCurrentIndex(queue.files.index(at) if at else -1)
        self.back.setEnabled(at is not None and queue.beside(at, -1) is not None)
        self.next.setEnabled(at is not None and queue.beside(at, 1) is not None)
        for part in self._moving:
            part.show()

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Label the images of a folder")
        if folder:
            self.folder_chosen.emit(folder)
