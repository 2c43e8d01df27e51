"""Pixels of each category on screen, counted anew only where something was written."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ovseg.gui.editing import editing_of
from napari_ovseg.labels import count_ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box

_TILE = 256
"""Side of a square that is counted at once, px: well below a millisecond."""
_PAUSE_MS = 100
_TURN_S = 0.008
"""How long counting may hold the window before it goes on in the next turn."""


class Tally(QObject):
    """Counts one plane of one labels layer, square by square, and follows what is written.

    Attributes
    ----------
    counted
        Emitted with pixels by id when the counts are those of the picture again.
    """

    counted = Signal(dict)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._layer: Labels | None = None
        self._plane: tuple[int, ...] = ()
        self._listeners: list[Callable[[Box], None]] = []
        self._begin()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._count)

    def watch(self, layer: Labels | None, plane: tuple[int, ...]) -> None:
        """Count this plane from now on; nothing if it is counted already."""
        if layer is self._layer and plane == self._plane:
            return
        self.leave()
        self._layer, self._plane = layer, plane
        if layer is None:
            self.counted.emit({})
            return
        self._listeners = editing_of(layer).draft.listeners
        self._listeners.append(self._wrote)
        layer.events.data.connect(self._replaced)
        self._replaced()

    def leave(self) -> None:
        """Listen to no layer any more."""
        self._timer.stop()
        if self._layer is not None:
            self._listeners.remove(self._wrote)
            self._layer.events.data.disconnect(self._replaced)
        self._layer = None

    def _begin(self) -> None:
        self._totals = Counter[int]()
        self._parts: dict[tuple[int, int], dict[int, int]] = {}
        self._stale: set[tuple[int, int]] = set()

    def _replaced(self, _event: Any = None) -> None:
        """Count everything, as the array is another."""
        assert self._layer is not None
        self._begin()
        self._wrote(tuple(slice(0, n) for n in self._layer.data.shape))

    def _wrote(self, box: Box) -> None:
        leading, (rows, columns) = box[:-2], box[-2:]
        if any(not s.start <= i < s.stop for s, i in zip(leading, self._plane, strict=True)):
            return
        self._stale.update(
            (row, column)
            for row in range(rows.start // _TILE, -(-rows.stop // _TILE))
            for column in range(columns.start // _TILE, -(-columns.stop // _TILE))
        )
        self._timer.start(_PAUSE_MS)

    def _count(self) -> None:
        """Count what is stale for a moment, and go on in the next turn if there is more."""
        end = perf_counter() + _TURN_S
        while self._stale and perf_counter() < end:
            self._count_square(self._stale.pop())
        if self._stale:
            self._timer.start(0)
            return
        self.counted.emit(dict(+self._totals))

    def _count_square(self, square: tuple[int, int]) -> None:
        assert self._layer is not None  # the timer runs only while there is one
        place = (*self._plane, *(slice(i * _TILE, (i + 1) * _TILE) for i in square))
        self._totals.subtract(self._parts.get(square, {}))
        self._parts[square] = count_ids(np.asarray(self._layer.data[place]))
        self._totals.update(self._parts[square])
