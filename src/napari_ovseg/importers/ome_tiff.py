"""OME-TIFF as our exporter writes it, and any TIFF of whole numbers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import (
    CLASSES,
    KEY,
    PROVENANCE,
    TAG,
    Record,
    read_provenance,
    read_record,
)
from napari_ovseg.grid import MICROMETRE, Grid
from napari_ovseg.image import Image
from napari_ovseg.image_files import open_image
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import Found, annotation_of, image_shape, reading
from napari_ovseg.tiff import pictures_of
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from tifffile import TiffFile

    from napari_ovseg.labels import Annotation, Provenance


@dataclass(frozen=True)
class OMETiff(Importer):
    """Reads ids, pixel size, names and colours, and all else from our private tag.

    In a plain TIFF every number becomes a "category N".
    """

    suffixes: ClassVar[tuple[str, ...]] = (".ome.tif", ".ome.tiff", ".tif", ".tiff")

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        import tifffile

        with reading(path, "a TIFF of labels"), tifffile.TiffFile(path) as file:
            several = pictures_of(file, path.name)
            image_shape((len(several), *several[0].shape), path.name)
            image = open_image(path, indexed=True)
            if image.rgb:
                image = _stack(image, file)
            axes = tuple("z" if axis in "iq" else axis for axis in image.grid.axes)
            maps = _map_annotations(file)
            grid, record = replace(image.grid, axes=axes), _record(file)
            vocabulary = _vocabulary(maps[CLASSES]) if CLASSES in maps else None
            if record is None and vocabulary is not None:  # another program left the tag out
                history = _provenance(maps.get(PROVENANCE, {}))
                record = Record(image.name, vocabulary, grid, history)
            named = {c.id: (c.name, c.colour) for c in vocabulary or ()}
            ids = np.asarray(image.levels[0])
            if record is not None and _is_whole(ids, grid, record):
                ids, grid = ids.reshape(record.shape), record.grid
            found = Found(ids, grid, named, record)
            return annotation_of(record.name if record else image.name, found)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        import tifffile

        with reading(path, "a TIFF of labels"), tifffile.TiffFile(path) as file:
            return CLASSES in _map_annotations(file)


def _stack(image: Image, file: TiffFile) -> Image:
    """Take planes of colours for slices: tifffile, and so napari, writes three or four like that.

    Raises
    ------
    InputError
        If the colours of each pixel are kept together.
    """
    import tifffile

    if file.pages.first.planarconfig == tifffile.PLANARCONFIG.CONTIG:
        raise InputError(f"{file.filename!r} is a colour picture; labels are whole numbers")
    ids, old = np.moveaxis(image.levels[0], -1, -3), image.grid
    grid = Grid.regular(
        ids.ndim,
        (*old.spacing[:-2], 1.0, *old.spacing[-2:]),
        (*old.axes[:-2], "z", *old.axes[-2:]),
        (*old.units[:-2], "pixel", *old.units[-2:]),
    )
    return Image((ids,), False, grid, image.name)


def _map_annotations(file: TiffFile) -> dict[str, dict[str, str]]:
    """Keys and values of the map annotations, by namespace."""
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


def _record(file: TiffFile) -> Record | None:
    """Read our own tag, if it is there; another program may use its number too."""
    tag = file.pages.first.tags.get(TAG)
    own = tag is not None and isinstance(tag.value, bytes) and KEY.encode() in tag.value
    return read_record(json.loads(tag.value)[KEY]) if own else None


def _is_whole(ids: np.ndarray, grid: Grid, record: Record) -> bool:
    """Whether the pixels are still where the record says; TIFF readers drop axes of length 1."""
    dropped = tuple(n for n in record.shape[:-2] if n > 1) + record.shape[-2:]
    if ids.shape not in (record.shape, dropped):
        return False
    axes = slice(None if ids.shape == record.shape else -2, None)
    told, recorded = (
        np.array([MICROMETRE.get(u, np.nan) * s for u, s in zip(g.units, g.spacing, strict=True)])
        for g in (grid, record.grid)
    )
    known = np.isfinite(told[axes])
    return np.allclose(told[axes][known], recorded[axes][known], rtol=1e-6)


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
    return read_provenance({**texts, "share_by_hand": float(entries.get("share_by_hand", 0))})
