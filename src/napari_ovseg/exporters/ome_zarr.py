"""OME-Zarr 0.5 labels: a pyramid of ids with names, colours and physical size."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._colours import rgb
from napari_ovseg._optional import require
from napari_ovseg.exporters._base import safe_name
from napari_ovseg.exporters._volume import VolumeExporter
from napari_ovseg.formats.folders import atomic_folder
from napari_ovseg.formats.record import KEY, OWNER, record_of
from napari_ovseg.formats.space import SECONDS, compact, kinds, order_of, space_grid
from napari_ovseg.image import MICROMETRE

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.image import Grid
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

ORDER = ("time", "channel", "space")
"""The order of axes that OME-Zarr asks for."""
_VERSION = "0.5"
_CHUNK, _SHARD = 1024, 4096
_SMALLEST = 256
_LENGTHS = {
    1e-3: "nanometer", 1.0: "micrometer", 1e3: "millimeter", 1e4: "centimeter", 1e6: "meter",
}  # fmt: skip
_TIMES = {1.0: "second", 1e-3: "millisecond", 1e-6: "microsecond"}


@dataclass(frozen=True)
class OMEZarr(VolumeExporter):
    """One folder ``NAME.ome.zarr`` per annotation; viewers open its ``labels/NAME``.

    The labels are nearest-neighbour pyramids. ``image-label`` holds name, queries, role,
    threshold and colour of each category; everything else is under the attribute
    ``napari-ovseg``, and `Owner` of each pixel in the array ``owner``. The folder is published
    whole (see `atomic_folder`).
    """

    suffix: ClassVar[str] = ".ome.zarr"
    keeps_owner: ClassVar[bool] = True

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
        with warnings.catch_warnings():
            # It warns of its own default argument when it is imported.
            warnings.simplefilter("ignore", DeprecationWarning)
            writer = require("ome_zarr.writer", extra="ome", purpose="writing OME-Zarr")
        labels, stem = annotation.labels, safe_name(annotation.name)
        order = order_of(labels.grid.axes, ORDER)
        ids = compact(labels.ids).transpose(order)
        axes, scale, units, origin = _calibration(labels.grid, order)
        with atomic_folder(folder / f"{stem}{self.suffix}") as temporary:
            root = zarr.open_group(temporary, mode="w", zarr_format=3)
            levels = _pyramid(ids)
            writer.write_multiscale_labels(
                _pieces(levels), root, name=stem, axes=_axes(axes, units),
                scale=dict(zip(axes, scale, strict=True)),
                storage_options=[_storage(level) for level in levels],
                label_metadata=_categories(labels.vocabulary),
            )  # fmt: skip
            # The library leaves out the version here, which the standard asks for.
            root["labels"].attrs["ome"] = {"version": _VERSION, "labels": [stem]}
            group = root[f"labels/{stem}"]
            if annotation.owner is not None:
                owner = annotation.owner.astype(np.uint8).transpose(order)
                group.create_array(OWNER, data=owner, chunks=_chunks(ids.ndim))
            attributes = group.attrs
            attributes["ome"] = _placed(attributes["ome"], scale, origin)
            attributes[KEY] = record_of(annotation)
        return [folder / f"{stem}{self.suffix}"]


def _axes(names: list[str], units: dict[str, str]) -> list[dict[str, str]]:
    kinds_of = {"t": "time", "c": "channel"}
    return [
        {"name": name, "type": kinds_of.get(name, "space")}
        | ({"unit": units[name]} if name in units else {})
        for name in names
    ]


def _chunks(ndim: int, side: int = _CHUNK) -> tuple[int, ...]:
    return (1,) * (ndim - 2) + (side, side)


def _storage(level: np.ndarray) -> dict[str, Any]:
    """Chunks, of large pictures sixteen to a file: fewer files are written much faster."""
    chunks = {"chunks": _chunks(level.ndim)}
    if max(level.shape[-2:]) >= _SHARD:
        return chunks | {"shards": _chunks(level.ndim, _SHARD)}
    return chunks


def _pieces(levels: list[np.ndarray]) -> list[Any]:
    """Levels in pieces of a file each; without names, which the library would hash for."""
    dask = require("dask.array", extra="ome", purpose="writing OME-Zarr")
    return [
        dask.from_array(
            level, chunks=_storage(level).get("shards", _chunks(level.ndim)), name=False
        )
        for level in levels
    ]


def _calibration(
    grid: Grid, order: list[int]
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


def _pyramid(ids: np.ndarray) -> list[np.ndarray]:
    """Levels, each of every second row and column of the last, until the picture is small.

    The library makes its own four times more slowly.
    """
    levels = [ids]
    while min(levels[-1].shape[-2:]) // 2 >= _SMALLEST:
        levels.append(np.ascontiguousarray(levels[-1][..., ::2, ::2]))
    return levels


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


def _placed(ome: dict[str, Any], scale: list[float], origin: list[float]) -> dict[str, Any]:
    """Say where the pixels of every level are.

    The centre of a coarser level's first pixel lies between those of the fine ones it covers.
    """
    for level, dataset in enumerate(ome["multiscales"][0]["datasets"]):
        steps = [1] * (len(scale) - 2) + [2**level] * 2
        sizes = [size * step for size, step in zip(scale, steps, strict=True)]
        first = [
            place + size * (step - 1) / 2
            for place, size, step in zip(origin, scale, steps, strict=True)
        ]
        dataset["coordinateTransformations"] = [
            {"type": "scale", "scale": sizes},
            {"type": "translation", "translation": first},
        ]
    return ome
