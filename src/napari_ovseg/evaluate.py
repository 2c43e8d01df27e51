"""Measure a recipe on a data set of pictures, masks and words.

The layout is described in ``docs/datasets.md``: ``dataset.toml``, ``images/``, ``masks/``.
"""

from __future__ import annotations

import time
import tomllib
import zlib
from collections import Counter
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.confusion import confusion_table, interval, scores, tiles
from napari_ovseg.errors import InputError
from napari_ovseg.image_files import open_image
from napari_ovseg.pipeline import segment_steps
from napari_ovseg.progress import Progress, Steps
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from napari_ovseg.recipe import Recipe

IGNORE = 255
_FEW = 5
_TILES = 4


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures with masks, and the words for the mask's values.

    Attributes
    ----------
    folder
        With ``dataset.toml``.
    name
        Of the data set.
    classes
        Tables with id, name, queries, background.
    pictures
        Tables with file, and maybe ``ask``: the ids that were annotated there.
    ignore
        Mask value that is left out.
    """

    folder: Path
    name: str
    classes: list[dict[str, Any]]
    pictures: list[dict[str, Any]]
    ignore: int

    def place(self, value: int) -> int:
        """Say which of the classes has this mask value."""
        return next(place for place, c in enumerate(self.classes) if c["id"] == value)

    def vocabulary(self, picture: dict[str, Any]) -> tuple[Vocabulary, list[int]]:
        """Words to ask for in a picture, and the mask value of each category in turn."""
        asked = [c for c in self.classes if c["id"] in picture.get("ask", (c["id"],))]
        categories = (
            Category(
                number,
                c["name"],
                c.get("queries", ()),
                role="background" if c.get("background") else "thing",
            )
            for number, c in enumerate(asked, start=1)
        )
        return Vocabulary(tuple(categories)), [c["id"] for c in asked]


def find_datasets(folder: Path) -> list[DataSet]:
    """Read a data set, or every one in a folder of them.

    Raises
    ------
    InputError
        If there is none with pictures, or a ``dataset.toml`` cannot be read.
    """
    files = [folder / "dataset.toml"]
    if not isfile(files[0]):  # noqa: PTH113  # unlike Path's, it never raises
        files = sorted(folder.glob("*/dataset.toml"))
    if not files:
        raise InputError(
            f"{str(folder)!r} holds no dataset.toml, nor do its folders; see docs/datasets.md"
        )
    found = [data_set for file in files if (data_set := _read(file)).pictures]
    for name, count in Counter(data_set.name for data_set in found).most_common(1):
        if count > 1:
            raise InputError(
                f"{count} data sets in {str(folder)!r} are called {name!r}; rename all but one"
            )
    if not found:
        raise InputError(
            f"the dataset.toml in {str(folder)!r} lists no pictures; add a table [[images]] for "
            "each, see docs/datasets.md"
        )
    return found


def _read(file: Path) -> DataSet:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        classes, pictures = table["classes"], table.get("images", [])
        for entry in classes:
            Category(_id(entry["id"]) + 1, entry["name"], entry.get("queries", ()))
        for picture in pictures:
            Path(picture["file"])
            list(map(_id, picture.get("ask", ())))
        name, ignore = table.get("name", file.parent.name), _id(table.get("ignore_value", IGNORE))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot use {str(file)!r} as a data set: {error!r}") from error
    if not classes:
        raise InputError(f"{str(file)!r} lists no classes; add a table [[classes]] for each")
    ids = {entry["id"] for entry in classes}
    if ignore in ids:
        raise InputError(
            f"{str(file)!r} gives a class the id {ignore}, the value of pixels that are left out; "
            "tell another ignore_value, as -1 where every pixel counts"
        )
    for picture in pictures:
        if unlisted := sorted(set(picture.get("ask", ids)) - ids):
            raise InputError(
                f"{str(file)!r} asks of {picture['file']} for {unlisted[0]}, which no class has"
            )
    return DataSet(file.parent, name, classes, pictures, ignore)


def _id(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"an id must be a whole number, got {value!r}")
    return value


class Agreement:
    """Label maps of the first recipe, which those of others are compared with."""

    def __init__(self) -> None:
        self._first: dict[str, bytes] = {}

    def same(self, picture: str, ids: np.ndarray) -> int:
        """Count pixels (H, W) labelled as by whoever labelled this picture first."""
        if picture not in self._first:
            self._first[picture] = zlib.compress(ids.tobytes(), level=1)
            return int(ids.size)
        first = np.frombuffer(zlib.decompress(self._first[picture]), ids.dtype)
        return int((first.reshape(ids.shape) == ids).sum())


def evaluate_steps(
    data: DataSet, recipe: Recipe, device: str = "auto", first: Agreement | None = None
) -> Steps[dict[str, Any]]:
    """Segment every picture and pool the pixels over the data set.

    Returns
    -------
    dict
        ``miou`` (mean over the classes that occur), its 95 % ``interval`` (bootstrap over
        pictures, over 4 x 4 tiles of each where there are fewer than five),
        ``pixel_accuracy``, ``iou`` by class name, ``n_images``, ``seconds``; with `first`
        also ``agreement``, the share of all pixels that are labelled as there.

    Notes
    -----
    Pixels of the ignore value and of classes that were not asked are left out. Where the
    masks say a class for every pixel, contrast words could only be wrong; they are used
    all the same, because a person who labels has them too.
    """
    # Drawn again by the bootstrap: pictures, or parts of them where there are few.
    parts = 1 if len(data.pictures) >= _FEW else _TILES
    tables: list[np.ndarray] = []
    same = pixels = 0
    start = time.perf_counter()
    for number, picture in enumerate(data.pictures):
        yield Progress(data.name, number, len(data.pictures))
        ids, values = yield from _labelled(data, picture, recipe, device)
        unlabelled = len(data.classes)
        predicted = np.array([unlabelled, *map(data.place, values)])[ids]
        tables += _tables(data, picture, predicted, parts)
        pixels += ids.size
        same += first.same(picture["file"], ids) if first else 0
    yield Progress(data.name, len(data.pictures), len(data.pictures))
    names = {place: c["name"] for place, c in enumerate(data.classes)}
    if not any(table.any() for table in tables):
        raise InputError(
            f"no pixel in the masks of {data.name!r} has the id of a class that is asked there"
        )
    return {
        **scores(np.sum(tables, axis=0), names),
        "interval": interval(tables),
        "n_images": len(data.pictures),
        "seconds": round(time.perf_counter() - start, 2),
        **({"agreement": same / max(pixels, 1)} if first else {}),
    }


def _labelled(
    data: DataSet, picture: dict[str, Any], recipe: Recipe, device: str
) -> Steps[tuple[np.ndarray, list[int]]]:
    """Label a picture; the mask value of each category in turn."""
    vocabulary, values = data.vocabulary(picture)
    image = open_image(data.folder / "images" / picture["file"])
    annotation = yield from segment_steps(image, vocabulary, recipe, device)
    return annotation.labels.ids, values


def _tables(
    data: DataSet, picture: dict[str, Any], predicted: np.ndarray, parts: int
) -> list[np.ndarray]:
    """Count pairs of the mask's and the predicted class by their places, in parts x parts tiles.

    The last column of a table is unlabelled.
    """
    mask = data.folder / "masks" / f"{Path(picture['file']).stem}.png"
    truth = open_image(mask, indexed=True).read()
    if predicted.shape != truth.shape:
        raise InputError(
            f"{picture['file']} has shape {predicted.shape}, its mask {truth.shape}; masks are of "
            "the same size, one value a pixel: in grey or with a palette"
        )
    ids = [c["id"] for c in data.classes]
    valid = (truth != data.ignore) & np.isin(truth, picture.get("ask", ids))
    order = np.argsort(ids)
    places = order[np.searchsorted(ids, np.where(valid, truth, ids[0]), sorter=order)]
    size = len(ids) + 1
    return [
        confusion_table(places[part][valid[part]], predicted[part][valid[part]], size)
        for part in tiles(truth.shape, parts)
    ]


def report(recipes: list[Recipe], results: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Assemble what ``ovseg evaluate --json`` writes: one run, or ``runs`` of several."""
    runs = [
        {"recipe": recipe.to_dict(), "datasets": result}
        for recipe, result in zip(recipes, results, strict=True)
    ]
    return runs[0] if len(runs) == 1 else {"runs": runs}
