"""NIfTI: ids with their place in the body, and a table of names and colours beside them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg._atomic import write_atomic
from napari_ovseg._words import guarded
from napari_ovseg.exporters._base import safe_name
from napari_ovseg.exporters._volume import VolumeExporter
from napari_ovseg.formats.nifti_image import nifti_bytes, nifti_image
from napari_ovseg.formats.owners import packed
from napari_ovseg.formats.record import DSEG, KEY, record_of
from napari_ovseg.formats.space import (
    SECONDS,
    compact,
    full,
    is_calibrated,
    kinds,
    millimetre_affine,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from napari_ovseg.grid import Grid
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

_TIME_UNITS = {1.0: "sec", 1e-3: "msec", 1e-6: "usec"}


@dataclass(frozen=True)
class NIfTI(VolumeExporter):
    """``NAME_dseg.nii.gz`` and ``NAME_dseg.tsv`` (BIDS: index, name, color) per annotation.

    Axes are x, y, z, then time, then channels; the matrix is in millimetres and our world is
    taken as RAS. The header holds it as float32, so sizes are right to a relative 1e-7; the
    exact one, the vocabulary, the provenance and `Owner` of each pixel are JSON in a comment
    extension (code 6). In the table a name that a spreadsheet would take for a formula gets an
    apostrophe, as does one that starts with an apostrophe.
    """

    suffix: ClassVar[str] = "_dseg.nii.gz"
    keeps_owner: ClassVar[bool] = True

    def lost(self, annotation: Annotation) -> list[str]:
        """See `VolumeExporter.lost`."""
        lost = []
        if not is_calibrated(annotation.labels.grid):
            lost.append("that pixels have no size; other readers take each for one millimetre")
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        labels, stem = annotation.labels, safe_name(annotation.name)
        ids = _trimmed(full(compact(labels.ids), labels.grid.axes).T)
        record = record_of(annotation) | packed(labels.ids, annotation.owner)
        comment = json.dumps({KEY: record}).encode()
        image = nifti_image(ids, millimetre_affine(labels.grid), comment=comment)
        image.header.set_intent("label", name="categories")
        image.header.set_xyzt_units(*_units(labels.grid))
        if "time" in (found := kinds(labels.grid.axes)):
            image.header["pixdim"][4] = labels.grid.spacing[found.index("time")]
        path, table = folder / f"{stem}{self.suffix}", folder / f"{stem}{DSEG}"
        write_atomic(path, nifti_bytes(image))
        write_atomic(table, dseg_table(labels.vocabulary))
        return [path, table]


def dseg_table(vocabulary: Vocabulary) -> bytes:
    """Write categories as BIDS does: tab-separated, cells with tabs or new lines quoted."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(("index", "name", "color"))
    for c in vocabulary:
        writer.writerow((c.id, guarded(c.name), c.colour))
    return text.getvalue().encode()


def _trimmed(ids: np.ndarray) -> np.ndarray:
    """Drop time and channels from (x, y, z, time, channel) where there is one of each."""
    while ids.ndim > 3 and ids.shape[-1] == 1:
        ids = ids[..., 0]
    return ids


def _units(grid: Grid) -> tuple[str, str]:
    found = kinds(grid.axes)
    unit = grid.units[found.index("time")].casefold() if "time" in found else ""
    space = "mm" if is_calibrated(grid) else "unknown"
    return space, _TIME_UNITS.get(SECONDS.get(unit, 0.0), "unknown")
