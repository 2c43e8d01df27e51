"""NIfTI label maps, with the table of names and colours beside them."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._colours import is_colour
from napari_ovseg._optional import require
from napari_ovseg._words import unguarded
from napari_ovseg.errors import InputError
from napari_ovseg.formats.nifti_image import placed
from napari_ovseg.formats.record import DSEG, KEY, Record, read_record
from napari_ovseg.formats.space import from_full, grid_of, millimetre_affine
from napari_ovseg.grid import Grid
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import Found, annotation_of, most_bytes, reading

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Annotation

_COMMENT = 6
_FIXED = 540
"""Bytes of the longest header without its comments."""
_MAX_COMMENT = 2**25
"""Bytes of a header's words; ours have a few thousand, at the very most ten million. Owners come
on top, but are packed already: they take as much of the file."""


@dataclass(frozen=True)
class NIfTI(Importer):
    """Reads ``.nii`` and ``.nii.gz``; names and colours from ``NAME.tsv`` or ``NAME_dseg.tsv``.

    Places in micrometres or metres become millimetres.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".nii", ".nii.gz")

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        nibabel = require("nibabel", extra="medical", purpose="reading NIfTI")
        with reading(path, "NIfTI"):
            image = _load(path, nibabel)
            ids = np.asanyarray(image.dataobj)
            if ids.ndim > 5 or ids.dtype.names:
                raise ValueError(f"label maps have at most five axes, got {ids.ndim}")
            ids = ids.reshape(ids.shape + (1,) * (5 - ids.ndim)).T
            record = _record(image.header)
            named = _table(path)
            if record is not None and (own := from_full(ids, record.grid.axes)) is not None:
                if _is_in_place(image, record):
                    return annotation_of(record.name, Found(own, record.grid, named, record))
                found = replace(_foreign(image, ids, named), record=record)
                return annotation_of(record.name, found)
            return annotation_of(_stem(path), _foreign(image, ids, named))

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        nibabel = require("nibabel", extra="medical", purpose="reading NIfTI")
        with reading(path, "NIfTI"):
            return _record(_load(path, nibabel).header) is not None


def _load(path: Path, nibabel: Any) -> Any:
    """Open a file, unless its header asks for more memory than there are pixels and comments.

    The library would take it; so the header is read from the first bytes alone before.
    """
    with nibabel.openers.ImageOpener(path) as file:
        start = file.read(_FIXED)
        for kind in (nibabel.Nifti1Header, nibabel.Nifti2Header):
            if not kind.may_contain_header(start):
                continue
            end = int(kind(start[: kind.sizeof_hdr], check=False)["vox_offset"])
            start += file.read(max(min(end, _MAX_COMMENT + 2 * path.stat().st_size) - _FIXED, 0))
            header = kind.from_fileobj(io.BytesIO(start), check=False)
            shape, itemsize = header.get_data_shape(), header.get_data_dtype().itemsize
            if (size := math.prod(shape) * itemsize) > most_bytes(shape, itemsize, path):
                raise InputError(
                    f"the header of {path.name!r} asks for {size} bytes, more than the file holds "
                    "or labels need; if it is whole, save them with 16 bits a pixel"
                )
    return nibabel.load(path)


def _stem(path: Path) -> str:
    name = path.name
    return name[: -len(".nii.gz")] if name.casefold().endswith(".nii.gz") else path.stem


def _record(header: Any) -> Record | None:
    """Find our record among the comments of a header."""
    for extension in header.extensions:
        content = extension.get_content() if extension.get_code() == _COMMENT else b""
        if KEY.encode() in content:
            return read_record(json.loads(content)[KEY])
    return None


def _is_in_place(image: Any, record: Record) -> bool:
    """Whether no other tool changed the place of the pixels, so that the exact grid holds."""
    recorded = millimetre_affine(record.grid)
    size = np.abs(recorded[:3, :3]).max()
    return np.allclose(placed(image), recorded, rtol=1e-5, atol=1e-5 * size)


def _foreign(image: Any, ids: np.ndarray, named: dict[int, tuple[str, str]]) -> Found:
    """Axes z, y, x in millimetres; time and channels where there are several."""
    space = grid_of(placed(image))
    extra = [axis for axis, n in zip("ct", ids.shape, strict=False) if n > 1]
    unit = image.header.get_xyzt_units()
    spacing = float(image.header["pixdim"][4]) or 1.0
    affine = np.eye(len(extra) + 4)
    affine[len(extra) :, len(extra) :] = space.affine
    units = ["pixel"] * len(extra)
    if "t" in extra:
        affine[len(extra) - 1, len(extra) - 1] = spacing
        units[-1] = "pixel" if unit[1] == "unknown" else unit[1]
    of_space = space.units if unit[0] != "unknown" else ("pixel",) * 3
    grid = Grid.of((*extra, *space.axes), affine, (*units, *of_space))
    return Found(
        ids.reshape([n for n in ids.shape[:2] if n > 1] + list(ids.shape[2:])), grid, named
    )


def _table(path: Path) -> dict[int, tuple[str, str]]:
    """Names and colours of the BIDS table beside a file, if there is one."""
    stem = _stem(path)
    tables = (path.with_name(f"{stem}{ending}") for ending in (".tsv", DSEG))
    table = next((t for t in tables if t.is_file()), None)
    if table is None:
        return {}
    text = io.StringIO(table.read_text(encoding="utf-8-sig"), newline="")
    named: dict[int, tuple[str, str]] = {}
    rows = csv.DictReader(text, delimiter="\t")
    if not {"index", "name"} <= set(rows.fieldnames or ()):
        return named  # a table of something else
    for row in rows:
        name, colour = unguarded(row["name"] or ""), (row.get("color") or "").casefold()
        named[int(row["index"])] = (name, colour if is_colour(colour) else "")
    return named
