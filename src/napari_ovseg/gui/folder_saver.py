"""Keeps the labels of a folder's images on disk: soon after each change, in the background."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.editing import KEY, editing_of
from napari_ovseg.gui.layers import annotation_from
from napari_ovseg.gui.places import grid_of, on_moved
from napari_ovseg.gui.worker import Runner
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.folder_queue import FolderQueue
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Stop

_PAUSE_MS = 3000
"""Without another change before labels are saved."""


@dataclass(frozen=True, eq=False)
class _Snapshot:
    """Labels as they were at one moment, on their way to the disk."""

    queue: FolderQueue
    file: Path
    make: Callable[[], Annotation]

    def save(self) -> None:
        """Put them on disk."""
        self.queue.save(self.file, self.make())


class FolderSaver(QObject):
    """Saves one labels layer at a time; what could not be saved waits for the next attempt.

    Attributes
    ----------
    saved
        Emitted when labels are on disk.
    failed
        Emitted with the error when they could not be written.
    """

    saved = Signal()
    failed = Signal(Exception)

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self.runner = Runner(lambda *_progress: None, self._done, self._failed, self._ended)
        self._waiting: dict[Path, _Snapshot] = {}
        self._writing = Lock()
        self._place: tuple[FolderQueue, Path] | None = None
        self._layer: Labels | None = None
        self._draft: Draft | None = None
        self._changed = False
        self._given: _Snapshot | None = None
        self._failing: list[_Snapshot] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.keep)

    def attend(self, queue: FolderQueue, file: Path, layer: Labels | None) -> None:
        """Keep the labels of another image from now on; what `layer` holds is on disk."""
        if self._changed:  # while one image went and the other came
            self.keep()
        self._watch(layer)
        self._place, self._changed = (queue, file), False

    def move(self, layer: Labels | None) -> None:
        """Keep the labels of the image where they are now; nothing where they were before."""
        if self.runner.closed or layer is self._layer:
            return
        self.keep()  # what was changed last in a layer that is gone
        self._watch(layer)
        self.note()

    def _watch(self, layer: Labels | None) -> None:
        """Notice what changes in a layer, and where it is."""
        if self._draft is not None:
            self._draft.listeners.remove(self._wrote)
        self._layer, self._draft = layer, None if layer is None else editing_of(layer).draft
        if layer is None or self._draft is None:
            return
        self._draft.listeners.append(self._wrote)
        on_moved(layer, self._moved)

    def note(self) -> None:
        """Save soon."""
        if self._layer is not None and not self.runner.closed:
            self._changed = True
            self._timer.start()

    def keep(self) -> None:
        """Save what has changed, as it is now; it can change further while it is written."""
        self._timer.stop()
        if self._changed and self._layer is not None:
            editing_of(self._layer).finish()
            self._take(self._layer)
        self._failing.clear()
        self._save_next()

    def _take(self, layer: Labels) -> None:
        """Copy what a layer holds now, to be saved."""
        if self._place is None:
            return
        self._changed = False
        queue, file = self._place
        ours = {**layer.metadata[KEY], "owner": editing_of(layer).draft.owner.copy()}
        ids = np.asarray(layer.data).copy()
        make = partial(annotation_from, ids, ours, grid_of(layer), file.name)
        self._waiting.pop(file, None)
        self._waiting[file] = _Snapshot(queue, file, make)

    def unsaved(self) -> dict[Path, Callable[[], Annotation]]:
        """What is not on disk yet, by image."""
        return {file: snapshot.make for file, snapshot in self._waiting.items()}

    def close(self) -> None:
        """Save all that is not on disk yet, at once; Qt may have deleted the window by then."""
        if self.runner.closed:
            return
        self.runner.closed = True
        if self._changed and self._layer is not None:
            with suppress(RuntimeError):  # the rest of a proposal has nowhere to be drawn
                editing_of(self._layer).finish()
            self._take(self._layer)
        with self._writing:  # what is being written is older
            for snapshot in self._waiting.values():
                with suppress(OvsegError):  # there is nobody left to be told
                    snapshot.save()

    def _wrote(self, _box: Box) -> None:
        self.note()

    def _moved(self, event: Any) -> None:
        if event.source is self._layer:
            self.note()

    def _save_next(self) -> None:
        if self.runner.running:
            return
        left = [each for each in self._waiting.values() if each not in self._failing]
        if left:  # what could not be written waits for the next time
            self._given = left[0]
            self.runner.start(self._save_steps, left[0])

    def _save_steps(self, snapshot: _Snapshot, _stop: Stop) -> Steps[_Snapshot]:
        yield Progress("saving", 0, 1)
        with self._writing:
            if not self.runner.closed:  # else `close` has saved it, or what is newer
                snapshot.save()
        return snapshot

    def _done(self, snapshot: _Snapshot) -> None:
        if self._waiting.get(snapshot.file) is snapshot:  # else there is a newer one
            del self._waiting[snapshot.file]
        self.saved.emit()

    def _failed(self, error: Exception) -> None:
        if self._given is not None:
            self._failing.append(self._given)
        self.failed.emit(error)

    def _ended(self) -> None:
        self._save_next()
