"""Indexed PNG: pixel value = category id, palette = the vocabulary's colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg._colours import rgb
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import Exporter, class_table, lost_owner, safe_name

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Annotation, LabelMap
    from napari_ovseg.vocabulary import Vocabulary

MAX_ID = 254
"""255 is "ignore" in data sets of this kind, so no category gets it."""


@dataclass(frozen=True)
class PNG(Exporter):
    """One 8-bit PNG with a palette per picture, and a class table as CSV beside it.

    The planes of a stack become ``NAME_0000.png``, ``NAME_0001.png`` ...
    """

    suffix: ClassVar[str] = ".png"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        try:
            _refuse_large(annotation.labels)
        except ExportError as error:
            return [f"this annotation: {error}"]
        lost = lost_owner(annotation)
        if any(unit != "pixel" for unit in annotation.labels.grid.units):
            lost.append("the physical size of pixels; PNG has no place for it")
        if annotation.labels.ids.ndim > 2:
            lost.append("the order of axes; every plane becomes a file of its own")
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        from PIL import Image

        labels = annotation.labels
        _refuse_large(labels)
        stem = safe_name(annotation.name)
        planes = list(np.ndindex(labels.ids.shape[:-2]))
        palette = palette_of(labels.vocabulary)
        files = []
        for number, index in enumerate(planes):
            name = stem if len(planes) == 1 else f"{stem}_{number:04d}"
            picture = Image.fromarray(labels.ids[index].astype(np.uint8))
            picture.putpalette(palette)
            with atomic_path(folder / f"{name}.png") as temporary:
                picture.save(temporary, format="PNG", optimize=True)
            files.append(folder / f"{name}.png")
        table = folder / f"{stem}.classes.csv"
        write_atomic(table, class_table(labels.vocabulary))
        return [*files, table]


def _refuse_large(labels: LabelMap) -> None:
    if (largest := max(int(labels.ids.max()), *(c.id for c in labels.vocabulary))) > MAX_ID:
        raise ExportError(
            f"an indexed PNG holds ids up to {MAX_ID}, got {largest}; export as ome-tiff"
        )


def palette_of(vocabulary: Vocabulary) -> bytes:
    """256 RGB triples: black for unlabelled and unused values."""
    table = np.zeros((256, 3), np.uint8)
    for category in vocabulary:
        table[category.id] = rgb(category.colour)
    return table.tobytes()
