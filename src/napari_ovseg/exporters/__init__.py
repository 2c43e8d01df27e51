"""Results on disk, one format to a file; a new file is a new format."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg._registry import Registry
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.exporters._base import Exporter, refuse_namesakes, refuse_pictures, safe_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.labels import Annotation

EXPORTERS: Registry[Exporter] = Registry(
    __name__, "napari_ovseg.exporters._base:Exporter", "format"
)

__all__ = ["EXPORTERS", "Exporter", "export", "parts_of", "refuse_pictures", "safe_name", "split"]


def export(
    annotation: Annotation,
    folder: str | Path,
    format: str = "ome-tiff",  # noqa: A002
    **options: Any,
) -> list[Path]:
    """Write an annotation into a folder.

    Parameters
    ----------
    annotation
        What to write; its name becomes the file's. Ids and owners on disk are read shard by shard
        where the format is ``ome-zarr``, and whole for any other.
    folder
        Made if it is not there.
    format
        One of ``ovseg exporters``.
    **options
        Fields of the exporter.

    Returns
    -------
    list of Path
        The files written, the label map first.

    Raises
    ------
    RecipeError
        If there is no such format.
    ExportError
        If the format cannot hold the labels or the folder cannot be written.
    """
    exporter = EXPORTERS.get(format)(**options)
    given = annotation if exporter.reads_parts else annotation.in_memory()
    exporter.refuse_beside([given], Path(folder))
    return exporter.write(given, Path(folder))


def split(
    annotations: Sequence[Annotation], validation: float
) -> list[tuple[str, list[Annotation]]]:
    """Divide a series into ``train`` and ``val``; one part without a folder if `validation` is 0.

    Which part an annotation belongs to depends on its name alone: it stays there when others
    are added or taken away.

    Parameters
    ----------
    annotations
        The series.
    validation
        Share to put aside, 0..1.

    Raises
    ------
    InputError
        If it is no share.
    ExportError
        If two annotations would be in one file.
    """
    refuse_namesakes(safe_name(annotation.name) for annotation in annotations)
    if not 0 <= validation < 1:
        raise InputError(f"the validation share must be at least 0 and below 1, got {validation}")
    if validation == 0:
        return [("", list(annotations))]
    parts: dict[str, list[Annotation]] = {"train": [], "val": []}
    for annotation in annotations:
        digest = hashlib.sha256(annotation.name.encode("utf-8", "surrogatepass")).digest()
        draw = int.from_bytes(digest[:4]) / 2**32
        parts["val" if draw < validation else "train"].append(annotation)
    return [(name, part) for name, part in parts.items() if part]


def parts_of(
    exporter: Exporter, annotations: Sequence[Annotation], folder: Path, validation: float = 0.0
) -> list[tuple[Path, list[Annotation]]]:
    """Divide a series into what is written into each folder, see `split`.

    Raises
    ------
    ExportError
        If they cannot be written together, or not beside what is there: labels would mean
        something else, or an image be in both parts.
    """
    parts = split(exporter.prepared(annotations), validation)
    for name, part in parts:
        exporter.refuse_beside(part, folder / name)
        other = folder / ("train" if name == "val" else "val")
        targets = exporter.targets(part, other) if name and not exporter.one_file else []
        if twice := [target for target in targets if target.exists()]:
            raise ExportError(
                f"{twice[0].name!r} is in {str(other)!r} already, and this share would put it into "
                f"{name!r}, too; export with the share of before, or move {twice[0].name!r} away"
            )
    return [(folder / name, part) for name, part in parts]
