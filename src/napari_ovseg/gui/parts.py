"""Writes a proposal into a layer part by part, what is in view first; no part holds the window."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from itertools import count, product
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QTimer

from napari_ovseg.annotate.box import whole
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.screen import Screen, redraw_thumbnail
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtCore import QObject

    from napari_ovseg.glimpse import Glimpse, Rectangle
    from napari_ovseg.labels import Annotation

SIDE = 512
"""Sides of a part, px: its write takes some 5 ms."""
_DRAW_S = 0.1
"""Between two drawings while parts are written: drawing takes longer than a part."""


@dataclass(frozen=True, eq=False, slots=True)
class _Proposal:
    """What is being written; the fields are `PartWriter.write`'s."""

    layer: Labels
    plane: tuple[int, ...]
    ids: np.ndarray
    top: int
    where: np.ndarray | None
    part_of: str

    def replaces(self, other: _Proposal) -> bool:
        """Whether all of another one is written anew, as the same step of undo."""
        same = self.layer is other.layer and self.plane == other.plane
        return same and self.where is None and self.is_whole and self.part_of == other.part_of

    @property
    def is_whole(self) -> bool:
        """Whether it is of all rows."""
        return bool(self.ids.shape == self.layer.data.shape[-2:])

    @property
    def place(self) -> Rectangle:
        """Rows and columns of the plane."""
        return slice(self.top, self.top + self.ids.shape[0]), slice(0, self.ids.shape[1])

    def write(self, part: Rectangle) -> None:
        """Write some rows and columns of the plane."""
        leading = whole(self.layer.data.shape, self.plane)[: len(self.plane)]
        size = [s.stop - s.start for s in (*leading, *part)]
        where = None if self.where is None else self.where[part].reshape(size)
        rows = slice(part[0].start - self.top, part[0].stop - self.top)
        ids = self.ids[rows, part[1]].reshape(size)
        editing_of(self.layer).draft.propose((*leading, *part), ids, where, self.part_of)


class PartWriter:
    """Writes one proposal at a time, in turns of the event loop.

    Parameters
    ----------
    viewer
        Where the layers are shown.
    owner
        Whose timer it is.
    """

    def __init__(self, viewer: ViewerModel, owner: QObject) -> None:
        self._screen = Screen(viewer)
        self._parts: deque[Rectangle] = deque()
        self._undrawn: list[Rectangle] = []
        self._names = count()
        self._drawn = 0.0
        self._proposal: _Proposal | None = None
        self._ahead: Labels | None = None
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
        top: int = 0,
    ) -> int:
        """Write a proposal as `layers.update_labels` does, but if it has parts in turns to come.

        A proposal that is still being written is finished before, or left where it is if this
        one is of the same step of undo. A person's stroke in between makes two steps of undo of
        it; undo itself waits for its end.

        Parameters
        ----------
        top
            Which row of the plane the annotation begins at, if it is of some rows only.

        Returns
        -------
        int
            How many pixels there are kept.
        """
        part_of = part_of or f"proposal {next(self._names)}"
        proposal = _Proposal(layer, plane, annotation.labels.ids, top, where, part_of)
        if self._proposal is not None and proposal.replaces(self._proposal):
            self._parts.clear()
        self.finish()
        if proposal.is_whole:  # else it is not what the layer holds
            layers.describe_proposal(layer, annotation)
        editing = editing_of(layer)
        editing.finish = self.finish
        owner = editing.draft.owner[plane][proposal.place]
        self._proposal = proposal
        self._parts.extend(ordered(proposal.place, in_view(layer)))
        self._drawn, self._undrawn, self._ahead = 0.0, [], None
        if len(self._parts) > 1:
            self._timer.start()
        else:
            self._step()
        return int(np.count_nonzero(owner))  # the model's are 0

    def show(
        self,
        layer: Labels,
        glimpse: Glimpse,
        plane: tuple[int, ...],
        where: np.ndarray | None = None,
    ) -> None:
        """Show what was seen of a proposal that is still being worked out; nothing is written.

        `write` or `hide` ends that.
        """
        if not self._screen.draws_parts(layer, plane):
            return
        ids = glimpse.ids.astype(layer.data.dtype, copy=False)
        owner = editing_of(layer).draft.owner[plane][glimpse.place]
        if where is not None or owner.any():
            free = owner == Owner.MODEL
            if where is not None:
                free &= where[glimpse.place]
            ids = np.where(free, ids, layer.data[plane][glimpse.place])
        self._screen.draw(layer, glimpse.place, ids)
        self._ahead = layer

    def hide(self) -> None:
        """Show what is in the layer again, if a glimpse of a proposal is shown."""
        if self._ahead is not None:
            self._ahead.refresh()
            self._ahead = None

    def finish(self) -> None:
        """Write all that is left now."""
        while self._parts:
            self._step()

    def _step(self) -> None:
        proposal = self._proposal
        if proposal is None:
            self._timer.stop()
            return
        part = self._parts.popleft()
        if not self._parts:
            self._proposal = None
        proposal.write(part)
        self._undrawn.append(part)
        self._draw(proposal)

    def _draw(self, proposal: _Proposal) -> None:
        now, layer = time.monotonic(), proposal.layer
        if self._ahead is layer or (self._parts and now - self._drawn < _DRAW_S):
            return
        self._drawn, parts = now, self._undrawn
        self._undrawn = []
        if not self._screen.draws_parts(layer, proposal.plane):
            layer.refresh()
            return
        for part in parts:
            self._screen.draw(layer, part, layer.data[proposal.plane][part])
        if not self._parts:
            redraw_thumbnail(layer)


def in_view(layer: Labels) -> Rectangle:
    """Return which rows and columns of a layer are on screen; of one never drawn, its corner."""
    corners = np.asarray(layer.corner_pixels)[:, layer.ndim - 2 : layer.ndim].astype(int)
    sides = layer.data.shape[-2:]
    low = np.clip(corners[0], 0, sides)
    high = np.clip(corners[1] + 1, low, sides)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def ordered(place: Rectangle, view: Rectangle) -> list[Rectangle]:
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
