"""The labels layer of an image that has none is made on the worker: it takes napari a while."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.early import Early
from napari_ovseg.gui import layers
from napari_ovseg.progress import mapped

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_ovseg.gui.job import Job
    from napari_ovseg.gui.round import Target
    from napari_ovseg.gui.session import Session
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Progress, Steps, Stop


@dataclass(frozen=True)
class Result:
    """What a run gives back.

    Attributes
    ----------
    annotation
        The labels of one picture.
    layer
        A new layer with them, where the image had none when the run began.
    """

    annotation: Annotation
    layer: Labels | None


class FirstLayer:
    """Makes a layer when the first labels of a run are known.

    Parameters
    ----------
    target
        What the run is for.
    empty
        Whether it begins empty, to be written as every other slice is, or when a person says so.
    """

    def __init__(self, target: Target, empty: bool) -> None:
        self._target, self._empty = target, empty
        self._began = False
        self._early: Labels | None = None

    def watch(self, steps: Steps[Annotation]) -> Steps[Result]:
        """Run, and make the layer; on the worker."""
        annotation = yield from mapped(steps, self._told)
        return Result(annotation, None if self._began else self.make(annotation))

    def make(self, annotation: Annotation) -> Labels:
        """Make a layer of the labels of one picture."""
        target = self._target
        where = np.zeros(annotation.labels.ids.shape, bool) if self._empty else target.where
        return layers.new_labels(target.source, annotation, target.plane, where)

    def take(self) -> Labels | None:
        """Return, once, the empty layer for labels that come before the end."""
        early, self._early = self._early, None
        return early

    def _told(self, progress: Progress) -> Progress:
        if isinstance(progress, Early) and not self._began:
            shape = layers.image_of(self._target.source).shape[-2:]
            labels = progress.annotation.labels
            blank = replace(labels, ids=np.zeros(shape, np.uint16))
            self._early = self.make(replace(progress.annotation, labels=blank))
            self._began = True
        return progress


def run_steps(session: Session, job: Job, first: FirstLayer | None, stop: Stop) -> Steps[Result]:
    """Encode and label; `first` makes the layer where there is none."""
    steps = session.run_steps(job, stop)
    return (yield from first.watch(steps)) if first else Result((yield from steps), None)


def follow_steps(session: Session, job: Job, stop: Stop) -> Steps[Result | None]:
    """Label with other words; None where the picture is not encoded."""
    annotation = yield from session.relabel_steps(job, stop)
    return None if annotation is None else Result(annotation, None)
