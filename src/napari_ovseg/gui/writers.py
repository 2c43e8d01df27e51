"""Napari's Save for labels layers, through our exporters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS, safe_name
from napari_ovseg.gui.adopting import names_in
from napari_ovseg.gui.agreement import name_beside
from napari_ovseg.gui.editing import KEY
from napari_ovseg.gui.layers import annotation_from
from napari_ovseg.gui.places import PLACE, grid_of
from napari_ovseg.naming import category_named
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from napari_ovseg.grid import Grid


_FORMATS = {
    ".ome.tif": "ome-tiff",
    ".png": "png",
    ".ome.zarr": "ome-zarr",
    ".nii.gz": "nifti",
    ".seg.nrrd": "seg-nrrd",
    ".coco.json": "coco",
    ".geojson": "geojson",
}
"""Those of which one layer is one file, by the endings that the manifest lists."""


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer in the format that the ending of the path says.

    Raises
    ------
    ExportError
        If no format has the ending, or it cannot hold the labels.
    """
    target = Path(path)
    ending = next((e for e in _FORMATS if target.name.casefold().endswith(e)), None)
    if ending is None:
        raise ExportError(
            f"cannot tell the format of {target.name!r}; known endings: {', '.join(_FORMATS)}"
        )
    exporter = EXPORTERS.get(_FORMATS[ending])()
    stem = target.name[: -len(ending)].removesuffix(exporter.suffix.removesuffix(ending))
    values = np.asarray(data)
    ours = dict(meta.get("metadata", {}).get(KEY, {}))
    if "vocabulary" not in ours:
        ours["vocabulary"] = _vocabulary_of(values, meta).to_toml()
    annotation = annotation_from(values, ours, _grid(values.ndim, meta), stem)
    files = exporter.write(annotation, target.parent)
    return [str(_as_asked(file, stem)) for file in files]


def _as_asked(file: Path, stem: str) -> Path:
    """Give a file the name that was asked for, where the exporter had made it safer."""
    rest = file.name.removeprefix(safe_name(stem))
    return file if file.is_dir() else file.replace(file.with_name(stem + rest))


def _vocabulary_of(values: np.ndarray, meta: dict[str, Any]) -> Vocabulary:
    """Name the ids of a layer that is not ours by its feature table, or by number."""
    features = meta.get("features")
    names = {} if features is None else names_in(features)
    ids = [int(i) for i in np.unique(values) if i > 0]
    if not ids:
        raise ExportError("the layer holds no labels; paint some first")
    known: list[Category] = []
    for i in ids:
        known.append(category_named(i, name_beside(known, names.get(i, ""), i)))
    return Vocabulary(tuple(known))


def _grid(ndim: int, meta: dict[str, Any]) -> Grid:
    """Where the pixels are: napari's own layer puts its transforms together."""
    known = {key: meta[key] for key in PLACE if meta.get(key) is not None}
    return grid_of(Labels(np.zeros((1,) * ndim, np.uint8), **known))
