"""Padlocks of the table and locks of pixels: one follows the other, undo and redo included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ovseg.gui.editing import editing_of

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session


class Locks:
    """Locks pixels as the table says, and lets the table say what undo and redo locked.

    Parameters
    ----------
    session, pictures
        Of the window.
    """

    def __init__(self, session: Session, pictures: Pictures) -> None:
        self._session, self._pictures = session, pictures
        self._turned: Draft | None = None
        session.lock_changed.connect(self._lock)

    def attend(self, layer: Labels) -> None:
        """Notice undo and redo in a layer; once or again."""
        editing_of(layer).relocked.connect(self._follow, unique=True)

    def _lock(self, category_id: int, on: bool) -> None:
        self._pictures.lock(category_id, on, but=self._turned)

    def _follow(self, draft: Draft, category_id: int, on: bool) -> None:
        """Lock or unlock the category in the table and in all other pictures."""
        self._turned = draft  # another step would come behind the one that was taken back
        try:
            self._session.lock(category_id, on)
        finally:
            self._turned = None
