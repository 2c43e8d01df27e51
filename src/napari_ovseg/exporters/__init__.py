"""Results on disk, one format to a file; a new file is a new format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg._registry import Registry
from napari_ovseg.exporters._base import Exporter

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation

EXPORTERS: Registry[Exporter] = Registry(
    __name__, "napari_ovseg.exporters._base:Exporter", "format"
)

__all__ = ["EXPORTERS", "Exporter", "export"]


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
        What to write; its name becomes the file's.
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
    return EXPORTERS.get(format)(**options).write(annotation, Path(folder))
