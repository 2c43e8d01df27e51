"""The note that a small model never learnt some of the words, with the way to one that did."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel

from napari_ovseg.gui.controls import link_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.familiar import Unfamiliar

_SHOWN = 4


class UnfamiliarNote(QLabel):
    """Names the categories, what they were taken for, and offers a full model.

    Attributes
    ----------
    models_wanted
        Emitted when the user follows the offer.
    """

    models_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ovseg_unfamiliar")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.linkActivated.connect(lambda _link: self.models_wanted.emit())
        self.hide()

    def tell(self, found: Sequence[Unfamiliar]) -> None:
        """Show the note, or hide it if there are none."""
        lines = [escape(str(each)) for each in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"and {len(found) - _SHOWN} more.")
        link = f"<a href='models' style='color: {link_colour()}'>get a full model…</a>"
        lines.append(f"Use other words, or {link}")
        self.setText("<br>".join(lines))
        self.setVisible(bool(found))
