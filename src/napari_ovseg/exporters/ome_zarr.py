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
_CHUNK = 1024
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
            writer.write_labels(
                ids, root, name=stem, scaler=None, scale_factors=_halvings(ids.shape), axes=axes,
                scale=dict(zip(axes, scale, strict=True)), axes_units=units,
                storage_options={"chunks": _chunks(ids.ndim)},
                label_metadata=_categories(labels.vocabulary),
            )  # fmt: skip
            # The library leaves out the version here, which the standard asks for.
            root["labels"].attrs["ome"] = {"version": _VERSION, "labels": [stem]}
            group = root[f"labels/{stem}"]
            if annotation.owner is not None:
                owner = annotation.owner.astype(np.uint8).transpose(order)
                group.create_array(OWNER, data=owner, chunks=_chunks(ids.ndim))
            attributes = group.attrs
            attributes["ome"] = _shifted(attributes["ome"], origin)
            attributes[KEY] = record_of(annotation)
        return [folder / f"{stem}{self.suffix}"]


def _chunks(ndim: int) -> tuple[int, ...]:
    return (1,) * (ndim - 2) + (_CHUNK, _CHUNK)


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


def _halvings(shape: tuple[int, ...]) -> list[dict[str, int]]:
    """Factors of the coarser levels: rows and columns halve until the picture is small."""
    factors: list[dict[str, int]] = []
    while min(shape[-2:]) >> (len(factors) + 1) >= _SMALLEST:
        factors.append(dict.fromkeys("yx", 2 ** (len(factors) + 1)))
    return factors


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


def _shifted(ome: dict[str, Any], origin: list[float]) -> dict[str, Any]:
    """Move every level to the origin; the library puts the first pixel at 0."""
    for dataset in ome["multiscales"][0]["datasets"]:
        translation = dataset["coordinateTransformations"][1]
        moved = zip(translation["translation"], origin, strict=True)
        translation["translation"] = [a + b for a, b in moved]
    return ome
