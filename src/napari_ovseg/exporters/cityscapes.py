"""The layout of Cityscapes: label ids, instance ids, and a table of labels."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg._colours import rgb
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures
from napari_ovseg.exporters._pictures import (
    PictureExporter,
    pictures_of,
    refuse_renumbering,
    staying,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from napari_ovseg.formats.instances import Instances
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

MAX_ID = 254
"""255 is "ignore" in data sets of this kind, so no category gets it."""
_MAX_OBJECTS = 999
_MAX_VALUE = 65_535


@dataclass(frozen=True)
class Cityscapes(PictureExporter):
    """``NAME_labelIds.png`` and ``NAME_instanceIds.png`` per picture, and ``labels.json``.

    Label ids are 8-bit. Instance ids are 16-bit: the i-th object of a thing, from 0, has
    the value ``1000 * id + i``, any other category has its id. A folder has one
    ``labels.json``, so all images of a data set are to be exported as one series, or with
    one vocabulary.
    """

    suffix: ClassVar[str] = "_labelIds.png"
    one_table: ClassVar[bool] = True

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        try:
            _pictures(annotation, self.suffix)
        except ExportError as error:
            return [f"this annotation: {error}"]
        return ["the queries of categories", *lost_in_pictures(annotation, "Cityscapes")]

    def refuse_beside(
        self, annotations: Sequence[Annotation], folder: Path, coming: Collection[str] = ()
    ) -> None:
        """See `Exporter.refuse_beside`: ids mean what ``labels.json`` says."""
        told = {c.id: c.name for c in shared_vocabulary(annotations)}
        labels = folder.glob(f"*{self.suffix}")
        left = staying(labels, self.suffix, self.targets(annotations, folder), coming)
        refuse_renumbering(_kept(folder / "labels.json"), told, left)

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        pictures = _pictures(annotation, self.suffix)
        for name, values in pictures.items():
            _write_png(folder / name, values)
        write_atomic(folder / "labels.json", _label_table(annotation.labels.vocabulary))
        return [folder / name for name in (*pictures, "labels.json")]


def _pictures(annotation: Annotation, suffix: str) -> dict[str, np.ndarray]:
    """Label and instance ids of every plane by file name, or say why they do not fit."""
    if (largest := max(c.id for c in annotation.labels.vocabulary)) > MAX_ID:
        raise ExportError(
            f"label ids of Cityscapes have 8 bits, up to {MAX_ID}, got {largest}; "
            "export as coco-panoptic"
        )
    pictures = {}
    for picture in pictures_of([annotation]):
        pictures[f"{picture.stem}{suffix}"] = picture.ids.astype(np.uint8)
        pictures[f"{picture.stem}_instanceIds.png"] = instance_ids(picture.instances())
    return pictures


def instance_ids(instances: Instances) -> np.ndarray:
    """Values of the instance picture: (H, W) uint16.

    Raises
    ------
    ExportError
        If a category has more than 999 objects, or its values need more than 16 bits.
    """
    values = np.zeros(len(instances.categories) + 1, np.int64)
    seen: Counter[int] = Counter()
    for number, category in enumerate(instances.categories, start=1):
        thing = category.role == "thing"
        values[number] = 1000 * category.id + seen[category.id] if thing else category.id
        seen[category.id] += 1
        if seen[category.id] > _MAX_OBJECTS:
            raise ExportError(
                f"Cityscapes holds {_MAX_OBJECTS} objects of a category, and {category.name!r} "
                "has more; make it stuff, or export as coco-panoptic"
            )
        if values[number] > _MAX_VALUE:
            raise ExportError(
                f"instance ids of Cityscapes have 16 bits, which countable things with ids up to "
                f"64 fit, got {category.name!r} with id {category.id}; export as coco-panoptic"
            )
    stored: np.ndarray = values.astype(np.uint16)[instances.numbers]
    return stored


def _write_png(path: Path, values: np.ndarray) -> None:
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(values).save(temporary, format="PNG", optimize=True)


def _kept(table: Path) -> dict[int, str]:
    """Names by id of a table that is there; none of another program's, or a damaged one."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return {row["id"]: row["name"] for row in json.loads(table.read_bytes())}
    return {}


def _label_table(vocabulary: Vocabulary) -> bytes:
    """Rows with the fields of Cityscapes' own ``labels.py``."""
    rows = [
        {
            "name": c.name,
            "id": c.id,
            "trainId": number,
            "category": c.role,
            "hasInstances": c.role == "thing",
            "ignoreInEval": False,
            "color": rgb(c.colour),
        }
        for number, c in enumerate(vocabulary)
    ]
    return json.dumps(rows, indent=1).encode("ascii")
