"""What one run is for: the picture on screen, or several slices of a stack in turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.errors import ImageError, InputError
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import image_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.image import Image
    from napari_ovseg.labels import LabelMap
    from napari_ovseg.vocabulary import Category

_numbers = count(1)


@dataclass(frozen=True)
class Target:
    """Where a proposal goes.

    Attributes
    ----------
    source
        The image layer.
    plane
        Which picture of it.
    where : (H, W) bool or None
        Where the model may write; everywhere if None.
    preview
        Whether to show what would change instead of writing it.
    """

    source: ImageLayer
    plane: tuple[int, ...]
    where: np.ndarray | None = None
    preview: bool = False

    def known(self, labels: LabelMap, words: Iterable[Category], top: int = 0) -> Target:
        """Leave out what would become a word that was removed since the run began.

        Parameters
        ----------
        labels
            What is proposed, of all rows of the plane or of some.
        words
            Those of now.
        top
            The first of these rows.
        """
        gone = {c.id for c in labels.vocabulary} - {c.id for c in words}
        if not gone:
            return self
        where = np.ones(image_of(self.source).shape[-2:], bool)
        where[top : top + len(labels.ids)] = ~np.isin(labels.ids, list(gone))
        return replace(self, where=where if self.where is None else where & self.where)


def _has(layer: ImageLayer, image: Image) -> bool:
    """Whether a layer still has the arrays of an image."""
    try:
        return image_of(layer).identity == image.identity
    except ImageError:  # it is no picture any more
        return False


def target_of(pictures: Pictures, source: ImageLayer | None) -> Target:
    """Return the plane of an image layer that is on screen, everywhere.

    Raises
    ------
    InputError
        If there is no layer, or its stack is looked at from another side.
    """
    if source is None:
        raise InputError("no image layer is open; open an image first")
    if not pictures.shows_slices(source):
        raise InputError(
            "the stack is seen from the side, and what is labelled would not be what is seen; "
            "roll or transpose the axes back (the buttons below the list of layers)"
        )
    return Target(source, pictures.plane_of(source))


class Outcome(Enum):
    """How the labelling of a target ended."""

    CANCELLED = auto()
    WRITTEN = auto()
    TOLD = auto()
    """Nothing was written, and it was said why."""


class Round:
    """The targets of one run, and what became of them.

    Parameters
    ----------
    targets
        In the order they are labelled. Where there are several, slices that a person has
        corrected are left alone.
    layers
        Whose pixels are encoded.

    Attributes
    ----------
    name
        Of the one step of undo that all its writes are.
    several
        Whether there is more than one.
    """

    def __init__(self, targets: Iterable[Target], layers: Iterable[ImageLayer] = ()) -> None:
        self._todo = deque(targets)
        # Kept, so that no other array gets the identity of one that was there at the beginning.
        self._pixels = [(layer, image_of(layer)) for layer in layers]
        self._total = len(self._todo)
        self._written = self._left = 0
        self.several = self._total > 1
        self.name = f"round {next(_numbers)}"

    def next(self, labels: Labels | None) -> Target | None:
        """Return the next target; `labels` is the layer that it will be written into, if any."""
        while self._todo:
            target = self._todo.popleft()
            if labels is None or not self.leaves(labels, target):
                return target
        return None

    def lost(self, target: Target, pictures: Pictures) -> str:
        """Say why there is no place for the labels of a target any more; empty if there is."""
        name = target.source.name
        if not pictures.holds(target.source):
            return f"the layer {name!r} was removed during the run; its labels were dropped"
        for layer, image in self._pixels:
            if pictures.holds(layer) and not _has(layer, image):
                return (
                    f"the pixels of {layer.name!r} were replaced during the run; the labels were "
                    "dropped, Segment labels the new ones"
                )
        return ""

    def leaves(self, labels: Labels, target: Target) -> bool:
        """Whether a slice is left as it is, since a person has corrected it; it is counted."""
        if not self.several or not editing_of(labels).draft.owner[target.plane].any():
            return False
        self._left += 1
        return True

    def wrote(self) -> None:
        """Count a slice as labelled."""
        self._written += 1

    @property
    def place(self) -> str:
        """Which of several slices is being labelled."""
        return f"slice {self._total - len(self._todo)} of {self._total}" if self.several else ""

    def summary(self) -> str:
        """Say what became of several slices."""
        text = f"{self._written} of {self._total} slices labelled"
        if self._left:
            text += f"; {self._left} left alone, since they were corrected by hand"
        return text
