"""A project that is opened again: its image, its layer, its settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.errors import InputError, in_words
from napari_ovseg.gui import layers
from napari_ovseg.gui.arrival import picture_of_file
from napari_ovseg.gui.editing import KEY
from napari_ovseg.gui.kept import source_of
from napari_ovseg.gui.places import lay_over, restore
from napari_ovseg.gui.preload import window_first
from napari_ovseg.gui.readers import layer_data
from napari_ovseg.project import Project, note
from napari_ovseg.recipe import Recipe

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session
    from napari_ovseg.labels import Annotation
    from napari_ovseg.project import Source


def image_of_project(
    source: Source, viewer: ViewerModel, pictures: Pictures, *, of_folder: bool
) -> ImageLayer:
    """Find the image of a project among the layers, or open it.

    Parameters
    ----------
    of_folder
        Whether it was one of a folder, whose pictures we read ourselves: turned as cameras say.

    Raises
    ------
    InputError
        If it has labels already, is nowhere to be found, is of another shape by now, or one of
        several that nothing tells apart.
    """
    for image in pictures.images():
        here = source_of(image)
        if (here.name, here.shape) == (source.name, source.shape) and not _another(here, source):
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
    _open(source, viewer, of_folder=of_folder)
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


def _open(source: Source, viewer: ViewerModel, *, of_folder: bool) -> None:
    if of_folder:
        viewer.add_layer(picture_of_file(Path(source.path), {}))
        return
    try:
        viewer.open(source.path)
    except Exception as error:
        raise InputError(
            f"napari cannot open {source.path!r} by itself ({in_words(error)}); open it with its "
            "plugin, then the project again"
        ) from error


def _another(here: Source, source: Source) -> bool:
    """Whether images of one name are of two files; one that is gone may have been moved."""
    if not here.path or not source.path or not Path(source.path).exists():
        return False
    return not (Path(here.path).exists() and Path(here.path).samefile(source.path))


def open_kept(folder: Path) -> tuple[Project, Annotation, dict[str, Any]]:
    """Read a project; on a thread of its own."""
    with window_first():
        opened = Project.open(folder)
    note(folder)
    return opened


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
    restore(source, annotation.labels.grid)
    layer = Layer.create(*layer_data(annotation))
    layer.metadata[KEY] |= {"source": source.name, "source_id": str(source.unique_id)}
    lay_over(layer, source)
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
