"""A label map under correction: who decided each pixel, and one order of undo for all steps.

A model proposes and a person decides. Everything that changes pixels passes through a
`Draft`, which gives the model only the pixels that are its own. What a program wrote into the
array without a word is found before the next step, and counts as a person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.annotate.box import Box, around, whole, within
from napari_ovseg.annotate.change import Change
from napari_ovseg.annotate.history import History, Step
from napari_ovseg.errors import InputError
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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
    hand_over
        Called before each step: lets a stroke that is still being painted be taken over first.

    Raises
    ------
    InputError
        If ids and owners are not of one shape.
    """

    def __init__(self, ids: Any, owner: np.ndarray | None = None) -> None:
        self.listeners: list[Callable[[Box], None]] = []
        self.hand_over: Callable[[], None] = lambda: None
        self._hold(ids, np.zeros(ids.shape, np.uint8) if owner is None else owner)

    def begin_anew(self, ids: Any, owner: np.ndarray) -> None:
        """Go on with other arrays, as `Draft` takes them; nothing before it can be undone."""
        self._hold(ids, owner)
        self._tell(whole(self.owner.shape))

    def _hold(self, ids: Any, owner: np.ndarray) -> None:
        if tuple(owner.shape) != tuple(ids.shape):
            raise InputError(
                f"owners must have the shape of the labels {tuple(ids.shape)}, "
                f"got {tuple(owner.shape)}"
            )
        self.ids, self.owner = ids, owner
        # Of an array that is not in memory a copy might not fit there either.
        self._seen = ids.copy() if isinstance(ids, np.ndarray) else None
        self._history = History()

    # --- steps ----------------------------------------------------------------------

    def would_change(self, box: Box, ids: np.ndarray) -> np.ndarray:
        """Which pixels of a box a proposal of a model would change: bool, its shape."""
        self.notice(box)
        changed: np.ndarray = (self.owner[box] == Owner.MODEL) & (np.asarray(self.ids[box]) != ids)
        return changed

    def propose(
        self, box: Box, ids: np.ndarray, where: np.ndarray | None = None, part_of: str = ""
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
        self.notice(box)
        free = self.owner[box] == Owner.MODEL
        kept = int(free.size - np.count_nonzero(free))
        if where is not None:
            free &= where
        self._write(self._history.step(part_of), box, free, ids, Owner.MODEL)
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
        if not (made := list(strokes)):
            return False
        box = around(s[0] for s in made)
        now = np.asarray(self.ids[box]).copy()
        before = now.copy()
        for part, touched, old in reversed(made):
            before[within(part, box)][touched] = old
        painted = before != now
        free = painted & (self.owner[box] != Owner.LOCKED)
        refused = bool((painted & ~free).any())
        if refused:
            self.ids[box] = np.where(free, now, before)
        self._history.record(self._history.step(part_of), box, free, before, self.owner[box])
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
        self.notice(box)
        before = self.owner[box]
        free = where & (before != owner)
        if owner == Owner.PERSON:
            free &= before != Owner.LOCKED
        self._write(self._history.step(part_of), box, free, np.asarray(self.ids[box]), owner)
        return int(np.count_nonzero(free))

    def unlock(self, box: Box, where: np.ndarray) -> None:
        """Make locked pixels a person's."""
        free = where & (self.owner[box] == Owner.LOCKED)
        self._write(self._history.step(), box, free, np.asarray(self.ids[box]), Owner.PERSON)

    def replace(
        self, box: Box, where: np.ndarray, ids: np.ndarray, owner: Owner | None = None
    ) -> None:
        """Let a person's command change pixels, and owners if one is given; locked ones stay."""
        self.notice(box)
        free = where & (self.owner[box] != Owner.LOCKED)
        self._write(self._history.step(), box, free, ids, owner)

    # --- undo -----------------------------------------------------------------------

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps can be undone, and redone."""
        return self._history.steps

    @property
    def nbytes(self) -> int:
        """Memory that all steps take, bytes."""
        return self._history.nbytes

    def undo(self) -> bool:
        """Take back the last step, whoever made it; False if there is none."""
        self.notice(whole(self.owner.shape))
        return self._history.undo(self._reverse)

    def redo(self) -> bool:
        """Make the step again that was taken back last; False if there is none."""
        self.notice(whole(self.owner.shape))
        return self._history.redo(self._reverse)

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

    def _write(
        self, step: Step, box: Box, free: np.ndarray, ids: np.ndarray, owner: Owner | None
    ) -> None:
        """Write into the free pixels of a box; `owner` None leaves owners as they are."""
        now, owned = np.asarray(self.ids[box]), self.owner[box]
        free = free & ((now != ids) if owner is None else ((now != ids) | (owned != owner)))
        self._history.record(step, box, free, now, owned)
        if not free.any():
            return
        if isinstance(self.ids, np.ndarray):
            np.copyto(now, ids, where=free, casting="unsafe")
        else:
            self.ids[box] = np.where(free, ids, now).astype(now.dtype, copy=False)
        if owner is not None:
            np.copyto(owned, np.uint8(owner), where=free)
        self._wrote(box, free)

    def _wrote(self, box: Box, changed: np.ndarray) -> None:
        if self._seen is not None:
            np.copyto(self._seen[box], self.ids[box], where=changed)
        self._tell(box)

    def _tell(self, box: Box) -> None:
        for listener in tuple(self.listeners):
            listener(box)

    def notice(self, box: Box) -> None:
        """Make what a program wrote since the last step a step of its own."""
        self.hand_over()
        if self._seen is None or not (changed := self.ids[box] != self._seen[box]).any():
            return
        mask = changed & (self.owner[box] != Owner.LOCKED)
        if (changed & ~mask).any():
            self.ids[box] = np.where(mask, self.ids[box], self._seen[box])
        self._history.record(self._history.step(), box, mask, self._seen[box], self.owner[box])
        self.owner[box][mask] = Owner.PERSON
        self._wrote(box, mask)
