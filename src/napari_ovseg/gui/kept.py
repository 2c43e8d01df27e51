"""One labels layer and the project that keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.errors import InputError
from napari_ovseg.gui import layers
from napari_ovseg.gui.display_state import display_state
from napari_ovseg.gui.editing import KEY, editing_of
from napari_ovseg.gui.preload import window_first
from napari_ovseg.gui.readers import layer_data
from napari_ovseg.project import Project, Source
from napari_ovseg.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.errors import ExportError
    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session
    from napari_ovseg.labels import Annotation


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
        self._draft = editing_of(layer).draft
        project.attach(self._draft, on_error)
        self._draft.listeners.append(self._wrote)

    @property
    def fits(self) -> bool:
        """Whether the layer's array is still one that the project can hold."""
        return self.project.fits(self._draft)

    def _wrote(self, _box: Box) -> None:
        self.written += 1

    def is_due(self, every: float) -> bool:
        """Whether something was written, and `every` seconds and twenty times a save passed."""
        return bool(self.written) and time.monotonic() - self._saved > max(every, 20 * self._cost)

    def begin(self) -> int:
        """Begin the next generation: what is written from now on is for the one after it."""
        self.written, self._saved = 0, time.monotonic()
        return self.project.begin()

    def copy(self, session: Session) -> Copy:
        """Take what a save needs."""
        source, ours = self.source, dict(self.layer.metadata[KEY])
        self.project.recipe, self.project.source = session.recipe.to_toml(), source_of(source)
        state = {
            "hidden": sorted(session.hidden),
            "locked": sorted(session.locked),
            "display": display_state(source),
        }
        self._told = (ours.get("vocabulary"), self.project.recipe, self.project.source, state)
        return Copy(self._draft, ours, layers.grid_of(self.layer), source.name, state)

    def news(self, session: Session) -> Copy | None:
        """Take what a save needs, if words or settings are not those that were taken last."""
        told, copy = self._told, self.copy(session)
        return None if self._told == told else copy

    def save(self, copy: Copy, number: int) -> None:
        """Write a generation; on a thread of its own."""
        began = time.monotonic()
        try:
            with window_first():
                self.project.save(copy.annotation(), copy.state, number)
        except BaseException:
            self.written += 1  # or nothing would try it again until the next stroke
            raise
        self._cost = time.monotonic() - began

    def describe(self, copy: Copy) -> None:
        """Write words and settings; on a thread of its own."""
        with window_first():
            self.project.describe(copy.annotation(), copy.state)

    def close(self) -> None:
        """Flush and free the project."""
        self._draft.listeners.remove(self._wrote)
        self.project.close()


def source_of(image: ImageLayer) -> Source:
    """Say which image a project is of."""
    shape = layers.image_of(image).shape
    path = image.source.path or image.metadata.get(KEY, {}).get("file", "")
    return Source(str(path), image.name, shape)


def image_of_project(source: Source, viewer: ViewerModel, pictures: Pictures) -> ImageLayer:
    """Find the image of a project among the layers, or open it.

    Raises
    ------
    InputError
        If it has labels already, is nowhere to be found, is of another shape by now, or one of
        several that nothing tells apart.
    """
    for image in pictures.images():
        if image.name == source.name and layers.image_of(image).shape == source.shape:
            if pictures.labels_of(image) is not None:
                raise InputError(
                    f"the image {source.name!r} has labels already; remove that layer first"
                )
            return image
    if not source.path or not Path(source.path).exists():
        raise InputError(
            f"the image {source.name!r} of this project is neither open nor at "
            f"{source.path!r}; open it, then the project again"
        )
    before = set(pictures.images())
    viewer.open(source.path)
    came = [i for i in pictures.images() if i not in before]
    fits = [i for i in came if layers.image_of(i).shape == source.shape]
    if not fits:
        raise InputError(f"{source.path!r} is not of shape {source.shape} any more; restore it")
    named = [image for image in fits if image.name == source.name]
    if len(named or fits) > 1:
        raise InputError(
            f"{source.path!r} holds {len(fits)} images of shape {source.shape}, and which of them "
            f"is {source.name!r} cannot be told; name that layer so, then open the project again"
        )
    (image,) = named or fits
    image.name = source.name
    return image


def open_kept(folder: Path) -> tuple[Project, Annotation, dict[str, Any]]:
    """Read a project; on a thread of its own."""
    with window_first():
        return Project.open(folder)


def layer_of(annotation: Annotation, source: ImageLayer) -> Labels:
    """Make the layer of a project that was opened, over its image.

    Raises
    ------
    InputError
        If the image has other sides.
    """
    from napari.layers import Layer

    shape = layers.image_of(source).shape
    if tuple(shape) != annotation.labels.ids.shape:
        raise InputError(
            f"the project is of an image of shape {annotation.labels.ids.shape}, and "
            f"{source.name!r} has {tuple(shape)}; open its own image"
        )
    layer = Layer.create(*layer_data(annotation))
    layer.metadata[KEY] |= {"source": source.name, "source_id": str(source.unique_id)}
    return layer


def take_settings(session: Session, project: Project, state: dict[str, Any]) -> None:
    """Give a session the recipe of a project and what it hid and locked, besides other labels.

    Raises
    ------
    RecipeError
        If this version cannot read the recipe.
    """
    if project.recipe:
        recipe = Recipe.from_toml(project.recipe)
        session.recipe = replace(recipe, display=session.recipe.display)
    for name in ("hidden", "locked"):
        others = getattr(session, name) if session.bound else set()
        setattr(session, name, others | {int(i) for i in state.get(name, ())})
