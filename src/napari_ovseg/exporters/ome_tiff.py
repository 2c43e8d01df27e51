"""OME-TIFF: ids with their physical size; names, colours and provenance as annotations."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._atomic import atomic_path
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import Exporter, safe_name
from napari_ovseg.formats.owners import packed
from napari_ovseg.formats.record import CLASSES, KEY, PROVENANCE, TAG, record_of
from napari_ovseg.formats.space import compact, kind_of
from napari_ovseg.formats.xml import xml_text

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.grid import Grid
    from napari_ovseg.labels import Annotation


_SHORT_UNITS = {
    "micrometer": "µm", "micrometre": "µm", "micron": "µm", "um": "µm", "μm": "µm", "µm": "µm",
    "nanometer": "nm", "nanometre": "nm", "nm": "nm",
    "millimeter": "mm", "millimetre": "mm", "mm": "mm",
    "centimeter": "cm", "centimetre": "cm", "cm": "cm",
    "meter": "m", "metre": "m", "m": "m",
}  # fmt: skip
_TILED_FROM = 1024


@dataclass(frozen=True)
class OMETiff(Exporter):
    """One OME-TIFF per annotation, 8-bit where the ids allow it, else 16-bit.

    What OME has no place for, as the owner of each pixel, is JSON in a private tag.
    """

    suffix: ClassVar[str] = ".ome.tif"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        grid = annotation.labels.grid
        try:
            ome_axes(grid.axes)
        except ExportError as error:
            return [f"this annotation: {error}"]
        matrix, place = np.asarray(grid.affine)[:-1, :-1], np.asarray(grid.affine)[:-1, -1]
        lost, only = [], ", for other readers; OME-TIFF holds the size of a pixel only"
        if not np.allclose(matrix, np.diag(np.abs(np.diag(matrix)))):
            lost.append(f"rotation, shear and mirroring{only}")
        if place.any():
            lost.append(f"the place of the first pixel{only}")
        unknown = {u for u in grid.units if u not in _SHORT_UNITS and u != "pixel"}
        if unknown:
            lost.append(
                f"the units {', '.join(sorted(unknown))}; other readers get sizes without them"
            )
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        import tifffile

        labels = annotation.labels
        ids = compact(labels.ids)
        metadata = {
            "axes": ome_axes(labels.grid.axes),
            "Name": safe_name(annotation.name),
            **_physical_size(labels.grid),
            "MapAnnotation": _annotations(annotation),
        }
        own = record_of(annotation) | {"shape": ids.shape}
        own |= packed(labels.ids, annotation.owner)
        record = json.dumps({KEY: own}).encode()
        path = folder / f"{safe_name(annotation.name)}{self.suffix}"
        tile = (256, 256) if min(ids.shape[-2:]) >= _TILED_FROM else None
        with atomic_path(path) as temporary:
            tifffile.imwrite(
                temporary, ids, ome=True, metadata=metadata, compression="zlib", tile=tile,
                photometric="minisblack", bigtiff=ids.nbytes > 2**31,
                extratags=[(TAG, "B", len(record), record, True)],
            )  # fmt: skip
        return [path]


def ome_axes(axes: tuple[str, ...]) -> str:
    """Name axes as OME does: the last two are YX, the others keep T, C, Z or take a free one."""
    if len(axes) > 5:
        raise ExportError(f"OME-TIFF holds five axes, got {len(axes)}: {', '.join(axes)}")
    letters = {"time": "T", "channel": "C"}
    names = [letters.get(kind_of(axis), axis.upper()) for axis in axes[:-2]]
    free = [letter for letter in "ZTC" if letter not in names]
    seen: set[str] = set()
    result = []
    for name in names:
        letter = name if name in {"T", "C", "Z"} and name not in seen else free.pop(0)
        seen.add(letter)
        result.append(letter)
    return "".join(result) + "YX"


def _physical_size(grid: Grid) -> dict[str, Any]:
    """PhysicalSize of the calibrated space axes; tifffile leaves out the others."""
    result: dict[str, Any] = {}
    for letter, spacing, unit in zip(ome_axes(grid.axes), grid.spacing, grid.units, strict=True):
        if letter in "XYZ" and unit in _SHORT_UNITS:
            result[f"PhysicalSize{letter}"] = spacing
            result[f"PhysicalSize{letter}Unit"] = _SHORT_UNITS[unit]
    return result


def _annotations(annotation: Annotation) -> list[dict[str, Any]]:
    classes = {
        # What XML cannot hold becomes an escape of JSON.
        str(c.id): xml_text(
            json.dumps(
                {"name": c.name, "colour": c.colour, "queries": c.queries, "role": c.role},
                ensure_ascii=False,
            )
        )
        for c in annotation.labels.vocabulary
    }
    history = {k: str(v) for k, v in asdict(annotation.provenance).items()}
    return [{"Namespace": CLASSES, **classes}, {"Namespace": PROVENANCE, **history}]
