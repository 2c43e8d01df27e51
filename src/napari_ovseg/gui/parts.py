"""Writes a proposal into a layer part by part, what is in view first; no part holds the window."""

from __future__ import annotations

import time
from collections import deque
from itertools import count, product
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QTimer

from napari_ovseg.annotate.draft import whole
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of

if TYPE_CHECKING:
    from napari.layers import Labels
    from qtpy.QtCore import QObject

    from napari_ovseg.annotate.change import Box
    from napari_ovseg.glimpse import Glimpse, Rectangle
    from napari_ovseg.labels import Annotation

SIDE = 768
"""Sides of a part, px: its write takes some 10 ms."""
_REFRESH_S = 0.25
"""Between two drawings while parts are written: drawing takes longer than a part."""


class PartWriter:
    """Writes one proposal at a time, in turns of the event loop.

    Parameters
    ----------
    owner
        Whose timer it is.
    """

    def __init__(self, owner: QObject) -> None:
        self._parts: deque[Rectangle] = deque()
        self._names = count()
        self._drawn = 0.0
        self._timer = QTimer(owner)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._step)

    @property
    def writing(self) -> bool:
        """Whether parts are still to be written."""
        return bool(self._parts)

    def write(
        self,
        layer: Labels,
        annotation: Annotation,
        plane: tuple[int, ...],
        part_of: str = "",
        where: np.ndarray | None = None,
    ) -> int:
        """Write a proposal as `layers.update_labels` does; all but its first part follow later.

        A proposal that is still being written is finished before. A person's stroke in between
        makes two steps of undo of it; undo itself waits for its end.

        Returns
        -------
        int
            How many pixels of the plane are kept.
        """
        self.finish()
        layers.describe_proposal(layer, annotation)
        ids, self._where = annotation.labels.ids, where
        owner = editing_of(layer).draft.owner[whole(layer.data.shape, plane)]
        kept = int(np.count_nonzero(owner))  # the model's are 0
        self._begin(layer, plane, part_of, whole(ids.shape), ids)
        return kept

    def show(
        self, layer: Labels, glimpse: Glimpse, plane: tuple[int, ...], part_of: str,
        where: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Write what was seen of a proposal that is still being worked out."""
        self.finish()
        self._where = where
        self._begin(layer, plane, part_of, glimpse.place, glimpse.ids)

    def _begin(
        self, layer: Labels, plane: tuple[int, ...], part_of: str, place: Box, ids: np.ndarray
    ) -> None:
        self._layer, self._plane, self._place, self._ids = layer, plane, place, ids
        self._part_of = part_of or f"proposal {next(self._names)}"
        self._parts.extend(ordered(place, in_view(layer)))
        editing = editing_of(layer)
        self._draft, editing.finish = editing.draft, self.finish
        self._drawn = 0.0
        self._step()
        if self._parts:
            self._timer.start()

    def finish(self) -> None:
        """Write all that is left now."""
        while self._parts:
            self._step()

    def _step(self) -> None:
        if not self._parts:
            self._timer.stop()
            return
        part = self._parts.popleft()
        box = (*whole(self._layer.data.shape, self._plane)[: len(self._plane)], *part)
        size = [s.stop - s.start for s in box]
        within = tuple(
            slice(s.start - p.start, s.stop - p.start)
            for s, p in zip(part, self._place, strict=True)
        )
        where = None if self._where is None else self._where[part].reshape(size)
        self._draft.propose(box, self._ids[within].reshape(size), where, self._part_of)
        if not self._parts or time.monotonic() - self._drawn > _REFRESH_S:
            self._layer.refresh()
            self._drawn = time.monotonic()


def in_view(layer: Labels) -> Rectangle:
    """Return which rows and columns of a layer are on screen; of one never drawn, its corner."""
    corners = np.asarray(layer.corner_pixels)[:, layer.ndim - 2 : layer.ndim].astype(int)
    sides = layer.data.shape[-2:]
    low = np.clip(corners[0], 0, sides)
    high = np.clip(corners[1] + 1, low, sides)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def ordered(place: Box, view: Rectangle) -> list[Rectangle]:
    """Cut rows and columns of a picture into parts, the one in the middle of the view first."""
    rows, columns = (
        [slice(start, min(start + SIDE, s.stop)) for start in range(s.start, s.stop, SIDE)]
        for s in place
    )
    middle = [(s.start + s.stop) / 2 for s in view]

    def outside(tile: Rectangle) -> tuple[bool, float]:
        seen = all(t.start < v.stop and v.start < t.stop for t, v in zip(tile, view, strict=True))
        away = [(t.start + t.stop) / 2 - m for t, m in zip(tile, middle, strict=True)]
        return not seen, float(np.hypot(*away))

    return sorted(product(rows, columns), key=outside)
