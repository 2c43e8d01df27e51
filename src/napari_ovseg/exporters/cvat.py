"""CVAT for images 1.1: polygons, masks where there are holes, labels with colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from napari_ovseg._atomic import write_atomic
from napari_ovseg.exporters._base import shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures
from napari_ovseg.exporters._pictures import (
    SeriesExporter,
    pictures_of,
    series_stem,
)
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.xml import xml_bytes, xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.formats.polygons import Part
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class Cvat(SeriesExporter):
    """One ``NAME.cvat.xml`` per annotation or series; an ``image`` for each picture.

    Each part of an object is a polygon. CVAT's polygons have no holes, so a part with
    holes is a ``mask``, which is exact and which CVAT reads since version 2.3.

    Attributes
    ----------
    image_suffix
        Ending of the image's name, which is the name of the annotation.
    """

    suffix: ClassVar[str] = ".cvat.xml"
    one_file: ClassVar[bool] = True
    image_suffix: str = ".png"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        lost = ["the ids and queries of categories"]
        return [*lost, *lost_in_pictures(annotation, "CVAT")]

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `SeriesExporter.write_series`."""
        root = Element("annotations")
        SubElement(root, "version").text = "1.1"
        _add_labels(root, shared_vocabulary(annotations))
        for number, picture in enumerate(pictures_of(annotations)):
            height, width = map(str, picture.ids.shape)
            name = f"{picture.image_stem}{self.image_suffix}"
            image = SubElement(root, "image", id=str(number), name=name, width=width, height=height)
            _add_shapes(image, picture)
        path = folder / f"{series_stem(annotations)}{self.suffix}"
        write_atomic(path, xml_bytes(root))
        return [path]


def _add_labels(root: Element, vocabulary: Vocabulary) -> None:
    labels = SubElement(SubElement(SubElement(root, "meta"), "task"), "labels")
    for c in vocabulary:
        label = SubElement(labels, "label")
        SubElement(label, "name").text = xml_text(c.name)
        SubElement(label, "color").text = c.colour
        SubElement(label, "attributes")


def _add_shapes(image: Element, picture: Picture) -> None:
    instances = picture.instances()
    for part in polygons_of(instances.numbers):
        common = {
            "label": xml_text(instances.categories[part.number - 1].name),
            "source": "manual",
            "occluded": "0",
            "z_order": "0",
        }
        if len(part.rings) == 1:
            points = ";".join(f"{x:.1f},{y:.1f}" for x, y in part.rings[0])
            SubElement(image, "polygon", common, points=points)
        else:
            SubElement(image, "mask", common, **_mask(part))


def _mask(part: Part) -> dict[str, str]:
    """Lengths of zeros, ones, zeros ... row by row within the box, and the box."""
    flat = np.concatenate([[False], part.mask.ravel()])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], edges, [part.mask.size]]))
    height, width = part.mask.shape
    return {
        "rle": ", ".join(map(str, counts.tolist())),
        "left": str(part.corner[0]),
        "top": str(part.corner[1]),
        "width": str(width),
        "height": str(height),
    }
