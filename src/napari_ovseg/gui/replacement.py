"""Puts other words in the place of the table's, and asks about those that have pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QInputDialog

from napari_ovseg.gui.agreement import fitted
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qtpy.QtWidgets import QWidget

    from napari_ovseg.gui.session import Session
    from napari_ovseg.vocabulary import Category

STAY, GO = "stay, below the new words", "go, and their pixels become unlabelled"
_SHOWN = 5


class Replacement:
    """Exchanges the words of a session; pixels of labels keep theirs, or become unlabelled.

    Parameters
    ----------
    owner
        Over which it asks.
    session
        Whose words.
    uses, give
        As those of `Pictures`.
    """

    def __init__(
        self,
        owner: QWidget,
        session: Session,
        uses: Callable[[int], int],
        give: Callable[[int, int], None],
    ) -> None:
        self._owner, self._session, self._uses, self._give = owner, session, uses, give

    def run(self, words: Iterable[Category]) -> list[Category]:
        """Exchange the words; nothing changes where a person cancels.

        Returns
        -------
        list of Category
            The words with the ids that they have in the table now; none if it was cancelled.

        Raises
        ------
        VocabularyError
            If a word that would go is locked.
        """
        session, rows = self._session, list(words)
        known = session.known()
        if session.bound:
            rows = fitted(rows, known, session.highest())
        ids = {c.id for c in rows}
        gone = [c for c in known if c.id not in ids]
        session.refuse_locked(c.id for c in gone)
        pixels = {c: self._uses(c.id) for c in gone}
        used = [c for c, count in pixels.items() if count]
        answer = self._ask(used, sum(pixels.values())) if used else GO
        if answer:
            kept = used if answer == STAY else []
            if session.bound:  # undo may bring their pixels back
                session.removed = max(session.removed, *(c.id for c in gone), 0)
            session.set_rows(Vocabulary((*rows, *kept)))
            for category in used if answer == GO else ():
                self._give(category.id, 0)
        return rows if answer else []

    def _ask(self, used: Sequence[Category], count: int) -> str:
        """Ask whether words that have pixels `STAY` or `GO`; nothing to cancel."""
        names = ", ".join(c.name for c in used[:_SHOWN]) + " …" * (len(used) > _SHOWN)
        told = f"{count:,} pixels are {names}. These words:"
        answer, agreed = QInputDialog.getItem(
            self._owner, "Other words", told, [STAY, GO], 0, False
        )
        return str(answer) if agreed else ""
