"""Parts of the dock that scroll, up and down only, so that no window is too low for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent


class Scrolled(QScrollArea):
    """Widgets below each other, as wide as there is room; they take the height that others leave.

    Parameters
    ----------
    parts
        The last one grows.
    least
        Height that is never taken away, px.
    """

    def __init__(self, *parts: QWidget, least: int) -> None:
        super().__init__()
        self._least = least
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in parts:
            layout.addWidget(part)
        layout.setStretch(len(parts) - 1, 1)
        self.setWidget(self._content)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Ask for the width of the content and its scroll bar."""
        return QSize(self._with_bar(self._content.sizeHint()), self._least)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Insist on a width at which nothing is cut."""
        return QSize(self._with_bar(self._content.minimumSizeHint()), self._least)

    def _with_bar(self, size: QSize) -> int:
        bar = self.verticalScrollBar().sizeHint().width()
        return int(size.width() + bar + 2 * self.frameWidth())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        """Ask for another size when the content does."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))


class Messages(Scrolled):
    """Lines to read: as high as they are; where that is too much they scroll.

    The parameters are those of `Scrolled`.
    """

    def __init__(self, *parts: QWidget, least: int) -> None:
        super().__init__(*parts, least=least)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Ask for the height that the lines have at this width, however wide they are."""
        return QSize(super().minimumSizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Insist on the first lines."""
        least = super().minimumSizeHint()
        return QSize(least.width(), min(least.height(), self._height()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        """Ask anew: lines wrap elsewhere at another width."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _height(self) -> int:
        """Of the lines beside a scroll bar: Qt takes one away only if they fit beside it."""
        frame = 2 * self.frameWidth()
        width = self.width() - frame - self.verticalScrollBar().sizeHint().width()
        return int(self._content.heightForWidth(width) + frame)
