"""OME-TIFF as our exporter writes it, and any TIFF of whole numbers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.image import open_image
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import Found, annotation_of, reading
from napari_ovseg.labels import Provenance
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Annotation

_CLASSES = "napari-ovseg/classes"
_PROVENANCE = "napari-ovseg/provenance"


@dataclass(frozen=True)
class OMETiff(Importer):
    """Reads ids, pixel size, and our annotations of names, colours, queries and history.

    Axes of length 1, which TIFF readers drop, do not come back, nor do the names of axes
    that OME does not know. In a plain TIFF every number becomes a "category N".
    """

    suffixes: ClassVar[tuple[str, ...]] = (".ome.tif", ".ome.tiff", ".tif", ".tiff")

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        with reading(path, "a TIFF of labels"):
            image = open_image(path)
            if image.rgb:
                raise InputError(f"{path.name!r} is a colour picture; labels are whole numbers")
            axes = tuple("z" if axis in "iqs" else axis for axis in image.grid.axes)
            maps = _map_annotations(path)
            vocabulary = _vocabulary(maps[_CLASSES]) if _CLASSES in maps else None
            found = Found(
                np.asarray(image.levels[0]),
                replace(image.grid, axes=axes),
                {},
                vocabulary,
                _provenance(maps.get(_PROVENANCE, {})),
            )
            return annotation_of(image.name, found)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        with reading(path, "a TIFF of labels"):
            return _CLASSES in _map_annotations(path)


def _map_annotations(path: Path) -> dict[str, dict[str, str]]:
    """Keys and values of the map annotations, by namespace."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata
    if not xml:
        return {}
    return {
        annotation.get("Namespace", ""): {
            entry.get("K", ""): entry.text or ""
            for entry in annotation.iter()
            if "K" in entry.attrib
        }
        for annotation in ET.fromstring(xml).iter()
        if annotation.tag.endswith("MapAnnotation")
    }


def _vocabulary(entries: dict[str, str]) -> Vocabulary:
    rows: list[tuple[int, dict[str, Any]]] = [(int(k), json.loads(v)) for k, v in entries.items()]
    return Vocabulary(
        tuple(
            Category(
                number, row["name"], tuple(row["queries"]), colour=row["colour"], role=row["role"]
            )
            for number, row in rows
        )
    )


def _provenance(entries: dict[str, str]) -> Provenance:
    texts: dict[str, Any] = {k: v for k, v in entries.items() if k != "share_by_hand"}
    return Provenance(**texts, share_by_hand=float(entries.get("share_by_hand", 0)))
