"""Measure a recipe on a data set of pictures, masks and words."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.confusion import confusion_table, interval, scores, tiles
from napari_ovseg.errors import InputError
from napari_ovseg.familiar import unfamiliar
from napari_ovseg.image_files import open_image
from napari_ovseg.pipeline import segment_steps
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_ovseg.datasets import DataSet
    from napari_ovseg.recipe import Recipe

_FEW = 5
_TILES = 4
_NAMED = 6
"""Names that a note tells."""


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


class Tally:
    """Pairs of the masks' and the predicted classes of a data set, by their places.

    The last column of a table is unlabelled.
    """

    def __init__(self, data: DataSet) -> None:
        self._data = data
        # Drawn again by the bootstrap: pictures, or parts of them where there are few.
        self._parts = 1 if len(data.pictures) >= _FEW else _TILES
        self.tables: list[np.ndarray] = []
        self.unlisted: set[int] = set()
        """Mask values that are left out since no class has them."""

    def add(self, picture: dict[str, Any], predicted: np.ndarray) -> None:
        """Count the pixels of a picture whose class was asked; `predicted` (H, W) are places."""
        data, ids = self._data, [c["id"] for c in self._data.classes]
        truth = _truth(data, picture)
        if predicted.shape != truth.shape:
            raise InputError(
                f"{picture['file']} has shape {predicted.shape}, its mask {truth.shape}; masks are "
                "of the same size, one value a pixel: in grey or with a palette"
            )
        self.unlisted.update(map(int, np.setdiff1d(truth, [data.ignore, *ids])))
        valid = (truth != data.ignore) & np.isin(truth, data.asked(picture))
        order = np.argsort(ids)
        places = order[np.searchsorted(ids, np.where(valid, truth, ids[0]), sorter=order)]
        self.tables += [
            confusion_table(places[part][valid[part]], predicted[part][valid[part]], len(ids) + 1)
            for part in tiles(truth.shape, self._parts)
        ]

    def figures(self) -> dict[str, Any]:
        """``miou``, ``interval``, ``pixel_accuracy`` and ``iou`` by class name."""
        if not any(table.any() for table in self.tables):
            raise InputError(
                f"no pixel in the masks of {self._data.name!r} has the id of a class that is asked "
                "there"
            )
        names = {place: c["name"] for place, c in enumerate(self._data.classes)}
        whole = scores(np.sum(self.tables, axis=0), names)
        return {**whole, "interval": interval(self.tables)}


def evaluate_steps(
    data: DataSet, recipe: Recipe, device: str = "auto", first: Agreement | None = None
) -> Steps[dict[str, Any]]:
    """Segment every picture and pool the pixels over the data set.

    Returns
    -------
    dict
        ``miou`` (mean over the classes that occur), its 95 % ``interval`` (bootstrap over
        pictures, over 4 x 4 tiles of each where there are fewer than five),
        ``pixel_accuracy``, ``iou`` by class name, ``n_images``, ``seconds``, and ``notes``:
        what to know of them; with `first` also ``agreement``, the share of all pixels that are
        labelled as there.

    Notes
    -----
    Pixels of the ignore value and of classes that were not asked are left out. Where the
    masks say a class for every pixel, contrast words could only be wrong; they are used
    all the same, because a person who labels has them too.
    """
    tally, same, pixels = Tally(data), 0, 0
    start = time.perf_counter()
    for number, picture in enumerate(data.pictures):
        yield Progress(data.name, number, len(data.pictures))
        ids, values = yield from _labelled(data, picture, recipe, device)
        unlabelled = len(data.classes)
        tally.add(picture, np.array([unlabelled, *map(data.place, values)])[ids])
        pixels += ids.size
        same += first.same(picture["file"], ids) if first else 0
    yield Progress(data.name, len(data.pictures), len(data.pictures))
    figures = tally.figures()
    return {
        **figures,
        "n_images": len(data.pictures),
        "seconds": round(time.perf_counter() - start, 2),
        "notes": [
            *_never_learnt(data, recipe, device),
            *_not_in_masks(data, figures["iou"], tally.unlisted),
        ],
        **({"agreement": same / max(pixels, 1)} if first else {}),
    }


def _never_learnt(data: DataSet, recipe: Recipe, device: str) -> list[str]:
    """Say which classes the model cannot be asked for."""
    from napari_ovseg.backbones.open_clip import load_backbone

    backbone = load_backbone(recipe.backbone, device)
    asked = {tuple(data.asked(picture)): data.vocabulary(picture)[0] for picture in data.pictures}
    told = [u for words in asked.values() for u in unfamiliar(backbone, words, recipe)]
    names = list(dict.fromkeys(u.name for u in told if not u.read_as and not u.contrast))
    what = "are told in words that the model never learnt, so nothing is labelled so"
    return [f"{len(names)} of {len(data.classes)} classes {what}: {_some(names)}"] if names else []


def _not_in_masks(data: DataSet, iou: dict[str, float], unlisted: set[int]) -> list[str]:
    """Say which classes and masks have no part in the figures."""
    absent = [c["name"] for c in data.classes if c["name"] not in iou]
    notes = []
    if absent:
        notes.append(
            f"{len(absent)} of {len(data.classes)} classes are in no mask: {_some(absent)}"
        )
    if unlisted:
        values = _some(list(map(str, sorted(unlisted))))
        notes.append(f"pixels of values that no class has are left out: {values}")
    return notes


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _labelled(
    data: DataSet, picture: dict[str, Any], recipe: Recipe, device: str
) -> Steps[tuple[np.ndarray, list[int]]]:
    """Label a picture; the mask value of each category in turn."""
    vocabulary, values = data.vocabulary(picture)
    image = open_image(data.folder / "images" / picture["file"])
    annotation = yield from segment_steps(image, vocabulary, recipe, device)
    return annotation.labels.ids, values


def _truth(data: DataSet, picture: dict[str, Any]) -> np.ndarray:
    mask = data.folder / "masks" / f"{Path(picture['file']).stem}.png"
    return open_image(mask, indexed=True).read()


def report(recipes: list[Recipe], results: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Assemble what ``ovseg evaluate --json`` writes: one run, or ``runs`` of several."""
    runs = [
        {"recipe": recipe.to_dict(), "datasets": result}
        for recipe, result in zip(recipes, results, strict=True)
    ]
    return runs[0] if len(runs) == 1 else {"runs": runs}
