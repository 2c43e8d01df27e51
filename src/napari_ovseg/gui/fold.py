"""Controls that are folded away under a button, which says what they are set to."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ovseg.gui.controls import push_button


class Fold(QWidget):
    """A button that shows and hides what lies under it.

    Qt's layouts give the content its height, which depends on the width where lines wrap; a height
    that is set, as superqt's `QCollapsible` does, is wrong after the next change of either.

    Parameters
    ----------
    name, tip
        Of the button.
    content
        Hidden at first.

    Attributes
    ----------
    toggled
        Emitted with whether the content is shown.
    """

    toggled = Signal(bool)

    def __init__(self, name: str, tip: str, content: QWidget) -> None:
        super().__init__()
        self._text, self._content = "", content
        self.button = push_button(name, "", tip)
        self.button.setStyleSheet("text-align: left")
        self.button.clicked.connect(lambda _checked=False: self.unfold(not self.unfolded))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self.unfold(False)

    @property
    def unfolded(self) -> bool:
        """Whether the content is shown."""
        return not self._content.isHidden()

    def unfold(self, on: bool = True) -> None:
        """Show the content, or hide it."""
        self._content.setVisible(on)
        self.tell(self._text)
        self.toggled.emit(on)

    def tell(self, text: str) -> None:
        """Say what the content is set to."""
        self._text = text
        self.button.setText(f"{'▾' if self.unfolded else '▸'} {text}")
