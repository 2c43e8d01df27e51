"""Keeps the work of a window in projects, so that neither a crash nor a power cut loses it.

Every stroke goes to a journal at once; the whole label map is written now and then, and words
when they change. All writing is done on one thread of its own; the window only copies boxes of
strokes and looks five times a second for what has come of the rest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_ovseg._optional import require_installed
from napari_ovseg.errors import ExportError, InputError, OvsegError, in_words
from napari_ovseg.exporters import safe_name
from napari_ovseg.gui.agreement import joined
from napari_ovseg.gui.display_state import show_as
from napari_ovseg.gui.kept import ON_DISK, Kept, free_folder, new_folder, source_of
from napari_ovseg.gui.preload import give_way
from napari_ovseg.gui.reopening import image_of_project, layer_of, open_kept, take_settings
from napari_ovseg.project import Left, Project, left_behind, projects_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session

EVERY_S = 30.0
"""Between two generations; strokes do not wait for it."""
_TICK_MS = 200


class Keeper:
    """Keeps every labels layer that belongs to an image.

    Parameters
    ----------
    viewer, session, pictures
        Of the window.
    tell
        Shows a person what could not be kept or opened.

    Attributes
    ----------
    kept
        By layer.
    on_kept
        Called with the folder and the time of day of each save.
    on_left
        Called once with the projects that a killed program left.
    on_opened
        Called with the image when a project was opened, and the table has its words.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        session: Session,
        pictures: Pictures,
        tell: Callable[[str], None],
    ) -> None:
        self._viewer, self._session, self._pictures, self._tell = viewer, session, pictures, tell
        self.root = projects_folder()
        self.kept: dict[Labels, Kept] = {}
        self.on_kept: Callable[[Path, datetime], None] = lambda _folder, _time: None
        self.on_left: Callable[[list[Left]], None] = lambda _left: None
        self.on_opened: Callable[[ImageLayer], None] = lambda _image: None
        self._said = ""
        self._closed = False
        self._faults: SimpleQueue[ExportError] = SimpleQueue()
        self._given: list[tuple[Future[Any], Callable[[Any], None]]] = []
        self._pool = ThreadPoolExecutor(1, "ovseg-keeper", initializer=give_way)
        self._timer = QTimer()
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        # That is set a moment later.
        self._give(left_behind, self.root, then=lambda left: self.on_left(left))  # noqa: PLW0108

    # --- keeping ----------------------------------------------------------------------

    def keep_all(self) -> None:
        """Keep layers that came, and close the projects of those that went."""
        if self._closed:
            return
        images, labels_of = self._pictures.images(), self._pictures.labels_of
        wanted = {layer: each for each in images if (layer := labels_of(each)) is not None}
        for layer in [each for each in self.kept if each not in wanted]:
            QTimer.singleShot(0, partial(self._tell_orphan, layer, self.kept[layer]))
            self._let_go(layer)
        for layer, source in wanted.items():
            if layer not in self.kept:
                self._begin(layer, source, new_folder(self.root, source.name))
                if layer in self.kept:
                    self.kept[layer].from_disk = layer in ON_DISK
                ON_DISK.discard(layer)

    def _tell_orphan(self, layer: Labels, kept: Kept) -> None:
        alone = layer in self._viewer.layers and kept.source not in self._viewer.layers
        if alone and not kept.of_folder:
            self._say(f"{layer.name!r} is not kept any more, as its image is gone")

    def move(self, layer: Labels, parent: Path) -> None:
        """Keep a layer in a folder that a person chose, from now on."""
        kept = self.kept.get(layer)
        if kept is None:
            self._tell("segment an image first: then there is something to keep")
            return
        self._begin(
            layer, kept.source, free_folder(parent / f"{safe_name(kept.source.name)[:60]}.ovseg")
        )

    def _begin(self, layer: Labels, source: ImageLayer, folder: Path) -> None:
        try:
            require_installed("ome_zarr", extra="ome", purpose="keeping work in projects")
            if layer.data.dtype != np.uint16:
                raise InputError(f"its labels are {layer.data.dtype}; uint16 ones are kept")
            project = Project.begin_in(folder, tuple(layer.data.shape))
        except OvsegError as error:
            there = " there" if layer in self.kept else ""
            self._say(f"the work on {source.name!r} is not kept{there}: {error}")
            return
        if layer in self.kept:  # not before its strokes have another place
            self._let_go(layer)
        project.source = source_of(source)
        self.kept[layer] = Kept(layer, source, project, self._faults.put)
        self._save(self.kept[layer])

    def _save(self, kept: Kept) -> None:
        number, folder = kept.begin(), kept.project.folder

        def saved(_none: None) -> None:
            self._said = ""
            self.on_kept(folder, datetime.now().astimezone())

        self._give(kept.save, kept.copy(self._session), number, then=saved)

    def _let_go(self, layer: Labels) -> None:
        kept = self.kept.pop(layer)
        with self._telling():
            if kept.moved:
                self._save(kept)
            self._describe(kept)
        self._give(kept.close)

    def _describe(self, kept: Kept) -> None:
        if (news := kept.news(self._session)) is not None:
            self._give(kept.describe, news)

    # --- opening ----------------------------------------------------------------------

    def open(self, folder: Path, shown: Callable[[], None] = lambda: None) -> None:
        """Open a project: its image, labels, owners, words and settings; then call `shown`."""
        self._give(open_kept, folder, then=partial(self._show, shown))

    def _show(self, shown: Callable[[], None], opened: tuple[Project, Any, dict[str, Any]]) -> None:
        project, annotation, state = opened
        # Words that were typed and never asked for are not lost.
        bound, typed = self._session.bound, () if self._session.counts else self._session.rows
        try:
            words = joined(self._session.known() if bound else (), annotation.labels.vocabulary)
            of_folder = bool(state.get("folder"))
            source = image_of_project(
                project.source, self._viewer, self._pictures, of_folder=of_folder
            )
            show_as(source, state)
            layer = layer_of(annotation, source)
            take_settings(self._session, project, state)
        except Exception:  # a reader's, too: else the project could not be opened again
            self._give(partial(project.close, unseen=True))
            raise
        self.kept[layer] = Kept(layer, source, project, self._faults.put)
        self._viewer.add_layer(layer)
        self._session.set_rows(words)
        self._session.extend(typed)
        self.on_opened(source)
        self._viewer.layers.selection.active = layer
        shown()

    # --- the thread -------------------------------------------------------------------

    def _give(
        self, work: Callable[..., Any], *args: Any, then: Callable[[Any], None] | None = None
    ) -> None:
        self._given.append((self._pool.submit(work, *args), then or (lambda _result: None)))

    def _tick(self) -> None:
        if self._closed:  # not stopped when that was: Qt may have deleted the timer by then
            self._timer.stop()
            return
        while not self._faults.empty():
            self._say(str(self._faults.get()))
        for future, then in [each for each in self._given if each[0].done()]:
            self._given.remove((future, then))
            with self._telling():
                then(future.result())
        for layer, kept in list(self.kept.items()):
            with self._telling():
                self._look_after(layer, kept)

    def _look_after(self, layer: Labels, kept: Kept) -> None:
        if not kept.fits:
            self._let_go(layer)
            self.keep_all()
        elif kept.is_due(EVERY_S):
            self._save(kept)
        else:
            self._describe(kept)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell what goes wrong; what comes behind it goes on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # a plugin's reader, a system's refusal
            self._say(in_words(error))

    def _say(self, text: str) -> None:
        """Tell what went wrong, but not every half a minute that the disk is still full."""
        if text != self._said and not self._closed:
            self._said = text
            self._tell(text)

    def close(self, _window: object = None) -> None:
        """Write what waits and free the folders; to be called when the window is destroyed.

        Where a script ends without closing its window, Python has ended the threads by then:
        strokes are on disk, and the next start offers the project as after a crash.
        """
        if not self._closed:
            self._closed = True
            for layer in list(self.kept):
                with suppress(RuntimeError):
                    self._let_go(layer)
            self._pool.shutdown(wait=True)
