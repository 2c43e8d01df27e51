"""Where and in which slices a run writes, whether it is shown before, and who decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_ovseg.errors import InputError
from napari_ovseg.gui.controls import combo, push_button, row
from napari_ovseg.gui.slices import SliceRow
from napari_ovseg.gui.where import PLACES, where_to

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtWidgets import QHBoxLayout

    from napari_ovseg.gui.round import Target


class WritingRow(QWidget):
    """Choices for the next run, and the buttons to decide on what it shows.

    Attributes
    ----------
    decided
        Emitted with "all", "selected" or "none".
    owners_wanted
        Emitted when the switch of owners is moved.
    """

    decided = Signal(str)
    owners_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.place = combo("ovseg_where", PLACES, "Where a run may write; it always sees all of it")
        self.preview = self._box(
            "ovseg_preview", "show first", "Show what a run would change before it is written"
        )
        self.owners = self._box(
            "ovseg_owners", "who decided", "Show what a person decided (orange) and locked (red)"
        )
        self.slices = SliceRow()
        self.owners.toggled.connect(self.owners_wanted)
        self._decisions = QWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self.place, self.preview, self.owners))
        layout.addWidget(self.slices)
        layout.addWidget(self._decisions)
        self._decisions.setLayout(self._buttons())
        self.ask(False)

    def ask(self, on: bool) -> None:  # like Qt's setVisible
        """Show the buttons that decide on what is shown, or hide them."""
        self._decisions.setVisible(on)

    def targets(self, target: Target, viewer: ViewerModel, *, one: bool = False) -> list[Target]:
        """Return targets that are written where, and when, a person has chosen.

        One for each slice that is chosen, or only `one`; of shapes that were drawn on some
        slices, for these.

        Raises
        ------
        InputError
            If several are to be shown first, or there is nowhere to write, see `where_to`.
        """
        preview = self.preview.isChecked()
        planes = [target.plane] if one else self.slices.planes(target.plane)
        if preview and len(planes) > 1:
            raise InputError("'show first' shows one slice; choose 'this slice', or untick it")
        places = where_to(self.place.currentText(), viewer, target.source, planes)
        return [
            replace(target, plane=plane, where=where, preview=preview)
            for plane, where in places.items()
        ]

    def _box(self, name: str, text: str, tip: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setObjectName(name)
        box.setToolTip(tip)
        return box

    def _buttons(self) -> QHBoxLayout:
        buttons = []
        for name, text, decision, tip in (
            ("ovseg_accept", "Accept", "all", "Write all of what is shown"),
            ("ovseg_accept_some", "Accept selected", "selected",
             "Write what becomes one of the categories selected in the table; drop the rest"),
            ("ovseg_reject", "Reject", "none", "Drop what is shown; nothing is written"),
        ):  # fmt: skip
            button = push_button(name, text, tip)
            button.clicked.connect(lambda _checked=False, what=decision: self._decide(what))
            buttons.append(button)
        layout = row(*buttons)
        layout.setContentsMargins(0, 0, 0, 0)
        return layout

    def _decide(self, what: str) -> None:
        self.ask(False)
        self.decided.emit(what)
