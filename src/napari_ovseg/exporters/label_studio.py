"""Label Studio: tasks with polygons as JSON, and the labelling interface as XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, get_args
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from napari_ovseg._atomic import write_atomic
from napari_ovseg.exporters._base import shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures, lost_in_polygons
from napari_ovseg.exporters._pictures import (
    SeriesExporter,
    json_bytes,
    pictures_of,
    series_stem,
)
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.xml import xml_bytes, xml_text
from napari_ovseg.vocabulary import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class LabelStudio(SeriesExporter):
    """``NAME.label-studio.json`` to import, and ``NAME.label-studio.xml`` as its interface.

    Each picture is a task; each part of an object a polygon in percent of the image. Holes
    are filled, but what lies in one comes after what surrounds it, so it is on top.

    Attributes
    ----------
    image_prefix
        What stands before the image's file name: a URL, or ``/data/local-files/?d=``. The name
        is then percent-encoded, as a part of a URL.
    image_suffix
        Ending of the image's file name, which is the name of the annotation.
    """

    suffix: ClassVar[str] = ".label-studio.json"
    one_file: ClassVar[bool] = True
    image_prefix: str = ""
    image_suffix: str = ".png"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        return [
            "the ids and queries of categories",
            *lost_in_polygons(annotation, get_args(Role)),
            *lost_in_pictures(annotation, "Label Studio"),
        ]

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `SeriesExporter.write_series`."""
        vocabulary = shared_vocabulary(annotations)
        tasks = [
            {
                "data": {"image": self._image(picture)},
                "annotations": [{"result": _regions(picture)}],
            }
            for picture in pictures_of(annotations)
        ]
        stem = series_stem(annotations)
        path, interface = folder / f"{stem}{self.suffix}", folder / f"{stem}.label-studio.xml"
        write_atomic(path, json_bytes(tasks))
        write_atomic(interface, _interface(vocabulary))
        return [path, interface]

    def _image(self, picture: Picture) -> str:
        name = f"{picture.image_stem}{self.image_suffix}"
        return f"{self.image_prefix}{quote(name)}" if self.image_prefix else name


def _regions(picture: Picture) -> list[dict[str, Any]]:
    instances = picture.instances()
    height, width = picture.ids.shape
    return [
        {
            "id": f"r{number}", "type": "polygonlabels", "from_name": "label", "to_name": "image",
            "original_width": width, "original_height": height, "image_rotation": 0,
            "value": {
                "points": (part.rings[0] * 100 / (width, height)).tolist(),
                "closed": True,
                "polygonlabels": [xml_text(instances.categories[part.number - 1].name)],
            },
        }
        for number, part in enumerate(polygons_of(instances.numbers), start=1)
    ]  # fmt: skip


def _interface(vocabulary: Vocabulary) -> bytes:
    view = Element("View")
    SubElement(view, "Image", name="image", value="$image", zoom="true")
    labels = SubElement(view, "PolygonLabels", name="label", toName="image")
    for c in vocabulary:
        SubElement(labels, "Label", value=xml_text(c.name), background=c.colour)
    return xml_bytes(view)
