"""Whose turn it is on the one worker: a run, labels that follow the words, or work ahead."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE_MS = 120
"""Without another change before labels follow: shorter than a pause between two words."""


class Turn(IntEnum):
    """What to do; the larger one wins."""

    REST = 0
    AHEAD = 1
    FOLLOW = 2
    RUN = 3


class Turns(QObject):
    """Starts one thing at a time; none waits for one that matters less.

    Parameters
    ----------
    start
        Starts a turn; returns whether anything was started.
    cancel
        Asks what is under way to stop; `ended` is called when it has.
    parent
        Whose timer it is.
    """

    def __init__(
        self, start: Callable[[Turn], bool], cancel: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._start, self._cancel = start, cancel
        self._now = self._next = Turn.REST
        self._owed = False
        """Whether something has changed that no labels have followed yet."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(lambda: self._ask(Turn.FOLLOW))

    @property
    def now(self) -> Turn:
        """What is under way."""
        return self._now

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way, and nothing waits for its turn."""
        return not self._timer.isActive() and self._now == self._next == Turn.REST

    def run(self) -> None:
        """Run as soon as labels that follow have stopped; nothing if a run is under way."""
        if self._now != Turn.RUN:
            self._ask(Turn.RUN)

    def follow(self) -> None:
        """Let the labels follow, when nothing more has changed for a moment."""
        self._owed = True
        self._timer.start()

    def ahead(self) -> None:
        """Work ahead as soon as nothing else is to do."""
        self._ask(Turn.AHEAD)

    def cancel(self) -> None:
        """Stop what is under way; after a run labels follow what they have not followed yet."""
        if self._now != Turn.RUN:
            self.stop()
            return
        self._timer.stop()
        self._next = Turn.FOLLOW if self._owed else Turn.REST
        self._cancel()

    def stop(self) -> None:
        """Stop what is under way, and forget what was asked for meanwhile."""
        self._owed = False
        self._timer.stop()
        self._next = Turn.REST
        self._cancel()

    def stay(self) -> None:
        """Let no labels follow what has changed so far; a run goes on."""
        self._owed = False
        self._timer.stop()
        if self._next == Turn.FOLLOW:
            self._next = Turn.REST
        if self._now == Turn.FOLLOW:
            self._cancel()

    def ended(self) -> None:
        """Go on with what was asked for meanwhile; to be called when a turn has ended."""
        was, wanted = self._now, self._next
        self._now = self._next = Turn.REST
        if was == Turn.RUN and wanted != Turn.FOLLOW:  # its labels have the words of now
            self._owed = self._timer.isActive()
        if wanted != Turn.REST:
            self._ask(wanted)

    def _ask(self, turn: Turn) -> None:
        if self._now != Turn.REST:
            self._next = max(self._next, turn)
            if self._now <= turn and self._now != Turn.RUN:  # it matters less, or is outdated
                self._owed |= self._now == Turn.FOLLOW
                self._cancel()
            return
        self._now, began = turn, False
        try:
            began = self._start(turn)
        finally:  # also after an error that nobody foresaw: the next turn may do better
            if not began:
                self._now = Turn.REST
            if turn == Turn.FOLLOW:
                self._owed = not began
