"""Asks which labels layer an image shall adopt, and whose words its ids mean then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels
from qtpy.QtWidgets import QInputDialog

from napari_ovseg.errors import InputError
from napari_ovseg.gui import adopting, agreement
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from qtpy.QtWidgets import QWidget

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session


TAKE, KEEP = "take its words; the table becomes the layer's", "keep mine, ids as they are"
_SHOWN = 5


class Adoption:
    """Makes a labels layer that was opened or drawn the labels of an image.

    Parameters
    ----------
    owner
        Over which it asks.
    viewer, session, pictures
        Of the window.
    """

    def __init__(
        self, owner: QWidget, viewer: ViewerModel, session: Session, pictures: Pictures
    ) -> None:
        self._owner, self._viewer = owner, viewer
        self._session, self._pictures = session, pictures

    def run(self, source: ImageLayer | None) -> str:
        """Adopt, after asking what must be asked; nothing changes where a person cancels.

        Returns
        -------
        str
            What was done; empty if nothing was.

        Raises
        ------
        InputError
            If there is no image, it has labels already, or the labels do not fit it.
        """
        if source is None:
            raise InputError("no image layer is open; open the image of the labels first")
        if (present := self._pictures.labels_of(source)) is not None:
            raise InputError(
                f"{source.name!r} has the labels {present.name!r}; remove that layer first"
            )
        labels = self._layer()
        if labels is None:
            return ""
        adopting.check_fit(labels, source)
        words = adopting.words_of(labels)
        answer = self._whose(words)
        if not answer:
            return ""
        mine = self._session.known() if answer == KEEP else []
        rows = agreement.added_to(mine, words)
        adopting.adopt(labels, source, Vocabulary(tuple(rows)), self._session.hidden)
        self._viewer.layers.selection.active = labels
        self._session.locked |= self._pictures.locked()
        self._session.set_rows(rows)
        count = np.count_nonzero(labels.data)
        return f"{source.name!r} has adopted {labels.name!r}: {count:,} labelled pixels"

    def _layer(self) -> Labels | None:
        """Choose a layer that belongs to no image: the active one, the only one, or the asked."""
        taken = self._pictures.all_labels()
        # Layers that only show something, as what a run would change, cannot be edited.
        found = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Labels)
            and layer not in taken
            and (layer.editable or layer.multiscale)
        ]
        if not found:
            raise InputError(
                "there is no labels layer that could be adopted; open one, or draw in a new one"
            )
        active = self._viewer.layers.selection.active
        if len(found) == 1 or active in found:
            return active if active in found else found[0]
        names = [layer.name for layer in found]
        name, agreed = QInputDialog.getItem(
            self._owner, "Adopt labels", "This layer becomes the labels:", names, 0, False
        )
        return found[names.index(name)] if agreed else None

    def _whose(self, words: Vocabulary) -> str:
        """Ask whose words hold, if it matters: `TAKE`, `KEEP`, or nothing to cancel."""
        found = agreement.disagreements(self._session.known(), words)
        if not found:
            return KEEP
        more = [f"and {len(found) - _SHOWN} more"] * (len(found) > _SHOWN)
        told = "\n".join(("The ids mean other words:", *found[:_SHOWN], *more))
        # Its words would be given to pixels of other labels, too.
        choices = [KEEP] if self._session.bound else [TAKE, KEEP]
        answer, agreed = QInputDialog.getItem(self._owner, "Adopt labels", told, choices, 0, False)
        return str(answer) if agreed else ""
