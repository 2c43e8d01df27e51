"""Runs a session for the picture on screen, and writes what comes of it into layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_ovseg.errors import InputError, OvsegError
from napari_ovseg.glimpse import Glimpse
from napari_ovseg.gui import layers
from napari_ovseg.gui.difference import Difference
from napari_ovseg.gui.parts import PartWriter, in_view
from napari_ovseg.gui.staged import add_in_stages
from napari_ovseg.gui.turns import Turn, Turns
from napari_ovseg.gui.worker import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Job, Session
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Progress, Steps, Stop


_WORDS = "words"
"""While words are typed one step of undo takes all of it back."""


@dataclass(frozen=True)
class Target:
    """What a run is for.

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


class Work(QObject):
    """One run at a time: asked for, or following the words.

    Parameters
    ----------
    viewer, session, pictures
        Of the window.
    choose
        Says what the next run is for, or raises an `OvsegError`.
    advance
        Shows progress.
    owner
        A widget in the window.

    Attributes
    ----------
    began, ended
        Emitted around a run that was asked for; `ended` after labels that follow, too.
    labelled
        Emitted with the annotation and the number of pixels that were kept.
    previewed
        Emitted with the number of pixels that would change.
    told
        Emitted with what a person should read, and whether a window should pop up for it.
    broke
        Emitted with an error that nobody foresaw.
    """

    began = Signal()
    ended = Signal()
    labelled = Signal(object, int)
    previewed = Signal(int)
    told = Signal(str, bool)
    broke = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        session: Session,
        pictures: Pictures,
        choose: Callable[[], Target],
        advance: Callable[[Progress, float | None], None],
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._viewer, self._session, self._pictures = viewer, session, pictures
        self._choose, self._owner = choose, owner
        self._advance = advance
        self.runner = Runner(self._progressed, self._done, self._failed, self._ended)
        self.turns = Turns(self._start, self.runner.cancel, self)
        self.difference = Difference(viewer)
        self.writer = PartWriter(self)
        self._target: Target | None = None

    def _start(self, turn: Turn) -> bool:
        try:
            target = self._choose()
            source = target.source
            image, display = self._pictures.seen(source)
            job = self._session.job(image, target.plane, display)
        except OvsegError as error:
            if turn == Turn.RUN:
                self.told.emit(str(error), True)
            return False
        self._target = target
        if turn == Turn.FOLLOW:
            shown = self._pictures.labels_of(source)
            view = None if shown is None else in_view(shown)
            self.runner.start(self._follow_steps, replace(job, view=view))
            return True
        self.began.emit()
        is_first = self._pictures.labels_of(source) is None
        self.runner.start(self._steps, job, target if is_first else None)
        return True

    def _steps(self, job: Job, target: Target | None, stop: Stop) -> Steps[Result]:
        """Run a job on the worker; a first layer is made there too, it takes napari a while."""
        annotation = yield from self._session.run_steps(job, stop)
        return Result(annotation, _first_layer(target, annotation) if target else None)

    def _follow_steps(self, job: Job, stop: Stop) -> Steps[Result | None]:
        annotation = yield from self._session.relabel_steps(job, stop)
        return None if annotation is None else Result(annotation, None)

    def _progressed(self, progress: Progress, seconds: float | None) -> None:
        self._advance(progress, seconds)
        target = self._target
        if isinstance(progress, Glimpse) and target is not None:
            layer = self._pictures.labels_of(target.source)
            if layer is not None:
                self.writer.show(layer, progress, target.plane, _WORDS, target.where)

    def _done(self, result: Result | None) -> None:
        target = self._target
        if target is None:
            return
        if result is None:
            self.told.emit(
                "the picture or its settings are not those that were encoded: "
                "Segment encodes again",
                False,
            )
        elif not self._pictures.holds(target.source):
            name = target.source.name
            self.told.emit(
                f"the layer {name!r} was removed during the run; its labels were dropped", True
            )
        else:
            self._write(target, result)

    def _write(self, target: Target, result: Result) -> None:
        annotation, layer = result.annotation, self._pictures.labels_of(target.source)
        if layer is None:
            layer = result.layer or _first_layer(target, annotation)
            add_in_stages(self._viewer, layer, self._owner)
            self.labelled.emit(annotation, 0)
        elif target.preview and self.turns.now == Turn.RUN:
            count = self.difference.show(layer, annotation, target.plane, target.where)
            self.previewed.emit(count)
        else:
            part_of = _WORDS if self.turns.now == Turn.FOLLOW else ""
            kept = self.writer.write(layer, annotation, target.plane, part_of, target.where)
            self.labelled.emit(annotation, kept)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, OvsegError):
            # While words are typed half of one may be wrong: no window pops up for that.
            self.told.emit(str(error), self.turns.now == Turn.RUN)
        else:
            self.broke.emit(f"{type(error).__name__}: {error}")

    def _ended(self) -> None:
        self._target = None
        self.ended.emit()
        self.turns.ended()


def _first_layer(target: Target, annotation: Annotation) -> Labels:
    return layers.new_labels(target.source, annotation, target.plane, target.where)


def target_of(pictures: Pictures, source: ImageLayer | None) -> Target:
    """Return the plane of an image layer that is on screen, everywhere.

    Raises
    ------
    InputError
        If there is no layer.
    """
    if source is None:
        raise InputError("no image layer is open; open an image first")
    return Target(source, pictures.plane_of(source))
