"""Lets labels follow the words and settings, once the model would be asked something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakSet

from napari_ovseg.gui.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_ovseg.gui.folder import Folder
    from napari_ovseg.gui.session import Session
    from napari_ovseg.gui.work import Work
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.vocabulary import Category


class Following:
    """Asks for labels that follow.

    Parameters
    ----------
    session, work, folder
        Of the window.
    labels
        Finds the labels layer of the chosen image.
    """

    def __init__(
        self, session: Session, work: Work, folder: Folder, labels: Callable[[], Labels | None]
    ) -> None:
        self._session, self._work, self._folder, self._labels = session, work, folder, labels
        self._asked = self._question()
        self._held_up: WeakSet[Labels] = WeakSet()
        work.began.connect(self._held_up.clear)

    def _question(self) -> tuple[frozenset[Category], Recipe]:
        """What labels depend on; neither the order of the words nor their colours."""
        rows = frozenset(replace(category, colour="") for category in self._session.rows)
        return rows, self._session.recipe

    def words_changed(self) -> None:
        """Follow, unless all that changed is something that the model is not asked about."""
        before, self._asked = self._asked, self._question()
        if self._asked != before:
            self.follow()

    def follow(self) -> None:
        """Follow as soon as nothing more changes, and no run is under way."""
        turns = self._work.turns
        if self._work.runner.closed or self._folder.moving:  # it hides layers while it moves
            return
        # A run has the words of its start: its labels follow when they are there.
        awaited = turns.now == Turn.RUN or self._labels() is not None
        if awaited and self._session.rows:
            labels = self._labels()
            if labels is not None and self._work.difference.awaits(labels):
                self._held_up.add(labels)
            turns.follow()

    def decided(self, _what: str) -> None:
        """Let the labels that are chosen follow what changed while their difference waited."""
        if (labels := self._labels()) is not None and labels in self._held_up:
            self._held_up.discard(labels)
            self.follow()
