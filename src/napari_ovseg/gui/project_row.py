"""What the dock shows of projects: when work was kept, where, and what a crash left."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFileDialog, QLabel, QMenu, QPushButton, QWidget

from napari_ovseg.gui.controls import link_colour, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_ovseg.gui.keeper import Keeper
    from napari_ovseg.project import Left

_OFFERED = 4


class ProjectRow(QWidget):
    """A menu of projects, the time of the last save, and the offer to restore.

    Parameters
    ----------
    keeper
        Of the window.
    chosen
        Finds the labels layer of the chosen image.
    tell
        Shows what cannot be done.

    Attributes
    ----------
    offer
        To restore what a crash left; shown where the window has room for it.
    """

    def __init__(
        self,
        keeper: Keeper,
        chosen: Callable[[], Labels | None],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._keeper, self._chosen, self._tell = keeper, chosen, tell
        self._folder: Path | None = None
        self._left: list[Left] = []
        self.button = QPushButton("Project")
        self.button.setObjectName("ovseg_project")
        self.button.setToolTip("Open work that was kept, or choose where to keep this")
        self.button.setMenu(self._menu())
        self.state = QLabel("")
        self.state.setObjectName("ovseg_kept")
        self.offer = QLabel("")
        self.offer.setObjectName("ovseg_restore")
        self.offer.setWordWrap(True)
        self.offer.setTextFormat(Qt.TextFormat.RichText)
        self.offer.linkActivated.connect(self._decide)
        self.offer.hide()
        layout = row(self.button, self.state)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        keeper.on_kept, keeper.on_left = self._kept, self._show_left

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Open project…", self._open)
        menu.addAction("Keep in another folder…", self._move)
        menu.addAction("Show folder", self._show_folder)
        return menu

    def _kept(self, folder: Path, time: datetime) -> None:
        self._folder = folder
        self.state.setText(f"kept at {time:%H:%M:%S}")
        self.state.setToolTip(f"{folder}\nEvery stroke is kept at once; all of it now and then.")

    def _open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open project", str(self._keeper.root))
        if folder:
            self._keeper.open(Path(folder))

    def _move(self) -> None:
        layer = self._chosen()
        if layer is None:
            self._tell("segment an image first: then there is something to keep")
        elif folder := QFileDialog.getExistingDirectory(self, "Keep the work in"):
            self._keeper.move(layer, Path(folder))

    def _show_folder(self) -> None:
        folder = self._folder or self._keeper.root
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # --- after a crash ----------------------------------------------------------------

    def _show_left(self, left: list[Left]) -> None:
        """Offer what a killed program left."""
        self._left = left
        style = f"style='color: {link_colour()}'"
        lines = []
        for number, each in enumerate(left[:_OFFERED]):
            time = datetime.fromtimestamp(each.time).astimezone()
            lines.append(
                f"<b>{escape(each.name)}</b> of {time:%d %b %H:%M}: "
                f"<a href='restore {number}' {style}>restore</a> or "
                f"<a href='leave {number}' {style}>leave it</a>"
            )
        if len(left) > _OFFERED:
            lines.append(f"and {len(left) - _OFFERED} more")
        self.offer.setText("<br>".join(["The last session ended early. It was kept:", *lines]))
        self.offer.setVisible(bool(left))

    def _decide(self, link: str) -> None:
        what, number = link.split()
        left = self._left[int(number)]
        if what == "restore":  # its image may have to be opened first: it is offered until then
            self._keeper.open(left.folder, partial(self._settled, left))
        else:
            left.leave()
            self._settled(left)

    def _settled(self, left: Left) -> None:
        self._show_left([each for each in self._left if each is not left])
