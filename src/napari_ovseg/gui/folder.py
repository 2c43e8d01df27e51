"""Goes through the images of a folder: one at a time is open, and its labels are kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_ovseg.errors import OvsegError, in_words
from napari_ovseg.gui.ahead import Ahead
from napari_ovseg.gui.arrival import Arrival, Carried, go_steps, look_of, open_steps, refitted
from napari_ovseg.gui.folder_row import FolderRow
from napari_ovseg.gui.folder_saver import FolderSaver
from napari_ovseg.gui.held import Held
from napari_ovseg.gui.kept import ON_DISK
from napari_ovseg.gui.keys import bind_images
from napari_ovseg.gui.staged import add_in_stages, run_in_turns
from napari_ovseg.gui.worker import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from qtpy.QtWidgets import QWidget

    from napari_ovseg.folder_queue import FolderQueue
    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session
    from napari_ovseg.gui.work import Work
    from napari_ovseg.progress import Steps, Stop


class Folder(QObject):
    """The folder that is open in a window, if any.

    Parameters
    ----------
    viewer, session, pictures, work
        Of the window.
    owner
        A widget in the window.

    Attributes
    ----------
    row
        The controls.
    at
        The image that is open.
    moving
        Whether its layers are being exchanged.
    leaving
        Emitted before the layers of an image go.
    arrived
        Emitted with the layer of the next one.
    told
        Emitted with what a person should read, and whether a window should pop up for it.
    broke
        Emitted with an error that nobody foresaw.
    """

    leaving = Signal()
    arrived = Signal(object)
    told = Signal(str, bool)
    broke = Signal(str)

    def __init__(
        self, viewer: ViewerModel, session: Session, pictures: Pictures, work: Work, owner: QWidget
    ) -> None:
        super().__init__(owner)
        self._viewer, self._session, self._pictures = viewer, session, pictures
        self._work, self._owner = work, owner
        self.row, self.saver = FolderRow(), FolderSaver(self)
        self.runner = Runner(lambda *_progress: None, self._arrive, self._failed, self._show)
        self.queue: FolderQueue | None = None
        self.at: Path | None = None
        self.moving = False
        self._source: ImageLayer | None = None
        self._ahead, self._held = Ahead(viewer, session), Held()
        work.ahead = self._prepare
        work.labelled.connect(lambda _annotation, _kept: self.saver.note())
        session.changed.connect(self.saver.note)
        self.saver.saved.connect(self._show)
        self.saver.failed.connect(self._failed)
        self.row.folder_chosen.connect(self.open)
        self.row.stepped.connect(self.step)
        self.row.picked.connect(self.go)

    def open(self, folder: str | Path) -> None:
        """Open a folder at the first image that is new."""
        if not self._busy:
            self._work.turns.stop()
            self.saver.keep()
            self.runner.start(open_steps, folder, self._held, self._carried())

    def step(self, by: int) -> None:
        """Go to the next image (1) or to the previous one (-1)."""
        if self.queue is not None and self.at is not None:
            self.go(self.queue.beside(self.at, by), by)

    def go(self, file: Path | None, by: int = 1) -> None:
        """Go to an image; where it cannot be read, to the first one behind it (by -1: before)."""
        if self.queue is None or file is None or file == self.at or self._busy:
            return
        self._work.turns.stop()
        self.saver.keep()
        self.runner.start(go_steps, self.queue, self.queue.onward(file, by), self._carried())

    @property
    def _busy(self) -> bool:
        return self.moving or self.runner.running or self.runner.closed

    def close(self, _window: object = None) -> None:
        """Save what waits and stop for good; to be called when the window is destroyed."""
        self.runner.close()
        self.saver.close()
        self._held.keep_only(())

    def _prepare(self) -> Callable[[Stop], Steps[None]] | None:
        """Return steps that encode the next image, once this one is labelled."""
        source, queue, at = self._source, self.queue, self.at
        if source is None or queue is None or at is None:
            return None
        file = queue.beside(at, 1)
        if file is None or self._pictures.labels_of(source) is None:
            return None
        return self._ahead.steps_for(file, source)

    # --- from one image to the next -------------------------------------------------------

    def _carried(self) -> Carried:
        return Carried(tuple(self._session.rows), look_of(self._source), self.saver.unsaved())

    def _arrive(self, arrival: Arrival) -> None:
        if arrival.picture is None:
            self._tell_skipped(arrival)
            self._work.turns.ahead()
            return
        session = self._session
        if arrival.queue is not self.queue:
            try:
                arrival.queue.refuse_other(session.rows)  # again, for what was typed meanwhile
            except OvsegError as error:
                self._failed(error)
                return
        # Labels that are being saved may use more than those that were.
        own = session.highest() if session.bound else 0
        session.reserved = max(session.reserved, arrival.queue.highest, own)
        self.moving = True
        self._work.turns.stop()
        self.saver.keep()  # again, for what was painted while the next image was read
        self.leaving.emit()
        view = self._view(arrival.picture)
        old = self._layers()
        self._source = None
        others = [each for each in self._viewer.layers if each.visible and each not in old]
        # In turns that are drawn: vispy has crashed where one image took another's place in one,
        # and where a points layer was shown while no image was.
        shows: list[Callable[[], None]] = [
            partial(_set_visible, others, False),
            partial(self._remove, old),
            partial(self._show_picture, arrival, view),
            partial(_set_visible, others, True),
            partial(self._show_labels, arrival),
        ]
        run_in_turns(shows, self._owner.window())

    def _remove(self, layers: list[Any]) -> None:
        for layer in layers:
            if layer in self._viewer.layers:  # else a person was faster
                self._viewer.layers.remove(layer)

    def _view(self, picture: ImageLayer) -> dict[str, Any]:
        """Return where one looks, if the next image is of the same size: that is kept."""
        if self._source is None or self._source.data.shape != picture.data.shape:
            return {}
        camera = self._viewer.camera
        return {"step": self._viewer.dims.current_step, "at": (camera.center, camera.zoom)}

    def _show_picture(self, arrival: Arrival, view: dict[str, Any]) -> None:
        self._viewer.add_layer(arrival.picture)
        if view:
            self._viewer.dims.current_step = view["step"]
            self._viewer.camera.center, self._viewer.camera.zoom = view["at"]

    def _show_labels(self, arrival: Arrival) -> None:
        arrival = refitted(arrival, tuple(self._session.rows) or arrival.asked or ())
        if arrival.labels is not None:
            ON_DISK.add(arrival.labels)
            add_in_stages(self._viewer, arrival.labels, self._owner)
        self.queue, self.at, self._source = arrival.queue, arrival.file, arrival.picture
        self._pictures.folder = arrival.queue.files
        self._use_words(arrival)
        self.saver.attend(arrival.queue, arrival.file, arrival.labels)
        bind_images(self._viewer, self.step)
        self.moving = False
        self.arrived.emit(arrival.picture)
        self._show()
        self._tell_skipped(arrival)
        self._work.turns.ahead()

    def _tell_skipped(self, arrival: Arrival) -> None:
        if arrival.skipped:
            lines = [f"{file.name}: {fault}" for file, fault in arrival.skipped.items()]
            self.told.emit("stepped over " + "\n".join(lines), True)

    def _use_words(self, arrival: Arrival) -> None:
        session = self._session
        session.counts = arrival.counts
        session.locked = {*arrival.locked, *self._pictures.locked()}
        if tuple(session.rows) != arrival.words:
            session.set_rows(arrival.words)
        self._work.turns.stop()  # to look at an image changes nothing in it

    def _layers(self) -> list[Any]:
        """Layers of the image that is open, the labels first."""
        if self._source is None:
            return []
        found = (self._pictures.labels_of(self._source), self._source)
        return [layer for layer in found if self._pictures.holds(layer)]

    def keep_labels(self) -> None:
        """Save the labels of the image that is open, wherever they come from; once or again."""
        if self._source is not None and not self.moving:
            self.saver.move(self._pictures.labels_of(self._source))

    def _show(self) -> None:
        if self.queue is not None:
            self.row.show_queue(self.queue, self.at)
        if not self._busy:
            self._free_others()

    def _free_others(self) -> None:
        """Free folders that nothing will be written into any more."""
        folders = {file.parent for file in self.saver.unsaved()}
        self._held.keep_only(folders if self.queue is None else {*folders, self.queue.folder})

    def _failed(self, error: Exception) -> None:
        if isinstance(error, OvsegError):
            self.told.emit(in_words(error), True)
        else:
            self.broke.emit(in_words(error))


def _set_visible(layers: list[Any], on: bool) -> None:
    for layer in layers:
        layer.visible = on
