"""Napari's Save for labels layers, through our exporters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.gui.layers import KEY, annotation_from
from napari_ovseg.image import Grid
from napari_ovseg.vocabulary import Category, Vocabulary


def write_ome_tiff(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as OME-TIFF with names, colours and pixel size."""
    return _write("ome-tiff", Path(path), data, meta)


def write_png(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as indexed PNG with a class table."""
    return _write("png", Path(path), data, meta)


def _write(name: str, path: Path, data: Any, meta: dict[str, Any]) -> list[str]:
    exporter = EXPORTERS.get(name)()
    stem = path.name.removesuffix(exporter.suffix).removesuffix(path.suffix)
    values = np.asarray(data)
    ours = dict(meta.get("metadata", {}).get(KEY, {}))
    if "vocabulary" not in ours:
        ours["vocabulary"] = _vocabulary_of(values, meta).to_toml()
    annotation = annotation_from(values, ours, _grid(values.ndim, meta), stem)
    files = exporter.write(annotation, path.parent)
    if files[0] != path and files[0].suffix == path.suffix:
        files[0] = files[0].replace(path)
    return [str(file) for file in files]


def _vocabulary_of(values: np.ndarray, meta: dict[str, Any]) -> Vocabulary:
    """Name the ids of a layer that is not ours by its feature table, or by number."""
    features = meta.get("features")
    names: dict[int, str] = {}
    if features is not None and "index" in features and len(features.columns) > 1:
        column = next(c for c in features.columns if c != "index")
        names = {int(i): str(n) for i, n in zip(features["index"], features[column], strict=True)}
    ids = [int(i) for i in np.unique(values) if i > 0]
    if not ids:
        raise ExportError("the layer holds no labels; paint some first")
    return Vocabulary(tuple(Category(i, names.get(i, f"label {i}")) for i in ids))


def _grid(ndim: int, meta: dict[str, Any]) -> Grid:
    """Rebuild the pixel grid from the layer's scale, translate and units."""
    scale = tuple(meta.get("scale", (1.0,) * ndim))
    units = tuple(str(u) for u in (meta.get("units") or ("pixel",) * ndim))
    axes = tuple(meta.get("axis_labels") or ())
    named = len(axes) == ndim and not any(a.lstrip("-").isdigit() for a in axes)
    return Grid.regular(ndim, scale, axes if named else None, units)
