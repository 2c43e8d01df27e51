"""An image of a folder and its labels, made into layers on the worker's thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer

from napari_ovseg.errors import OvsegError
from napari_ovseg.folder_queue import FolderQueue, find_pictures, fitted
from napari_ovseg.grid import MICROMETRE
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import KEY
from napari_ovseg.gui.layer_display import has_automatic_limits
from napari_ovseg.gui.places import restore
from napari_ovseg.image_files import open_image
from napari_ovseg.labels import locked_ids
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_ovseg.gui.held import Held
    from napari_ovseg.image import Image
    from napari_ovseg.labels import Annotation
    from napari_ovseg.progress import Stop
    from napari_ovseg.vocabulary import Category


@dataclass(frozen=True, eq=False)
class Carried:
    """What is taken along from one image to the next.

    Attributes
    ----------
    words
        Those in use.
    look
        How a person has set the last image to be shown, as a layer's properties.
    unsaved
        Returns labels that are not on disk yet, by image.
    """

    words: tuple[Category, ...]
    look: dict[str, Any]
    unsaved: dict[Path, Callable[[], Annotation]]


@dataclass(frozen=True, eq=False)
class Arrival:
    """The image that can be shown next.

    Attributes
    ----------
    queue
        Its folder.
    file
        The image.
    picture, labels
        Layers that are in no viewer yet; no picture where none can be read, no labels while the
        image is new.
    found, asked
        What the labels were made of, and the words that were in use then.
    words, counts
        To use from now on, and pixels of each category by name.
    locked
        Ids of categories that have locked pixels in it.
    skipped
        What is wrong with images that were stepped over.
    """

    queue: FolderQueue
    file: Path
    picture: ImageLayer | None = None
    labels: Labels | None = None
    found: Annotation | None = None
    asked: tuple[Category, ...] | None = None
    words: tuple[Category, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    skipped: dict[Path, str] = field(default_factory=dict)


def open_steps(folder: str | Path, held: Held, carried: Carried, stop: Stop) -> Steps[Arrival]:
    """Take a folder, and read the first image that is new."""
    find_pictures(Path(folder))  # nothing is made where there is nothing to label
    held.take(folder)
    queue = yield from FolderQueue.open_steps(folder)
    queue.refuse_other(carried.words)
    if not carried.words:
        carried = replace(carried, words=queue.all_words())
    first = queue.first()
    files = [*queue.onward(first, 1), *queue.onward(first, -1)[1:]]
    return (yield from go_steps(queue, files, carried, stop))


def go_steps(
    queue: FolderQueue, files: list[Path], carried: Carried, _stop: Stop
) -> Steps[Arrival]:
    """Read the first of some images that can be read, and its labels."""
    skipped: dict[Path, str] = {}
    for file in files:
        yield Progress("image", 0, 1)
        try:
            return _arrival(queue, file, carried, skipped)
        except OvsegError as error:
            skipped[file] = str(error)
    return Arrival(queue, files[0], skipped=skipped)


def _arrival(queue: FolderQueue, file: Path, carried: Carried, skipped: dict[Path, str]) -> Arrival:
    found: Annotation | None
    if file in carried.unsaved:
        image, found = open_image(file), carried.unsaved[file]()
    else:
        image, found = queue.read(file)
    picture = _picture(image, file, carried.look)
    return refitted(Arrival(queue, file, picture, found=found, skipped=skipped), carried.words)


def refitted(arrival: Arrival, words: tuple[Category, ...]) -> Arrival:
    """Fit an image's labels to the words in use, unless that is done: those may have changed."""
    picture, found = arrival.picture, arrival.found
    if words == arrival.asked:
        return arrival
    if picture is None or found is None:
        return replace(arrival, asked=words, words=words)
    fits, new = fitted(found, words)
    restore(picture, found.labels.grid)
    return replace(
        arrival,
        labels=layers.new_labels(picture, fits, ()),
        asked=words,
        words=new,
        counts=fits.labels.counts(),
        locked=locked_ids(fits.labels.ids, fits.owner),
    )


def picture_of_file(file: Path, look: dict[str, Any]) -> ImageLayer:
    """Read an image of a folder and make a layer of it.

    Raises
    ------
    ImageError
        If it is no picture.
    """
    return _picture(open_image(file), file, look)


def _picture(image: Image, file: Path, look: dict[str, Any]) -> ImageLayer:
    """Make a layer of an image, shown as the last one was as far as it is of the same kind."""
    grid, look = image.grid, dict(look)
    if look.pop("kind", None) != _kind(image.levels[0], rgb=image.rgb):
        look.pop("contrast_limits", None)
    if image.rgb:
        look.pop("colormap", None)
    return ImageLayer(
        image.levels[0],
        rgb=image.rgb,
        name=image.name,
        scale=grid.spacing,
        units=[unit if unit.casefold() in MICROMETRE else "pixel" for unit in grid.units],
        axis_labels=grid.axes,
        metadata={KEY: {"file": str(file)}},  # by which its project finds it again
        **look,
    )


def _kind(pixels: Any, *, rgb: bool) -> tuple[bool, str]:
    """Say whether limits of one image suit another: 3000 is nothing to a picture of 8 bit."""
    return rgb, str(pixels.dtype)


def look_of(layer: ImageLayer | None) -> dict[str, Any]:
    """Return how a person has set a layer to be shown; limits that napari guessed are not taken."""
    if layer is None:
        return {}
    look = {"gamma": layer.gamma, "kind": _kind(layer, rgb=layer.rgb)}
    if not layer.rgb:
        look["colormap"] = layer.colormap
    if not has_automatic_limits(layer):
        look["contrast_limits"] = layer.contrast_limits
    return look
