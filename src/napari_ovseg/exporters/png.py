"""Indexed PNG: pixel value = category id, palette = the vocabulary's colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg._colours import rgb
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import class_table, refuse_unlisted, safe_name
from napari_ovseg.exporters._lost import lost_in_pictures
from napari_ovseg.exporters._pictures import (
    PictureExporter,
    json_bytes,
    planes_of,
)
from napari_ovseg.formats.record import CHUNK, KEY, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.labels import Annotation, LabelMap
    from napari_ovseg.vocabulary import Vocabulary

MAX_ID = 254
"""255 is "ignore" in data sets of this kind, so no category gets it."""


@dataclass(frozen=True)
class PNG(PictureExporter):
    """One 8-bit PNG with a palette per picture, and a class table as CSV beside it.

    The planes of a stack become ``NAME_0000.png``, ``NAME_0001.png`` ... What PNG has no place
    for, as the owner of each pixel, is JSON in a private chunk.
    """

    suffix: ClassVar[str] = ".png"

    def stems(self, annotation: Annotation) -> set[str]:
        """See `Exporter.stems`; the class table has the annotation's."""
        return {safe_name(annotation.name), *map(_stem, planes_of(annotation))}

    def targets(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `Exporter.targets`."""
        planes = (plane for annotation in annotations for plane in planes_of(annotation))
        return [folder / f"{_stem(plane)}{self.suffix}" for plane in planes]

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        try:
            _refuse_large(annotation.labels)
        except ExportError as error:
            return [f"this annotation: {error}"]
        return lost_in_pictures(annotation, "PNG", kept=True, owned=True)

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo

        labels = annotation.labels
        _refuse_large(labels)
        refuse_unlisted(annotation)
        palette, vocabulary = palette_of(labels.vocabulary), labels.vocabulary.to_toml()
        files = []
        for plane in planes_of(annotation):
            path = folder / f"{_stem(plane)}{self.suffix}"
            own = PngInfo()
            history = {"vocabulary": vocabulary, **plane.history(owned=True)}
            own.add(CHUNK, json_bytes({KEY: history}))
            picture = Image.fromarray(plane.ids.astype(np.uint8))
            picture.putpalette(palette)
            with atomic_path(path) as temporary:
                picture.save(temporary, format="PNG", optimize=True, pnginfo=own)
            files.append(path)
        table = folder / f"{safe_name(annotation.name)}{TABLE}"
        write_atomic(table, class_table(labels.vocabulary))
        return [*files, table]


def _stem(plane: Picture) -> str:
    """Stem of a plane's file: without a number if it is the only one."""
    alone = plane.ids.size == plane.annotation.labels.ids.size
    return safe_name(plane.annotation.name) if alone else plane.stem


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
