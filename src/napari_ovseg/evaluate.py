"""Measure a recipe on a data set of pictures, masks and words.

The layout is described in ``docs/datasets.md``: ``dataset.toml``, ``images/``, ``masks/``.
"""

from __future__ import annotations

import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.image import open_image
from napari_ovseg.pipeline import segment_steps
from napari_ovseg.progress import Progress, Steps
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.recipe import Recipe

IGNORE = 255


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

    def vocabulary(self, picture: dict[str, Any]) -> tuple[Vocabulary, list[int]]:
        """Words to ask for in a picture, and the mask value of each category in turn."""
        asked = [c for c in self.classes if c["id"] in picture.get("ask", (c["id"],))]
        categories = (
            Category(
                number,
                c["name"],
                tuple(c.get("queries", ())),
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
        If there is none, or a ``dataset.toml`` cannot be read.
    """
    files = [folder / "dataset.toml"]
    if not files[0].is_file():
        files = sorted(folder.glob("*/dataset.toml"))
    if not files:
        raise InputError(
            f"{str(folder)!r} holds no dataset.toml, nor do its folders; see docs/datasets.md"
        )
    return [data_set for file in files if (data_set := _read(file)).pictures]


def _read(file: Path) -> DataSet:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        classes, pictures = table["classes"], table.get("images", [])
        for entry in classes:
            Category(int(entry["id"]) + 1, entry["name"])
        for picture in pictures:
            Path(picture["file"])
        name, ignore = table.get("name", file.parent.name), table.get("ignore_value", IGNORE)
        return DataSet(file.parent, name, classes, pictures, ignore)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot use {str(file)!r} as a data set: {error!r}") from error


def evaluate_steps(data: DataSet, recipe: Recipe, device: str = "auto") -> Steps[dict[str, Any]]:
    """Segment every picture and pool the pixels over the data set.

    Returns
    -------
    dict
        ``miou`` (mean over the classes that occur), ``pixel_accuracy``, ``iou`` by class
        name, ``n_images``, ``seconds``.

    Notes
    -----
    Pixels of the ignore value and of classes that were not asked are left out. Where the
    masks say a class for every pixel, contrast words could only be wrong; they are used
    all the same, because a person who labels has them too.
    """
    size = max(c["id"] for c in data.classes) + 2
    confusion = np.zeros((size, size), np.int64)
    start = time.perf_counter()
    for number, picture in enumerate(data.pictures):
        yield Progress(data.name, number, len(data.pictures))
        confusion += yield from _confusion(data, picture, recipe, device, size)
    yield Progress(data.name, len(data.pictures), len(data.pictures))
    return {
        **scores(confusion, {c["id"]: c["name"] for c in data.classes}),
        "n_images": len(data.pictures),
        "seconds": round(time.perf_counter() - start, 2),
    }


def _confusion(
    data: DataSet, picture: dict[str, Any], recipe: Recipe, device: str, size: int
) -> Steps[np.ndarray]:
    """Count (mask value, predicted value) pairs; the last column is unlabelled."""
    path = data.folder / "images" / picture["file"]
    mask_path = data.folder / "masks" / f"{Path(picture['file']).stem}.png"
    truth = open_image(mask_path).read()
    vocabulary, values = data.vocabulary(picture)
    annotation = yield from segment_steps(open_image(path), vocabulary, recipe, device)
    if annotation.labels.ids.shape != truth.shape:
        raise InputError(
            f"{picture['file']} has shape {annotation.labels.ids.shape}, its mask {truth.shape}"
        )
    lookup = np.array([size - 1, *values])
    predicted = lookup[annotation.labels.ids]
    valid = (truth != data.ignore) & np.isin(truth, values)
    pairs = truth[valid].astype(np.int64) * size + predicted[valid]
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def scores(confusion: np.ndarray, names: dict[int, str]) -> dict[str, Any]:
    """Turn a (K + 1, K + 1) confusion table into mIoU, accuracy and IoU by name."""
    hit = np.diag(confusion)
    truth, predicted = confusion.sum(1), confusion.sum(0)
    union = truth + predicted - hit
    iou = {names[i]: float(hit[i] / union[i]) for i in names if truth[i] > 0}
    return {
        "miou": float(np.mean(list(iou.values()))) if iou else 0.0,
        "pixel_accuracy": float(hit.sum() / max(confusion.sum(), 1)),
        "iou": iou,
    }


def report(recipes: list[Recipe], results: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Assemble what ``ovseg evaluate --json`` writes: one run, or ``runs`` of several."""
    runs = [
        {"recipe": recipe.to_dict(), "datasets": result}
        for recipe, result in zip(recipes, results, strict=True)
    ]
    return runs[0] if len(runs) == 1 else {"runs": runs}


def table_row(first: str, cells: Sequence[str | Recipe]) -> str:
    """Lay out a row of the comparison; a recipe is shown as its method, and encoder if long."""
    texts = [c if isinstance(c, str) else _column(c, cells) for c in cells]
    widths = [max(12, len(t)) for t in texts]
    return f"{first:<36} " + " ".join(f"{t:>{w}}" for t, w in zip(texts, widths, strict=True))


def _column(recipe: Recipe, cells: Sequence[str | Recipe]) -> str:
    several = len({c.backbone for c in cells if not isinstance(c, str)}) > 1
    return f"{recipe.method.name}@{recipe.backbone}" if several else recipe.method.name
