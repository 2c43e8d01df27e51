"""COCO instances of any program; complete if they are our own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.formats.owners import unpacked
from napari_ovseg.grid import Grid
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import image_shape
from napari_ovseg.importers._history import History, history_of, known_categories, vocabulary_of
from napari_ovseg.importers._json import (
    hex_colour,
    integers,
    is_marked,
    load_json,
    member,
    numbers,
    typed,
)
from napari_ovseg.importers._runs import (
    Runs,
    empty,
    joined,
    paint,
    runs_of_counts,
    runs_of_rings,
)
from napari_ovseg.labels import Annotation, LabelMap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_ovseg.vocabulary import Vocabulary

Stack = list[tuple[int, History]]
"""The images of one annotation with their ids: one, or the planes of a stack."""


@dataclass(frozen=True)
class Coco(Importer):
    """A COCO file with masks: compressed or plain run lengths, or polygons.

    Ids, names and colours (``color``) are the file's; if one of its ids is below 1 or above
    65535, categories are numbered from 1 in their order. Where objects overlap the smaller
    is on top. Objects of a category that touch become one region.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".coco.json", ".json")
    names_pictures: ClassVar[bool] = True

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`; a file of several images needs `read_series`."""
        series = _Series.of(path)
        if len(series.stacks) != 1:
            raise InputError(
                f"{path.name!r} holds {len(series.stacks)} images, not one; read them with "
                "read_series of napari_ovseg.importers.coco.Coco"
            )
        return series.annotation(series.stacks[0])

    def read_series(self, path: Path) -> Iterator[Annotation]:
        """Read one annotation after the other; the planes of our stacks become one again.

        Raises
        ------
        InputError
            If the file is damaged or holds no labels.
        """
        series = _Series.of(path)
        return map(series.annotation, series.stacks)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        return is_marked(path)


@dataclass(frozen=True, eq=False, slots=True)
class _Series:
    """A file's vocabulary, the stacks of images in it, and of each image its objects."""

    vocabulary: Vocabulary
    stacks: list[Stack]
    objects: dict[int, list[tuple[int, Any]]]

    @classmethod
    def of(cls, path: Path) -> _Series:
        content = load_json(path)
        categories = member(content, "categories", list, "a COCO file")
        rows = [
            (
                member(row, "id", int, "a category"),
                member(row, "name", str, "a category"),
                hex_colour(row.get("color")),
            )
            for row in categories
        ]
        vocabulary, ids = vocabulary_of(rows, known_categories(content))
        stacks = _stacks_of(member(content, "images", list, "a COCO file"))
        objects: dict[int, list[tuple[int, Any]]] = {n: [] for stack in stacks for n, _ in stack}
        for row in member(content, "annotations", list, "a COCO file"):
            image = member(row, "image_id", int, "an annotation")
            category = member(row, "category_id", int, "an annotation")
            if image not in objects or category not in ids:
                raise InputError(
                    f"an annotation is of image {image} and category {category}, which the file "
                    "does not list; it is incomplete"
                )
            objects[image].append((ids[category], row.get("segmentation")))
        return cls(vocabulary, stacks, objects)

    def annotation(self, stack: Stack) -> Annotation:
        """Draw the objects of a stack."""
        first = stack[0][1]
        ids = empty(first.shape)
        for number, history in stack:
            shape = (first.shape[-2], first.shape[-1])
            regions = [(c, _runs(mask, shape)) for c, mask in self.objects[number]]
            ids[history.plane] = paint(regions, shape)
        labels = LabelMap(ids, self.vocabulary, first.grid)
        return Annotation(first.name, labels, _owner(stack, ids), first.provenance)


def _owner(stack: Stack, ids: np.ndarray) -> np.ndarray | None:
    """Owners of all planes, or None if those of one are not known."""
    owner = np.zeros(ids.shape, np.uint8)
    for _, history in stack:
        plane = unpacked(history.owners, ids[history.plane])
        if plane is None:
            return None
        owner[history.plane] = plane
    return owner


def _stacks_of(images: list[Any]) -> list[Stack]:
    """Group images that are planes of one stack of ours; any other is alone."""
    stacks: dict[Any, Stack] = {}
    seen = set()
    for image in images:
        number = member(image, "id", int, "an image")
        height, width = (member(image, key, int, "an image") for key in ("height", "width"))
        shape = image_shape((height, width), f"image {number}")
        stem = PurePath(typed(image.get("file_name", str(number)), str, "a file name")).stem
        history = history_of(image, shape) or History(stem, shape, (), Grid.regular(2))
        key = (history.name, history.shape) if history.plane else number
        if number in seen:
            raise InputError(f"two images of the file have the id {number}; give each its own")
        seen.add(number)
        stacks.setdefault(key, []).append((number, history))
    return list(stacks.values())


def _runs(segmentation: Any, shape: tuple[int, int]) -> Runs:
    """Read run lengths or polygons."""
    if isinstance(segmentation, dict):
        size = integers(member(segmentation, "size", list, "a mask"), "the size of a mask")
        if size != shape:
            raise InputError(f"a mask is of size {size} in an image of size {shape}")
        return runs_of_counts(segmentation.get("counts"), shape)
    if not isinstance(segmentation, list) or not segmentation:
        raise InputError(
            "an annotation has no segmentation; boxes alone label no pixels, export masks"
        )
    return joined([runs_of_rings([_ring(polygon)], shape) for polygon in segmentation])


def _ring(polygon: Any) -> np.ndarray:
    values = numbers(polygon, "a polygon")
    if values.size < 6 or values.size % 2:
        raise InputError(
            f"a polygon needs three pairs of numbers or more, got {values.size} values"
        )
    return values.reshape(-1, 2)
