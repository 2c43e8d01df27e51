"""OME-Zarr 0.5 labels with their colours, names, size and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg._colours import hex_of
from napari_ovseg._optional import require
from napari_ovseg.errors import InputError
from napari_ovseg.formats.pyramid import checksum
from napari_ovseg.formats.record import CHECKSUM, KEY, OWNER, read_record
from napari_ovseg.formats.space import AXIS_ORDER, order_of
from napari_ovseg.grid import Grid
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import Found, annotation_of, image_shape, reading

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.formats.record import Record
    from napari_ovseg.labels import Annotation

_NAMES = ("name", "class", "label")
"""Properties that may hold the name of a category."""


@dataclass(frozen=True)
class OMEZarr(Importer):
    """Reads one label image: the folder's only one, or the one the path leads to.

    Version 0.5 only: Zarr 2, on which 0.4 is built, lets a file name Python's pickle as its
    compression, which runs whatever it holds.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".ome.zarr", ".zarr")
    inside: ClassVar[str] = "zarr.json"

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        zarr = require("zarr", extra="ome", purpose="reading OME-Zarr")
        with reading(path, "OME-Zarr 0.5"):
            group = _label_group(zarr.open_group(path, mode="r", zarr_format=3), path)
            attributes = dict(group.attrs)
            multiscales = attributes["ome"]["multiscales"][0]
            dataset = multiscales["datasets"][0]
            array = group[dataset["path"]]
            for shape in (array.shape, array.chunks):  # a chunk is read whole
                image_shape(shape, path.name)
            ids = np.asarray(array[...])
            # Those of all levels are applied to what those of one level lead to.
            steps = dataset["coordinateTransformations"]
            steps = [*steps, *multiscales.get("coordinateTransformations", ())]
            grid = _grid(multiscales["axes"], steps)
            record = read_record(attributes[KEY]) if KEY in attributes else None
            named = _named(attributes["ome"].get("image-label", {}))
            name = path.name.removesuffix(".zarr").removesuffix(".ome")
            if record is None:
                return annotation_of(name, Found(ids, grid, named))
            told, owner = attributes[KEY].get(CHECKSUM), None
            # Older versions told none.
            if OWNER in group and (told is None or told == checksum(ids)):
                for shape in (group[OWNER].shape, group[OWNER].chunks):
                    image_shape(shape, f"the owners in {path.name}")
                owner = np.asarray(group[OWNER][...])
            if (order := _recorded_order(grid, record)) is not None:
                ids, grid = ids.transpose(order), record.grid
                owner = None if owner is None else owner.transpose(order)
            found = Found(ids, grid, named, record, owner)
            return annotation_of(record.name, found)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        return KEY in _attributes(path)

    def record(self, path: Path) -> Record | None:
        """Read what this program wrote besides pixels; None where another wrote the labels.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        attributes = _attributes(path)
        with reading(path, "OME-Zarr 0.5"):
            return read_record(attributes[KEY]) if KEY in attributes else None


def _attributes(path: Path) -> dict[str, Any]:
    zarr = require("zarr", extra="ome", purpose="reading OME-Zarr")
    with reading(path, "OME-Zarr 0.5"):
        return dict(_label_group(zarr.open_group(path, mode="r", zarr_format=3), path).attrs)


def _label_group(group: Any, path: Path) -> Any:
    """Follow ``labels`` down to the one label image there is."""
    if "multiscales" in (ome := group.attrs.get("ome", {})) and "image-label" in ome:
        return group
    labels = group.get("labels", group)
    names = sorted(name for name, _ in labels.groups())
    if len(names) != 1:
        raise InputError(
            f"{path.name!r} holds {len(names)} label images ({', '.join(names)}); "
            "give the path of one: …/labels/NAME"
        )
    return labels[names[0]]


def _grid(axes: list[dict[str, Any]], transformations: list[dict[str, Any]]) -> Grid:
    """Read names, units, sizes and places of the axes."""
    matrix = np.eye(len(axes) + 1)
    for step in transformations:
        if step["type"] == "scale":
            matrix[:-1] *= np.asarray(step["scale"], float)[:, None]
        elif step["type"] == "translation":
            matrix[:-1, -1] += np.asarray(step["translation"], float)
    names = [str(axis["name"]) for axis in axes]
    return Grid.of(names, matrix, [str(axis.get("unit", "pixel")) for axis in axes])


def _recorded_order(grid: Grid, record: Record) -> list[int] | None:
    """Permutation back to the axes of the record; None if another tool moved the pixels."""
    if len(record.grid.axes) != len(grid.axes):
        return None
    order = order_of(record.grid.axes, AXIS_ORDER)
    origin = np.asarray(record.grid.affine)[order, -1]
    same = np.allclose(grid.spacing, np.take(record.grid.spacing, order))
    if not same or not np.allclose(np.asarray(grid.affine)[:-1, -1], origin):
        return None
    return [int(i) for i in np.argsort(order)]


def _named(image_label: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """Names and colours by id; what is not listed twice is still taken."""
    named: dict[int, tuple[str, str]] = {}
    for entry in image_label.get("properties") or ():
        name = next((str(entry[key]) for key in _NAMES if entry.get(key)), "")
        named[int(entry["label-value"])] = (name, "")
    for entry in image_label.get("colors") or ():
        number, rgba = int(entry["label-value"]), entry.get("rgba")
        colour = hex_of(rgba[:3]) if rgba else ""
        named[number] = (named.get(number, ("", ""))[0], colour)
    return named
