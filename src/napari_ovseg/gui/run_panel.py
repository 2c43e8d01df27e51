"""The part of the dock about runs: where they write, Segment and Cancel, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_warning
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_ovseg.errors import InputError, OvsegError
from napari_ovseg.gui.controls import push_button, row
from napari_ovseg.gui.stage_bar import StageBar
from napari_ovseg.gui.unfamiliar_note import UnfamiliarNote
from napari_ovseg.gui.writing_row import WritingRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from napari_ovseg.gui.folder import Folder
    from napari_ovseg.gui.session import Session
    from napari_ovseg.gui.work import Work
    from napari_ovseg.labels import Annotation


class RunPanel(QWidget):
    """Starts runs, shows how far they are, and says what came of them.

    Parameters
    ----------
    session
        Whose words are counted and asked about.

    Attributes
    ----------
    writing
        Where a run writes.
    bar
        How far it is.
    message, note
        What there is to read; shown where the window has room for them.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._work: Work | None = None
        self._selected: Callable[[], Collection[int] | None] = lambda: None
        self.writing, self.bar = WritingRow(), StageBar()
        self.run_button = push_button("ovseg_segment", "Segment", "Label the picture on screen")
        self.cancel_button = push_button("ovseg_cancel", "Cancel", "Stop; finished rows stay")
        self.cancel_button.setEnabled(False)
        self.message = QLabel("")
        self.message.setObjectName("ovseg_message")
        self.message.setWordWrap(True)
        self.note = UnfamiliarNote()
        self.writing.decided.connect(self._decide)

    def lay_out(self, between: QWidget) -> None:
        """Put the controls below each other, and another's between what is chosen and Segment."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.writing, between):
            layout.addWidget(part)
        layout.addLayout(row(self.run_button, self.cancel_button))
        layout.addWidget(self.bar)

    def attend(
        self, work: Work, folder: Folder, selected: Callable[[], Collection[int] | None]
    ) -> None:
        """Begin to show what these do.

        Parameters
        ----------
        selected
            Finds the ids of the categories that are selected in the table.
        """
        self._work, self._selected = work, selected
        self.run_button.clicked.connect(lambda _checked=False: work.turns.run())
        self.cancel_button.clicked.connect(lambda _checked=False: work.turns.cancel())
        work.began.connect(self._begun)
        work.stepped.connect(self.bar.step)
        work.ended.connect(self._ended)
        work.labelled.connect(self._report)
        work.previewed.connect(self._ask)
        work.difference.on_dropped = self._dropped
        for teller in (work, folder):
            teller.told.connect(self._told)
            teller.broke.connect(self._broke)
        folder.leaving.connect(self._leaving)

    def tell(self, text: str) -> None:
        """Show a message that the user should see."""
        self.message.setText(text)
        show_warning(text)

    # --- a run ------------------------------------------------------------------------

    def _begun(self) -> None:
        self.run_button.setEnabled(False)
        self.cancel_button.setEnabled(True)
        self.message.setText("")
        self.note.hide()
        self.writing.ask(False)
        if self._work is not None:
            self._work.difference.reject()
        self.bar.begin()

    def _ended(self) -> None:
        self.run_button.setEnabled(True)
        self.cancel_button.setEnabled(False)
        self.bar.rest()

    def _report(self, annotation: Annotation, kept: int) -> None:
        total = annotation.labels.ids.size
        parts = [f"{name} {count / total:.0%}" for name, count in self._session.counts.items()]
        text = ", ".join(parts[:8]) + (" …" if len(parts) > 8 else "")
        if kept:
            text += f"\n{kept} corrected pixels were kept as you left them"
        if self._session.remark:
            text += f"\n{self._session.remark}"
        self.message.setText(text)
        self.note.tell(self._session.unfamiliar)

    def _told(self, text: str, loud: bool) -> None:  # Qt's signal
        (self.tell if loud else self.message.setText)(text)

    def _broke(self, text: str) -> None:
        self.message.setText(text)
        show_error(f"napari-ovseg: {text}")

    # --- what it would change ---------------------------------------------------------

    def _ask(self, count: int) -> None:
        """Ask what to do with what a run would change."""
        assert self._work is not None  # it says so
        names = {0: "unlabelled", **{c.id: c.name for c in self._session.rows}}
        counts = self._work.difference.counts
        parts = [f"{n:,} to {names.get(i, i)}" for i, n in counts.items()]
        told = f"{count:,} pixels would change: {', '.join(parts)}"
        self.message.setText(told if count else "nothing would change")
        self.writing.ask(bool(count))

    def _dropped(self) -> None:
        self.writing.ask(False)
        self.writing.decided.emit("none")

    def _decide(self, what: str) -> None:
        if self._work is None:
            return
        difference = self._work.difference
        try:
            if what == "none":
                difference.reject()
            else:
                chosen = self._chosen() if what == "selected" else None
                difference.accept(self._session.vocabulary(), chosen)
        except OvsegError as error:
            self.writing.ask(True)  # it is not decided yet
            self.tell(str(error))
            return
        self.message.setText("")

    def _chosen(self) -> Collection[int]:
        if chosen := self._selected():
            return chosen
        raise InputError("no category is selected; select in the table which to accept")

    def _leaving(self) -> None:
        self._decide("none")
        self.writing.ask(False)
        self.writing.owners.setChecked(False)
