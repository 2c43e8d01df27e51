"""The note that a small model never learnt some of the words, with the way to one that did."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.familiar import Unfamiliar

_SHOWN = 4


class UnfamiliarNote(QLabel):
    """Names the words, what the model knows that is nearest, and offers a full model.

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

    def tell(self, words: Sequence[Unfamiliar]) -> None:
        """Show the note, or hide it if there are none."""
        named = [f"“{escape(w.query)}” (nearest: {escape(w.nearest)})" for w in words[:_SHOWN]]
        more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
        self.setText(
            f"The starter never learnt {', '.join(named)}{more}, so nothing is labelled so. "
            "Use another word, or <a href='models'>get a full model…</a>"
        )
        self.setVisible(bool(words))
