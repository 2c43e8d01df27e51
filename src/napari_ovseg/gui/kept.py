"""One labels layer and the project that keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from napari_ovseg._leftovers import remove
from napari_ovseg.exporters import safe_name
from napari_ovseg.gui import layers
from napari_ovseg.gui.display_state import display_state
from napari_ovseg.gui.editing import KEY, editing_of
from napari_ovseg.gui.places import grid_of
from napari_ovseg.gui.preload import window_first
from napari_ovseg.project import Project, Source, forget, note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.errors import ExportError
    from napari_ovseg.gui.session import Session
    from napari_ovseg.labels import Annotation


ON_DISK: WeakSet[Labels] = WeakSet()
"""Labels that have just come from the folder of their image, and are there as they are here."""


@dataclass(frozen=True, eq=False)
class Copy:
    """All that a save needs of a layer, taken on the window's thread; pixels are copied later.

    What is painted while they are copied goes into the next journal, whose records hold what
    pixels are: so a copy that has half of a stroke is mended when the project is opened.
    """

    draft: Draft
    metadata: dict[str, Any]
    grid: Any
    name: str
    state: dict[str, Any]

    def annotation(self) -> Annotation:
        """Copy the pixels: on the thread that writes them."""
        ours = {**self.metadata, "owner": self.draft.owner.copy()}
        return layers.annotation_from(self.draft.ids, ours, self.grid, self.name)


class Kept:
    """A layer whose every stroke goes to a project.

    Parameters
    ----------
    layer
        Its labels are of 16 bit without a sign.
    source
        The image.
    project
        Not attached yet.
    on_error
        Called on another thread when a stroke cannot be written, see `Journal`.

    Attributes
    ----------
    written
        Writes since the last save was begun; one more, if that failed.
    from_disk
        Whether all that the layer held at the beginning is on disk elsewhere.
    """

    def __init__(
        self,
        layer: Labels,
        source: ImageLayer,
        project: Project,
        on_error: Callable[[ExportError], None],
    ) -> None:
        self.layer, self.source, self.project = layer, source, project
        self.written, self._saved, self._cost = 0, time.monotonic(), 0.0
        self._told: tuple[Any, ...] = ()
        self._saves, self._touched, self.from_disk = 0, False, False
        self._grid = grid_of(layer)
        self._draft = editing_of(layer).draft
        project.attach(self._draft, on_error)
        self._draft.listeners.append(self._wrote)

    @property
    def fits(self) -> bool:
        """Whether the layer's array is still one that the project can hold."""
        return self.project.fits(self._draft)

    def _wrote(self, _box: Box) -> None:
        self.written += 1
        self._touched = True

    def is_due(self, every: float) -> bool:
        """Whether something was written, and `every` seconds and twenty times a save passed."""
        long = time.monotonic() - self._saved > max(every, 20 * self._cost)
        return long and (bool(self.written) or self.moved)

    @property
    def of_folder(self) -> bool:
        """Whether the image is one of a folder, which keeps its labels, too."""
        return _file_of(self.source) != ""

    @property
    def moved(self) -> bool:
        """Whether the layer lies elsewhere than the last save had it: journals hold no place."""
        return grid_of(self.layer) != self._grid

    def begin(self) -> int:
        """Begin the next generation: what is written from now on is for the one after it."""
        self.written, self._saved = 0, time.monotonic()
        self._saves += 1
        self._grid = grid_of(self.layer)
        return self.project.begin()

    def copy(self, session: Session) -> Copy:
        """Take what a save needs."""
        source, ours = self.source, dict(self.layer.metadata[KEY])
        self.project.recipe, self.project.source = session.recipe.to_toml(), source_of(source)
        state = {
            "hidden": sorted(session.hidden),
            "locked": sorted(session.locked),
            "display": display_state(source),
            "folder": self.of_folder,
        }
        self._told = (ours.get("vocabulary"), self.project.recipe, self.project.source, state)
        return Copy(self._draft, ours, grid_of(self.layer), source.name, state)

    def news(self, session: Session) -> Copy | None:
        """Take what a save needs, if words or settings are not those that were taken last."""
        told, copy = self._told, self.copy(session)
        if told and told[0] != self._told[0]:  # words
            self._touched = True
        return None if self._told == told else copy

    def save(self, copy: Copy, number: int) -> None:
        """Write a generation; on a thread of its own."""
        began = time.monotonic()
        try:
            with window_first():
                self.project.save(copy.annotation(), copy.state, number)
            note(self.project.folder)
        except BaseException:
            self.written += 1  # or nothing would try it again until the next stroke
            raise
        self._cost = time.monotonic() - began

    def describe(self, copy: Copy) -> None:
        """Write words and settings; on a thread of its own."""
        try:
            with window_first():
                self.project.describe(copy.annotation(), copy.state)
        except BaseException:
            self._told = ()  # or they would be no news any more
            raise

    def close(self) -> None:
        """Flush and free the project; of labels that were only looked at none is left."""
        self._draft.listeners.remove(self._wrote)
        self.project.close()
        folder = self.project.folder
        forget(folder)
        if self.from_disk and self._saves == 1 and not self._touched:
            remove(folder)


def source_of(image: ImageLayer) -> Source:
    """Say which image a project is of."""
    shape = layers.image_of(image).shape
    return Source(str(image.source.path or _file_of(image)), image.name, shape)


def _file_of(image: ImageLayer) -> str:
    """File of an image that came as one of a folder; empty if napari's own readers opened it."""
    return str(image.metadata.get(KEY, {}).get("file", ""))


def new_folder(root: Path, name: str) -> Path:
    """Name a folder by an image and the time of day."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return free_folder(root / f"{safe_name(name)[:60]}-{stamp}")


def free_folder(folder: Path) -> Path:
    """Return a folder's name, with a number behind it if it is taken."""
    names = (folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000)))
    return next(name for name in names if not name.exists())
