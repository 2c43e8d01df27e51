"""The order of undo: steps that were made, and steps that were taken back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_ovseg.annotate.box import Box, tight
from napari_ovseg.annotate.change import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

LEAST_STEPS = 100
"""Steps that can always be undone."""
BUDGET = 512 << 20
"""Bytes of packed steps beyond which the oldest of more than `LEAST_STEPS` are forgotten."""


@dataclass(eq=False, slots=True)
class Step:
    """What one step changed, box after box.

    Attributes
    ----------
    part_of
        Name of an action of several writes, such as one drag of the brush; consecutive writes
        of one name are one step.
    changes
        In the order they were made.
    """

    part_of: str = ""
    changes: list[Change] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Memory it takes, bytes."""
        return sum(change.nbytes for change in self.changes)


class History:
    """Steps in the order they were made; it keeps them and touches no label map."""

    def __init__(self) -> None:
        self._done: deque[Step] = deque()
        self._undone: deque[Step] = deque()
        self._last: Step | None = None

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps can be undone, and redone."""
        return len(self._done), len(self._undone)

    @property
    def nbytes(self) -> int:
        """Memory that all steps take, bytes."""
        return sum(step.nbytes for step in (*self._done, *self._undone))

    def step(self, part_of: str = "") -> Step:
        """Return the last step if it is of the action of this name, or else a new one.

        After undo or redo an action begins anew: what was before it is not taken back with it.
        """
        if part_of and self._last is not None and self._last.part_of == part_of:
            return self._last
        return Step(part_of)

    def record(
        self, step: Step, box: Box, changed: np.ndarray, ids: np.ndarray, owner: np.ndarray
    ) -> None:
        """Keep what a step replaces; one that changes nothing is none.

        Parameters
        ----------
        step
            As `step` returned it.
        box
            Where.
        changed, ids, owner : shape of the box; bool, integer and uint8
            Which pixels change, and what they hold until then.
        """
        boxes = tight(box, changed)
        if boxes is None:
            return
        outer, inner = boxes
        step.changes.append(Change.pack(outer, changed[inner], ids[inner], owner[inner]))
        self._undone.clear()
        self._last = step
        if not self._done or self._done[-1] is not step:
            self._done.append(step)
        while len(self._done) > LEAST_STEPS and self.nbytes > BUDGET:
            self._done.popleft()

    def undo(self, reverse: Callable[[Step], Step]) -> bool:
        """Let the last step be reversed, which gives the step that makes it again.

        Returns
        -------
        bool
            False where there is none.
        """
        return self._turn(self._done, self._undone, reverse)

    def redo(self, reverse: Callable[[Step], Step]) -> bool:
        """Let the step that was taken back last be made again; as `undo`."""
        return self._turn(self._undone, self._done, reverse)

    def _turn(
        self, source: deque[Step], target: deque[Step], reverse: Callable[[Step], Step]
    ) -> bool:
        self._last = None
        if not source:
            return False
        target.append(reverse(source.pop()))
        return True
