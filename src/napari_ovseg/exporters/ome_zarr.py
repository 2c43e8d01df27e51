"""OME-Zarr 0.5 labels: a pyramid of ids with names, colours and physical size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._colours import rgb
from napari_ovseg._optional import require
from napari_ovseg.exporters._base import safe_name
from napari_ovseg.exporters._volume import VolumeExporter
from napari_ovseg.formats.folders import atomic_folder
from napari_ovseg.formats.pyramid import Source, count_levels, write_pyramid
from napari_ovseg.formats.record import CHECKSUM, KEY, OWNER, record_of
from napari_ovseg.formats.space import AXIS_ORDER, SECONDS, kinds, order_of, space_grid
from napari_ovseg.grid import MICROMETRE

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.grid import Grid
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

_VERSION = "0.5"
_LENGTHS = {
    1e-3: "nanometer", 1.0: "micrometer", 1e3: "millimeter", 1e4: "centimeter", 1e6: "meter",
}  # fmt: skip
_TIMES = {1.0: "second", 1e-3: "millisecond", 1e-6: "microsecond"}


@dataclass(frozen=True)
class OMEZarr(VolumeExporter):
    """One folder ``NAME.ome.zarr`` per annotation; viewers open its ``labels/NAME``.

    The labels are nearest-neighbour pyramids. ``image-label`` holds name, queries, role,
    threshold and colour of each category; everything else is under the attribute
    ``napari-ovseg``, and `Owner` of each pixel in the array ``owner``, with a checksum of the ids
    that were decided. The folder is published whole (see `atomic_folder`). Ids and owners may be
    arrays that are larger than memory.
    """

    suffix: ClassVar[str] = ".ome.zarr"
    keeps_owner: ClassVar[bool] = True
    reads_parts: ClassVar[bool] = True

    def lost(self, annotation: Annotation) -> list[str]:
        """See `VolumeExporter.lost`."""
        lost = []
        matrix = np.asarray(space_grid(annotation.labels.grid).affine)[:-1, :-1]
        if (matrix != np.diag(np.abs(np.diag(matrix)))).any():
            lost.append(
                "rotation, shear and mirroring, for other readers; OME-Zarr 0.5 holds the size "
                "and the place of a pixel only"
            )
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        zarr = require("zarr", extra="ome", purpose="writing OME-Zarr")
        writer = require("ome_zarr.writer", extra="ome", purpose="writing OME-Zarr")
        labels, stem = annotation.labels, safe_name(annotation.name)
        order = tuple(order_of(labels.grid.axes, AXIS_ORDER))
        ids = Source(labels.ids, order, _dtype(labels.ids))
        levels = [f"s{k}" for k in range(count_levels(ids.shape))]
        axes, scale, units, origin = _calibration(labels.grid, order)
        with atomic_folder(folder / f"{stem}{self.suffix}") as temporary:
            root = zarr.open_group(temporary, mode="w", zarr_format=3)
            group = root.create_group(f"labels/{stem}")
            checksum = write_pyramid(group, levels, ids, axes)
            if annotation.owner is not None:
                owner = Source(annotation.owner, order, np.dtype(np.uint8))
                write_pyramid(group, [OWNER], owner, axes)
            writer.write_multiscales_metadata(
                group, _datasets(levels, scale, origin), axes=_axes(axes, units), name=stem
            )
            writer.write_label_metadata(root["labels"], stem, **_categories(labels.vocabulary))
            # The library leaves out the version here, which the standard asks for.
            root["labels"].attrs["ome"] = {"version": _VERSION, "labels": [stem]}
            root[f"labels/{stem}"].attrs[KEY] = record_of(annotation) | {CHECKSUM: checksum}
        return [folder / f"{stem}{self.suffix}"]


def _dtype(ids: Any) -> np.dtype:
    """8 bits where they do; only of what is in memory, as all of it must be looked at."""
    small = isinstance(ids, np.ndarray) and ids.max(initial=0) < 256
    return np.dtype(np.uint8 if small else np.uint16)


def _axes(names: list[str], units: dict[str, str]) -> list[dict[str, str]]:
    kinds_of = {"t": "time", "c": "channel"}
    return [
        {"name": name, "type": kinds_of.get(name, "space")}
        | ({"unit": units[name]} if name in units else {})
        for name in names
    ]


def _calibration(
    grid: Grid, order: tuple[int, ...]
) -> tuple[list[str], list[float], dict[str, str], list[float]]:
    """Name, pixel size, unit (where there is one) and origin of the axes in OME's order."""
    found, space = kinds(grid.axes), iter(("z", "y", "x")[-kinds(grid.axes).count("space") :])
    axes = [next(space) if found[i] == "space" else found[i][0] for i in order]
    units = {}
    for axis, i in zip(axes, order, strict=True):
        unit = grid.units[i].casefold()
        name = (
            _TIMES.get(SECONDS.get(unit, 0.0))
            if axis == "t"
            else _LENGTHS.get(MICROMETRE.get(unit, 0.0))
        )
        if name:
            units[axis] = name
    scale = [grid.spacing[i] for i in order]
    return axes, scale, units, [float(grid.affine[i][-1]) for i in order]


def _categories(vocabulary: Vocabulary) -> dict[str, list[dict[str, Any]]]:
    """Colours and properties of ``image-label``: both list the same ids, as they must."""
    return {
        "colors": [{"label-value": c.id, "rgba": [*rgb(c.colour), 255]} for c in vocabulary],
        "properties": [
            {
                "label-value": c.id,
                "name": c.name,
                "queries": list(c.queries),
                "role": c.role,
                "threshold": c.threshold,
            }
            for c in vocabulary
        ],
    }


def _datasets(names: list[str], scale: list[float], origin: list[float]) -> list[dict[str, Any]]:
    """Say where the pixels of every level are.

    The centre of a coarser level's first pixel lies between those of the fine ones it covers.
    """
    datasets = []
    for level, name in enumerate(names):
        steps = [1] * (len(scale) - 2) + [2**level] * 2
        sizes = [size * step for size, step in zip(scale, steps, strict=True)]
        first = [
            place + size * (step - 1) / 2
            for place, size, step in zip(origin, scale, steps, strict=True)
        ]
        placed = [{"type": "scale", "scale": sizes}, {"type": "translation", "translation": first}]
        datasets.append({"path": name, "coordinateTransformations": placed})
    return datasets
