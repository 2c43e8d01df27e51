"""Runs a session picture by picture, and writes what comes of it into layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_ovseg.early import Early
from napari_ovseg.errors import OvsegError, in_words
from napari_ovseg.glimpse import Glimpse
from napari_ovseg.gui.agreement import added_to
from napari_ovseg.gui.difference import Difference
from napari_ovseg.gui.first_layer import FirstLayer, Result, follow_steps, run_steps
from napari_ovseg.gui.layers import refuse_too_large
from napari_ovseg.gui.parts import PartWriter, in_view
from napari_ovseg.gui.round import Outcome, Round, Target
from napari_ovseg.gui.staged import add_in_stages
from napari_ovseg.gui.turns import Turn, Turns
from napari_ovseg.gui.worker import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_ovseg.gui.job import Job
    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session
    from napari_ovseg.progress import Progress, Steps, Stop
    from napari_ovseg.vocabulary import Category

_WORDS = "words"
"""Name of the step of undo that all relabels of a slice are while words are typed."""


class Work(QObject):
    """One run at a time: asked for, following the words, or ahead of what is asked for.

    Parameters
    ----------
    viewer, session, pictures
        Of the window.
    choose
        Says what the next turn is for, or raises an `OvsegError`.
    advance
        Shows progress.
    owner
        A widget in the window.

    Attributes
    ----------
    ahead
        Returns steps for when nothing else is to do, or None; to be set by whoever has some.
    began, ended
        Emitted around a run that was asked for; `ended` after labels that follow, too.
    stepped
        Emitted when another slice begins, with its place among them; empty for one alone.
    appeared
        Emitted when rows were written before the end.
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
    stepped = Signal(str)
    appeared = Signal()
    labelled = Signal(object, int)
    previewed = Signal(int)
    told = Signal(str, bool)
    broke = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        session: Session,
        pictures: Pictures,
        choose: Callable[[Turn], list[Target]],
        advance: Callable[[Progress, float | None], None],
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._viewer, self._session, self._pictures = viewer, session, pictures
        self._choose, self._owner, self._advance = choose, owner, advance
        self.ahead: Callable[[], Callable[[Stop], Steps[None]] | None] = lambda: None
        self.runner = Runner(self._progressed, self._done, self._failed, self._ended)
        self.turns = Turns(self._start, self.runner.cancel, self)
        self.difference = Difference(viewer, owner)
        self.writer = PartWriter(viewer, self)
        self._job: Job | None = None
        self._round = Round(())
        self._target: Target | None = None
        self._outcome = Outcome.CANCELLED
        self._first: FirstLayer | None = None

    def words(self) -> list[Category]:
        """Categories that any labels name, or will when the run that is under way has ended."""
        job = self._job if self.turns.now == Turn.RUN else None
        return added_to(self._pictures.words(), job.vocabulary if job else ())

    def _start(self, turn: Turn) -> bool:
        if turn != Turn.AHEAD:
            return self._start_round(turn)
        if (steps := self.ahead()) is None:
            return False
        self._round = Round(())
        self.runner.start(steps)
        return True

    def _start_round(self, turn: Turn) -> bool:
        try:
            targets = self._choose(turn)
            source = targets[0].source
            image, display = self._pictures.seen(source)
            self._job = self._session.job(image, targets[0].plane, display)
            labels = self._pictures.labels_of(source)
            if labels is None:
                refuse_too_large(image)
        except OvsegError as error:
            self.told.emit(str(error), turn == Turn.RUN)
            return False
        if turn == Turn.FOLLOW and (labels is None or self.difference.awaits(labels)):
            return False
        self._round = Round(targets, self._pictures.encoded(source))
        if (target := self._round.next(labels)) is None:
            self.told.emit(self._round.summary(), True)
            return False
        if turn == Turn.RUN:
            self.began.emit()
        self._run(target)
        return True

    def _run(self, target: Target) -> None:
        assert self._job is not None  # made before the first target is
        self._target, job = target, replace(self._job, plane=target.plane)
        labels = self._pictures.labels_of(target.source)
        if self.turns.now == Turn.FOLLOW:
            view = None if labels is None else in_view(labels)
            self.runner.start(follow_steps, self._session, replace(job, view=view))
            return
        self.stepped.emit(self._round.place)
        later = self._round.several or target.preview
        first = self._first = FirstLayer(target, later) if labels is None else None
        job = replace(job, early=not later)
        self.runner.start(run_steps, self._session, job, first)

    def _progressed(self, progress: Progress, seconds: float | None) -> None:
        if self.turns.now == Turn.AHEAD:
            return
        self._advance(progress, seconds)
        if isinstance(progress, Glimpse | Early) and (target := self._target):
            self._show_early(target, progress)

    def _show_early(self, target: Target, progress: Glimpse | Early) -> None:
        """Show labels that are not those of the end yet; rows that are finished stay."""
        if self._round.lost(target, self._pictures):
            return
        layer = self._pictures.labels_of(target.source)
        if isinstance(progress, Glimpse):
            if layer is not None:
                self.writer.show(layer, progress, target.plane, target.where)
            return
        if layer is None and self._first and (layer := self._first.take()):
            self._add(layer, target)
        if layer is not None:
            annotation, top = progress.annotation, progress.rows.start
            where = target.known(annotation.labels, self._session.rows, top).where
            self.writer.write(layer, annotation, target.plane, self._round.name, where, top)
            self.appeared.emit()

    def _add(self, layer: Labels, target: Target) -> None:
        add_in_stages(self._viewer, layer, self._owner, self._pictures.going_on(target.source))

    def _done(self, result: Result | None) -> None:
        if (target := self._target) is None:
            return
        self._outcome = Outcome.TOLD
        if result is None:
            self.told.emit(
                "the picture or its settings are not those that were encoded: "
                "Segment encodes again",
                False,
            )
        elif lost := self._round.lost(target, self._pictures):
            self.told.emit(lost, True)
        else:
            self._write(target, result)

    def _write(self, target: Target, result: Result) -> None:
        annotation, layer = result.annotation, self._pictures.labels_of(target.source)
        if layer is None and self.turns.now == Turn.FOLLOW:
            return  # it was removed meanwhile
        self._outcome, later = Outcome.WRITTEN, self._round.several or target.preview
        is_first, known = layer is None, target.known(annotation.labels, self._session.rows)
        if layer is None:
            made = result.layer if known is target else None
            layer = made or FirstLayer(known, later).make(annotation)
            self._add(layer, target)
        if is_first and not later:
            self.labelled.emit(annotation, 0)
        elif target.preview and self.turns.now == Turn.RUN:
            count = self.difference.show(layer, annotation, target.plane, known.where)
            self.previewed.emit(count)
        elif not self._round.leaves(layer, target):  # someone may have corrected it meanwhile
            # One step of undo takes back what typing brought to a slice, or a run to several.
            typed = self.turns.now == Turn.FOLLOW
            part_of = f"{_WORDS} {target.plane}" if typed else self._round.name
            kept = self.writer.write(layer, annotation, target.plane, part_of, known.where)
            self._round.wrote()
            self.labelled.emit(annotation, kept)

    def _failed(self, error: Exception) -> None:
        self._outcome = Outcome.TOLD
        if self.turns.now == Turn.AHEAD and isinstance(error, OvsegError):
            return  # it is told when its turn comes
        if isinstance(error, OvsegError):
            # While words are typed half of one may be wrong: no window pops up for that.
            text = f"{self._round.place}: {error}" if self._round.several else str(error)
            self.told.emit(text, self.turns.now == Turn.RUN)
        else:
            self.broke.emit(in_words(error))

    def _ended(self) -> None:
        target, outcome = self._target, self._outcome
        self._target, self._first, self._outcome = None, None, Outcome.CANCELLED
        self.writer.hide()  # a glimpse of what was not written
        if target is not None and outcome == Outcome.WRITTEN:
            labels = self._pictures.labels_of(target.source)
            if (following := self._round.next(labels)) is not None:
                self._run(following)
                return
        if self._round.several and outcome != Outcome.TOLD:
            self.told.emit(self._round.summary(), False)
        was_ahead = self.turns.now == Turn.AHEAD
        if not was_ahead:
            self.ended.emit()
        self.turns.ended()
        if not was_ahead:  # else it would fail for ever
            self.turns.ahead()
