"""Keys to choose a category while painting, and an image of a folder; none that napari uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_ovseg.gui.session import Session

FIRST_NINE = tuple(f"Shift-{number}" for number in range(1, 10))
NEXT, PREVIOUS, ADD = "Shift-Down", "Shift-Up", "Shift-N"
NEXT_IMAGE, PREVIOUS_IMAGE = "Shift-Right", "Shift-Left"


def bind(layer: Labels, session: Session) -> None:
    """Let keys choose what a layer is painted with: Shift and a number, or an arrow.

    Another key asks for a new category.

    Parameters
    ----------
    layer
        Gets the keys, as long as it is the active one.
    session
        Whose categories, in the order of the table.
    """
    for place, key in enumerate(FIRST_NINE):
        layer.bind_key(key, partial(_choose, session, place), overwrite=True)
    layer.bind_key(NEXT, partial(_step, session, 1), overwrite=True)
    layer.bind_key(PREVIOUS, partial(_step, session, -1), overwrite=True)
    layer.bind_key(ADD, lambda _layer: session.add_wanted.emit(), overwrite=True)


def bind_images(viewer: ViewerModel, step: Callable[[int], None]) -> None:
    """Let keys go to the next image of a folder (1) and to the previous one (-1)."""
    for key, by in ((NEXT_IMAGE, 1), (PREVIOUS_IMAGE, -1)):
        viewer.bind_key(key, lambda _viewer, by=by: step(by), overwrite=True)


def _choose(session: Session, place: int, layer: Labels) -> None:
    if place < len(session.rows):
        layer.selected_label = session.rows[place].id


def _step(session: Session, by: int, layer: Labels) -> None:
    ids = [c.id for c in session.rows]
    if ids:
        at = ids.index(layer.selected_label) if layer.selected_label in ids else -max(by, 0)
        layer.selected_label = ids[(at + by) % len(ids)]
