"""The image layers of a viewer, and which labels layer belongs to each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels

from napari_ovseg.annotate.box import whole
from napari_ovseg.errors import ImageError
from napari_ovseg.gui import layers, seen
from napari_ovseg.gui.agreement import added_to
from napari_ovseg.gui.editing import KEY, editing_of
from napari_ovseg.gui.places import lay_over, on_moved
from napari_ovseg.labels import Owner, locked_ids
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.components import ViewerModel

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.channels import Shown
    from napari_ovseg.image import Image
    from napari_ovseg.vocabulary import Category


class Pictures:
    """Watches a viewer's layers.

    Parameters
    ----------
    viewer
        Whose layers.
    on_change
        Called when a layer came, went or was renamed.

    Attributes
    ----------
    together
        Whether the encoder sees an image layer together with the other visible ones.
    folder
        Files of the images of the folder that is open.
    chosen
        Returns the image that a person has chosen; set by whoever knows it.
    """

    together = False
    folder: tuple[Path, ...] = ()

    def __init__(self, viewer: ViewerModel, on_change: Callable[[], None]) -> None:
        self._viewer, self._on_change = viewer, on_change
        self._came: Any = None
        self.chosen: Callable[[], ImageLayer | None] = lambda: None
        self._placed: WeakSet[ImageLayer] = WeakSet()
        for name in ("inserted", "removed", "renamed", "reordered"):
            getattr(viewer.layers.events, name).connect(self._changed)
        self._follow_places()

    def _changed(self, event: Any) -> None:
        if event.type == "inserted":
            self._came = event.value
            self._disown(event.value)
        for layer in self._viewer.layers:
            # Strokes on a layer from a file or a duplicate are a person's from the first one on.
            if isinstance(layer, Labels) and "vocabulary" in layer.metadata.get(KEY, {}):
                editing_of(layer)
        for source in self.images():
            if (labels := self.labels_of(source)) is not None:
                labels.metadata[KEY]["source"] = source.name  # by which it is exported
        self._follow_places()
        self._on_change()

    def _follow_places(self) -> None:
        """Let labels lie where their image lies, also once someone has set its calibration."""
        for source in self.images():
            if source not in self._placed:
                self._placed.add(source)
                on_moved(source, self._lay_over)

    def _lay_over(self, event: Any) -> None:
        if (labels := self.labels_of(event.source)) is not None:
            lay_over(labels, event.source)

    def _disown(self, copy: Any) -> None:
        """Let a duplicate of labels be nobody's, wherever it is put: the first stay the image's."""
        ours = copy.metadata.get(KEY, {}) if isinstance(copy, Labels) else {}
        for layer in self._viewer.layers:
            if layer is copy or not isinstance(layer, Labels) or "source_id" not in ours:
                continue
            same = layer.metadata.get(KEY, {}).get("source_id") == ours["source_id"]
            if same and layer.data.shape == copy.data.shape:
                rest = {key: value for key, value in ours.items() if key != "source_id"}
                copy.metadata = {**copy.metadata, KEY: rest}  # the dictionary itself is shared

    def images(self) -> list[ImageLayer]:
        """All image layers that can be labelled, in the viewer's order."""
        return [layer for layer in self._viewer.layers if _is_picture(layer)]

    def seen(self, source: ImageLayer) -> tuple[Image, Shown]:
        """Return what the encoder is given of an image layer; see `seen.seen`."""
        return seen.seen(source, self.images() if self.together else None)

    def encoded(self, source: ImageLayer) -> list[ImageLayer]:
        """List the layers whose pixels the encoder is given for an image layer."""
        return [each for each in self.images() if each.visible] if self.together else [source]

    def describe(self, source: ImageLayer) -> str:
        """Say what the encoder will see of an image layer."""
        return seen.describe(source, self.images() if self.together else None)

    def holds(self, layer: Any) -> bool:
        """Whether a layer is still in the viewer."""
        return layer in self._viewer.layers

    def labels_of(self, source: ImageLayer) -> Labels | None:
        """Find the labels layer that belongs to an image layer, if that is a picture still."""
        for layer in self._viewer.layers if _is_picture(source) else ():
            ours = layer.metadata.get(KEY, {}) if isinstance(layer, Labels) else {}
            if (
                ours.get("source_id") == str(source.unique_id)
                and layer.data.shape == layers.image_of(source).shape
            ):
                return layer
        return None

    def chosen_with(self, active: Any) -> ImageLayer | None:
        """Find the image that a person chooses with the layer that has become the active one.

        That is an image, or the one of these labels; but labels that came just now, as of a run
        that goes on while another image is looked at, were not chosen by anybody.
        """
        if active is None or (active is self._came and not isinstance(active, ImageLayer)):
            return None  # napari tells of it twice, and of none before
        self._came = None
        if isinstance(active, ImageLayer):
            return active
        return next((each for each in self.images() if self.labels_of(each) is active), None)

    def going_on(self, source: ImageLayer) -> Callable[[], None]:
        """Return what makes the active labels active again after a run has added those of an image.

        If another image is chosen by then, that is: who paints there goes on.
        """
        active = self._viewer.layers.selection.active

        def again() -> None:
            if isinstance(active, Labels) and self.chosen() is not source:
                self._came = active
                self._viewer.layers.selection.active = active

        return again

    def all_labels(self) -> list[Labels]:
        """The labels layers of all images that have one."""
        found = (self.labels_of(source) for source in self.images())
        return [layer for layer in found if layer is not None]

    def files(self) -> list[Path]:
        """Files of all image layers that napari has read from one, and of the folder's images."""
        opened = [Path(layer.source.path) for layer in self.images() if layer.source.path]
        return [*opened, *self.folder]

    def plane_of(self, layer: ImageLayer) -> tuple[int, ...]:
        """Index of the plane of a layer that is on screen."""
        return layers.plane_index(layer, self._viewer.dims.point)

    def shows_slices(self, layer: ImageLayer) -> bool:
        """Whether the slices of a stack are on screen as they are labelled, or all of it in 3D."""
        dims = self._viewer.dims
        flat = tuple(dims.displayed) == (dims.ndim - 2, dims.ndim - 1)
        return flat or dims.ndisplay == 3 or len(layers.image_of(layer).shape) == 2

    # --- categories in all pictures ----------------------------------------------------

    def words(self) -> list[Category]:
        """Categories that any labels layer names, each id once."""
        found: list[Category] = []
        for layer in self.all_labels():
            if told := layer.metadata[KEY].get("vocabulary"):
                found = added_to(found, Vocabulary.from_toml(told))
        return found

    def highest(self) -> int:
        """Return the largest id that any labels ever had a word for, or have; 0 if there is none.

        A person may paint with a number that has no word, and undo may bring one back.
        """
        labels = self.all_labels()
        named = [int(layer.metadata[KEY].get("highest", 0)) for layer in labels]
        arrays = [each.data for each in labels if isinstance(each.data, np.ndarray)]  # in memory
        return max([0, *named, *(int(ids.max()) for ids in arrays)])

    def hidden(self) -> set[int]:
        """Ids of the categories that are not shown in any labels layer."""
        told = (layer.metadata[KEY].get("hidden", ()) for layer in self.all_labels())
        return set().union(*told)

    def locked(self) -> set[int]:
        """Ids of the categories that have locked pixels in any labels layer."""
        drafts = (editing_of(layer).draft for layer in self.all_labels())
        return set().union(*(locked_ids(np.asarray(d.ids), d.owner) for d in drafts))

    def uses(self, category_id: int) -> int:
        """Count the pixels of a category in all labels layers."""
        found = (np.asarray(layer.data) == category_id for layer in self.all_labels())
        return sum(int(np.count_nonzero(where)) for where in found)

    def give(self, category_id: int, heir: int) -> None:
        """Give the pixels of a category to another, or to none (0); locked ones stay.

        What another category gets is a person's, or the model would say again what it said.
        """
        owner = Owner.PERSON if heir else None
        for draft, box, where in self._drafts(category_id):
            draft.replace(box, where, np.asarray(heir), owner)

    def lock(self, category_id: int, on: bool, but: Draft | None = None) -> None:
        """Lock the pixels that a category has now, or make them a person's; not those of `but`."""
        for draft, box, where in self._drafts(category_id):
            if on and draft is not but:
                draft.claim(box, where, Owner.LOCKED)
            elif draft is not but:
                draft.unlock(box, where)

    def _drafts(self, category_id: int) -> Iterator[tuple[Draft, Box, np.ndarray]]:
        for layer in self.all_labels():
            editing_of(layer).finish()
            where = np.asarray(layer.data) == category_id
            if where.any():
                yield editing_of(layer).draft, whole(where.shape), where
                layer.refresh()


def _is_picture(layer: Any) -> bool:
    """Whether a layer is an image, and of more than one row and column."""
    if not isinstance(layer, ImageLayer):
        return False
    try:
        layers.image_of(layer)
    except ImageError:
        return False
    return True
