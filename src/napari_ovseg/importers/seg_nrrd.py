"""``.seg.nrrd``: segmentations of 3D Slicer."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar
from urllib.parse import unquote

import numpy as np

from napari_ovseg._colours import hex_of
from napari_ovseg._optional import require
from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import KEY, read_record
from napari_ovseg.formats.slicer import name_of
from napari_ovseg.formats.space import from_full, grid_of, millimetre_affine
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import Found, annotation_of, most_bytes, reading

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Annotation

_TO_RAS = {
    "left-posterior-superior": (-1.0, -1.0, 1.0, 1.0),
    "right-anterior-superior": (1.0, 1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0, 1.0),
}
_ELSEWHERE = {"data file", "datafile", "line skip", "lineskip", "byte skip", "byteskip"}
"""Fields of pixels that do not follow the header at once; Slicer writes none."""
_WIDEST = 8
"""Bytes of the widest number."""
_FIELD = re.compile(r"Segment(\d+)_(\w+)")


@dataclass(frozen=True)
class SegNRRD(Importer):
    """Reads what Slicer and our exporter write.

    A file of several layers gets new ids, in the order of its segments, as each layer
    counts for itself; segments that overlap are refused.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".seg.nrrd",)

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        nrrd = require("nrrd", extra="medical", purpose="reading .seg.nrrd")
        with reading(path, "a segmentation of 3D Slicer"), path.open("rb") as file:
            header = nrrd.read_header(file)
            if _ELSEWHERE & set(header):
                raise InputError(f"{path.name!r} keeps its pixels in another file; join them")
            ids, named = _merged(_voxels(header, file, path), _segments(header))
            affine = _affine(header)
            name, record = path.name[: -len(self.suffixes[0])], None
            if KEY in header:
                record = read_record(json.loads(unquote(header[KEY])))
                name = record.name
            if record is None:
                return annotation_of(name, Found(ids, grid_of(affine), named))
            grid, own = record.grid, from_full(ids[None, None], record.grid.axes)
            if own is None or not np.allclose(millimetre_affine(grid), affine, rtol=1e-9):
                own, grid = ids, grid_of(affine)
            found = Found(own, grid, named, record)
            return annotation_of(name, found)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        nrrd = require("nrrd", extra="medical", purpose="reading .seg.nrrd")
        with reading(path, "a segmentation of 3D Slicer"), path.open("rb") as file:
            return KEY in nrrd.read_header(file)


def _voxels(header: dict[str, Any], file: BinaryIO, path: Path) -> np.ndarray:
    """Read the pixels (z, y, x), and no more than the header says.

    The library would unpack all there is: terabytes of zeros fit into a small file.
    """
    nrrd = require("nrrd", extra="medical", purpose="reading .seg.nrrd")
    most = most_bytes(header["sizes"], _WIDEST, path)
    if header["encoding"] == "raw":
        voxels: np.ndarray = nrrd.read_data(header, file, index_order="C")
        return voxels
    if header["encoding"] not in {"gzip", "gz"}:
        raise InputError(f"{path.name!r} is packed in an unusual way; let Slicer save it as gzip")
    with gzip.open(file) as packed:
        data = packed.read(most + 1)
    voxels = nrrd.read_data({**header, "encoding": "raw"}, io.BytesIO(data), index_order="C")
    if voxels.nbytes != len(data):
        raise InputError(f"{path.name!r} holds more pixels than its header says; it is damaged")
    return voxels


def _segments(header: dict[str, Any]) -> list[dict[str, str]]:
    """Fields of each segment, in their order."""
    segments: dict[int, dict[str, str]] = defaultdict(dict)
    for key, value in header.items():
        if match := _FIELD.fullmatch(key):
            segments[int(match[1])][match[2]] = str(value)
    return [segments[number] for number in sorted(segments)]


def _merged(
    voxels: np.ndarray, segments: list[dict[str, str]]
) -> tuple[np.ndarray, dict[int, tuple[str, str]]]:
    """Return ids (z, y, x) with names and colours by id; layers (z, y, x, layer) become one."""
    values = [int(s.get("LabelValue", number)) for number, s in enumerate(segments, start=1)]
    if voxels.ndim == 4:
        ids = np.zeros(voxels.shape[:3], np.uint16)
        for number, segment in enumerate(segments, start=1):
            # Older Slicers have a layer of ones for each, and say neither.
            layer = voxels[..., int(segment.get("Layer", number - 1))]
            place = layer == int(segment.get("LabelValue", 1))
            if ids[place].any():
                raise InputError(
                    f"the segment {segment.get('Name', number)!r} overlaps another; a label map "
                    "holds one category a pixel: in Slicer, forbid overlap first"
                )
            ids[place] = number
        values = list(range(1, len(segments) + 1))
    elif voxels.ndim == 3:
        ids = voxels
    else:
        raise ValueError(f"a segmentation has three axes, or four with layers, got {voxels.ndim}")
    named = {
        value: (name_of(segment, value), _colour(segment.get("Color", "")))
        for value, segment in zip(values, segments, strict=True)
    }
    return ids, named


def _affine(header: dict[str, Any]) -> np.ndarray:
    """Matrix from voxel (x, y, z) to millimetres in RAS."""
    space = str(header.get("space", "")).casefold()
    if space not in _TO_RAS:
        raise ValueError(f"the space must be one of {', '.join(_TO_RAS)}, got {space!r}")
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(header["space directions"], float)[-3:].T
    affine[:3, 3] = header["space origin"]
    return np.diag(_TO_RAS[space]) @ affine


def _colour(text: str) -> str:
    """Turn three numbers 0..1 into ``#rrggbb``."""
    parts = [min(max(round(float(v) * 255), 0), 255) for v in text.split()]
    return hex_of(parts) if len(parts) == 3 else ""
