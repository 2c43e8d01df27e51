"""A label map under correction: who decided each pixel, and one order of undo for all steps.

A model proposes and a person decides. Everything that changes pixels passes through a
`Draft`, which gives the model only the pixels that are its own. What a program wrote into the
array without a word is found before the next step, and counts as a person's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.annotate.change import Box, Change, tight
from napari_ovseg.errors import InputError
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


class Draft:
    """Ids and owners of a label map, and the steps that led there.

    Parameters
    ----------
    ids : (..., H, W) integer
        The array that is shown and painted on: numpy, zarr or alike, written in place.
    owner : (..., H, W) uint8
        `Owner` of every pixel; all the model's by default.

    Attributes
    ----------
    listeners
        Each is called with the box after each write into the arrays, undo and redo included.

    Raises
    ------
    InputError
        If ids and owners are not of one shape.
    """

    def __init__(self, ids: Any, owner: np.ndarray | None = None) -> None:
        self.ids = ids
        self.owner = np.zeros(ids.shape, np.uint8) if owner is None else owner
        if tuple(self.owner.shape) != tuple(ids.shape):
            raise InputError(
                f"owners must have the shape of the labels {tuple(ids.shape)}, "
                f"got {tuple(self.owner.shape)}"
            )
        self.listeners: list[Callable[[Box], None]] = []
        # Of an array that is not in memory a copy might not fit there either.
        self._seen = ids.copy() if isinstance(ids, np.ndarray) else None
        self._done: deque[Step] = deque()
        self._undone: list[Step] = []

    # --- steps ----------------------------------------------------------------------

    def would_change(self, box: Box, ids: np.ndarray) -> np.ndarray:
        """Which pixels of a box a proposal of a model would change: bool, its shape."""
        self._notice(box)
        changed: np.ndarray = (self.owner[box] == Owner.MODEL) & (np.asarray(self.ids[box]) != ids)
        return changed

    def propose(
        self,
        box: Box,
        ids: np.ndarray,
        where: np.ndarray | None = None,
        part_of: str = "",
    ) -> int:
        """Let a model write where pixels are its own.

        Parameters
        ----------
        box
            Where it looked.
        ids : shape of the box, integer
            What it proposes.
        where : shape of the box, bool
            Only there, for instance within a region that was drawn; everywhere by default.
        part_of
            See `Step`.

        Returns
        -------
        int
            Pixels of the box that are not the model's, and were kept.
        """
        self._notice(box)
        free = self.owner[box] == Owner.MODEL
        kept = int(free.size - np.count_nonzero(free))
        if where is not None:
            free &= where
        self._write(self._step(part_of), box, free, ids, Owner.MODEL)
        return kept

    def stroke(
        self, strokes: Iterable[tuple[Box, np.ndarray, np.ndarray]], part_of: str = ""
    ) -> bool:
        """Take over what a person has just painted into the array, as one step.

        Parameters
        ----------
        strokes
            In the order they were made: box, the pixels of it that changed (bool), and what
            these pixels held before, (n,) integer. Locked pixels get that back.
        part_of
            See `Step`.

        Returns
        -------
        bool
            Whether any pixel was locked and so has its old id again.
        """
        made = list(strokes)
        if not made:
            return False
        box = _around(s[0] for s in made)
        now = np.asarray(self.ids[box]).copy()
        before = now.copy()
        for part, touched, old in reversed(made):
            before[_within(part, box)][touched] = old
        painted = before != now
        free = painted & (self.owner[box] != Owner.LOCKED)
        refused = bool((painted & ~free).any())
        if refused:
            self.ids[box] = np.where(free, now, before)
        self._record(self._step(part_of), box, free, before, self.owner[box])
        self.owner[box][free] = Owner.PERSON
        self._wrote(box, painted)
        return refused

    def claim(
        self, box: Box, where: np.ndarray, owner: Owner = Owner.PERSON, part_of: str = ""
    ) -> int:
        """Change who owns pixels, not what they hold: confirm, lock or give back to the model.

        Parameters
        ----------
        where : shape of the box, bool
            Which pixels. A person cannot claim what is locked.
        part_of
            See `Step`.

        Returns
        -------
        int
            How many changed hands.
        """
        self._notice(box)
        before = self.owner[box]
        free = where & (before != owner)
        if owner == Owner.PERSON:
            free &= before != Owner.LOCKED
        self._write(self._step(part_of), box, free, np.asarray(self.ids[box]), owner)
        return int(np.count_nonzero(free))

    def unlock(self, box: Box, where: np.ndarray) -> None:
        """Make locked pixels a person's."""
        free = where & (self.owner[box] == Owner.LOCKED)
        self._write(Step(), box, free, np.asarray(self.ids[box]), Owner.PERSON)

    def replace(self, box: Box, where: np.ndarray, ids: np.ndarray) -> None:
        """Let a person's command, such as removing a category, change pixels; locked ones stay."""
        self._notice(box)
        free = where & (self.owner[box] != Owner.LOCKED)
        self._write(Step(), box, free, ids, None)

    # --- undo -----------------------------------------------------------------------

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps can be undone, and redone."""
        return len(self._done), len(self._undone)

    @property
    def nbytes(self) -> int:
        """Memory that all steps take, bytes."""
        return sum(step.nbytes for step in (*self._done, *self._undone))

    def undo(self) -> bool:
        """Take back the last step, whoever made it; False if there is none."""
        self._notice(whole(self.owner.shape))
        if not self._done:
            return False
        self._undone.append(self._reverse(self._done.pop()))
        return True

    def redo(self) -> bool:
        """Make the step again that was taken back last; False if there is none."""
        self._notice(whole(self.owner.shape))
        if not self._undone:
            return False
        self._done.append(self._reverse(self._undone.pop()))
        return True

    def _reverse(self, step: Step) -> Step:
        opposite = Step(step.part_of)
        for change in reversed(step.changes):
            changed, ids, owner = change.unpack()
            now, owned = np.asarray(self.ids[change.box]), self.owner[change.box]
            opposite.changes.append(Change.pack(change.box, changed, now, owned))
            self.ids[change.box] = np.where(changed, ids, now)
            np.copyto(owned, owner, where=changed)
            self._wrote(change.box, changed)
        return opposite

    # --- writing --------------------------------------------------------------------

    def _step(self, part_of: str) -> Step:
        if part_of and self._done and self._done[-1].part_of == part_of:
            return self._done[-1]
        return Step(part_of)

    def _write(
        self, step: Step, box: Box, free: np.ndarray, ids: np.ndarray, owner: Owner | None
    ) -> None:
        """Write into the free pixels of a box; `owner` None leaves owners as they are."""
        now, owned = np.asarray(self.ids[box]), self.owner[box]
        free = free & ((now != ids) if owner is None else ((now != ids) | (owned != owner)))
        self._record(step, box, free, now, owned)
        if not free.any():
            return
        self.ids[box] = np.where(free, ids, now).astype(now.dtype, copy=False)
        if owner is not None:
            owned[free] = owner
        self._wrote(box, free)

    def _record(
        self, step: Step, box: Box, changed: np.ndarray, ids: np.ndarray, owner: np.ndarray
    ) -> None:
        """Keep what a step replaces; a step that changes nothing is none."""
        boxes = tight(box, changed)
        if boxes is None:
            return
        outer, inner = boxes
        step.changes.append(Change.pack(outer, changed[inner], ids[inner], owner[inner]))
        self._undone.clear()
        if not self._done or self._done[-1] is not step:
            self._done.append(step)
        while len(self._done) > LEAST_STEPS and self.nbytes > BUDGET:
            self._done.popleft()

    def _wrote(self, box: Box, changed: np.ndarray) -> None:
        if self._seen is not None:
            np.copyto(self._seen[box], self.ids[box], where=changed)
        for listener in self.listeners:
            listener(box)

    def _notice(self, box: Box) -> None:
        """Make what a program wrote since the last step a step of its own."""
        if self._seen is None or not (changed := self.ids[box] != self._seen[box]).any():
            return
        mask = changed & (self.owner[box] != Owner.LOCKED)
        if (changed & ~mask).any():
            self.ids[box] = np.where(mask, self.ids[box], self._seen[box])
        self._record(Step(), box, mask, self._seen[box], self.owner[box])
        self.owner[box][mask] = Owner.PERSON
        self._wrote(box, mask)


def whole(shape: tuple[int, ...], plane: tuple[int, ...] = ()) -> Box:
    """Return the box of one plane of a label map, or of all of it."""
    return (
        *(slice(i, i + 1) for i in plane),
        *(slice(0, n) for n in shape[len(plane) :]),
    )


def _around(boxes: Iterable[Box]) -> Box:
    sides = zip(*boxes, strict=True)
    return tuple(slice(min(s.start for s in a), max(s.stop for s in a)) for a in sides)


def _within(part: Box, box: Box) -> Box:
    return tuple(slice(p.start - b.start, p.stop - b.start) for p, b in zip(part, box, strict=True))
