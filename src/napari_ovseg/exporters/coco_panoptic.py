"""COCO panoptic: every pixel's object in a PNG, its category in one JSON file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures
from napari_ovseg.exporters._pictures import (
    SeriesExporter,
    json_bytes,
    pictures_of,
    series_stem,
)
from napari_ovseg.formats.coco import category_row, data_set
from napari_ovseg.formats.record import KEY
from napari_ovseg.formats.rle import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_ovseg.formats.instances import Instances
    from napari_ovseg.labels import Annotation

_MAX_SEGMENTS = 256**3 - 1


@dataclass(frozen=True)
class CocoPanoptic(SeriesExporter):
    """``NAME.panoptic.png`` for every picture and one ``NAME.panoptic.json`` for all.

    A pixel's colour is the number of its segment, R + 256 G + 65536 B; 0 is unlabelled.
    The PNG files lie beside the JSON file: name that folder where a tool asks for one.

    Attributes
    ----------
    image_suffix
        Ending of the image's ``file_name``, which is the name of the annotation.
    """

    suffix: ClassVar[str] = ".panoptic.png"
    image_suffix: str = ".png"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        return lost_in_pictures(annotation, "COCO panoptic", kept=True)

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `SeriesExporter.write_series`."""
        vocabulary = shared_vocabulary(annotations)
        files, images, segments = [], [], []
        for number, picture in enumerate(pictures_of(annotations), start=1):
            instances = picture.instances()
            name = f"{picture.stem}{self.suffix}"
            _write_segments(folder / name, instances.numbers)
            files.append(folder / name)
            height, width = picture.ids.shape
            images.append({
                "id": number, "width": width, "height": height,
                "file_name": f"{picture.image_stem}{self.image_suffix}", KEY: picture.history(),
            })  # fmt: skip
            info = _segments_info(instances)
            segments.append({"image_id": number, "file_name": name, "segments_info": info})
        categories = [category_row(c) | {"isthing": int(c.role == "thing")} for c in vocabulary]
        content = data_set(vocabulary, categories, images, segments)
        path = folder / f"{series_stem(annotations)}.panoptic.json"
        write_atomic(path, json_bytes(content))
        return [*files, path]


def _write_segments(path: Path, numbers: np.ndarray) -> None:
    from PIL import Image

    if (count := int(numbers.max(initial=0))) > _MAX_SEGMENTS:
        raise ExportError(f"a panoptic PNG holds {_MAX_SEGMENTS} objects, got {count}; use coco")
    colours = np.stack([numbers & 255, (numbers >> 8) & 255, numbers >> 16], axis=-1)
    with atomic_path(path) as temporary:
        Image.fromarray(colours.astype(np.uint8)).save(temporary, format="PNG", optimize=True)


def _segments_info(instances: Instances) -> list[dict[str, Any]]:
    pairs = zip(instances.categories, encode(instances.numbers), strict=True)
    return [
        {"id": n, "category_id": c.id, "area": code.area, "bbox": code.box, "iscrowd": 0}
        for n, (c, code) in enumerate(pairs, start=1)
    ]
