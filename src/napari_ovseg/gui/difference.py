"""What a run would change, shown before it is written: accept all, some categories, or none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_ovseg.annotate.box import whole
from napari_ovseg.gui import layers
from napari_ovseg.gui.colours import colormap_of
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.places import lay_over, on_moved
from napari_ovseg.labels import count_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtCore import QObject

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class Waiting:
    """A proposal that is shown and not yet written."""

    target: Labels
    annotation: Annotation
    plane: tuple[int, ...]
    where: np.ndarray
    shown: Labels


class Difference:
    """Shows one proposal at a time as a layer of its own.

    Parameters
    ----------
    viewer
        Gets the layer, and loses it when it is decided on.
    owner
        With which this ends.

    Attributes
    ----------
    on_dropped
        Called when nothing waits any more, as a person removed what was shown, or its labels.
    """

    def __init__(self, viewer: ViewerModel, owner: QObject) -> None:
        self._viewer = viewer
        self._waiting: Waiting | None = None
        self._left: Labels | None = None
        self._turn = QTimer(owner, singleShot=True)
        self._turn.timeout.connect(self._clear)
        self.on_dropped: Callable[[], None] = lambda: None
        viewer.layers.events.removed.connect(self._removed)
        owner.destroyed.connect(self._leave)

    @property
    def counts(self) -> dict[int, int]:
        """How many pixels would become each category, by id; empty where nothing waits."""
        if self._waiting is None:
            return {}
        return count_ids(self._waiting.annotation.labels.ids[self._waiting.where])

    def awaits(self, target: Labels) -> bool:
        """Whether something that would change in a layer is shown, and not decided on."""
        waiting = self._waiting
        if waiting is None or waiting.shown not in self._viewer.layers:
            return False
        return waiting.target is target and bool(waiting.where.any())

    def show(
        self, target: Labels, annotation: Annotation, plane: tuple[int, ...],
        where: np.ndarray | None = None,
    ) -> int:  # fmt: skip
        """Show what a proposal would change; nothing is written.

        Parameters
        ----------
        where : (H, W) bool
            Only there.

        Returns
        -------
        int
            How many pixels.
        """
        self.reject()
        box = whole(target.data.shape, plane)
        ids = annotation.labels.ids
        changed = editing_of(target).draft.would_change(box, ids.reshape(_shape(box)))
        changed = changed.reshape(ids.shape) & (True if where is None else where)
        if not changed.any():
            return 0
        seen = np.zeros(target.data.shape, np.uint16)
        seen[plane] = np.where(changed, ids, 0)
        shown = layers.like(target, seen, f"{target.name}: what would change")
        shown.colormap = colormap_of(annotation.labels.vocabulary)
        shown.contour, shown.editable, shown.opacity = 0, False, 0.9
        self._waiting = Waiting(target, annotation, plane, changed, shown)
        selection = self._viewer.layers.selection
        active, selected = selection.active, set(selection)
        with selection.events.active.blocker():  # what is chosen stays so, as does the brush
            self._viewer.add_layer(shown)
            self._viewer.layers.selection = selected
            if active is not None:
                selection.active = active
        on_moved(target, self._place)
        return int(np.count_nonzero(changed))

    def accept(self, vocabulary: Vocabulary, categories: Collection[int] | None = None) -> int:
        """Write what waits, or only what becomes one of these categories; the rest is dropped.

        Parameters
        ----------
        vocabulary
            The words of now. What would become a category that is not among them is dropped.

        Returns
        -------
        int
            How many pixels of the plane were kept as a person left them.
        """
        waiting = self._waiting
        if waiting is None:
            return 0
        labels = replace(waiting.annotation.labels, vocabulary=vocabulary)
        known = [0, *(c.id for c in vocabulary)]
        accepted = known if categories is None else list(categories)
        where = waiting.where & np.isin(labels.ids, accepted)
        self.reject()
        if waiting.target not in self._viewer.layers:
            return 0
        annotation = replace(waiting.annotation, labels=labels)
        return layers.update_labels(waiting.target, annotation, waiting.plane, where=where)

    def reject(self) -> None:
        """Drop what waits."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.shown in self._viewer.layers:
            self._viewer.layers.remove(waiting.shown)

    def _leave(self, _owner: object = None) -> None:
        self._viewer.layers.events.removed.disconnect(self._removed)
        with suppress(RuntimeError):  # the window may be gone, too
            self.reject()

    def _place(self, event: Any) -> None:
        if self._waiting is not None and event.source is self._waiting.target:
            lay_over(self._waiting.shown, event.source)

    def _removed(self, event: Any) -> None:
        waiting = self._waiting
        if waiting is not None and event.value in (waiting.shown, waiting.target):
            self._waiting, self._left = None, waiting.shown
            self._turn.start(0)  # napari may be removing it, too
            self.on_dropped()

    def _clear(self) -> None:
        if self._left in self._viewer.layers:
            self._viewer.layers.remove(self._left)
        self._left = None


def _shape(box: tuple[slice, ...]) -> list[int]:
    return [s.stop - s.start for s in box]
