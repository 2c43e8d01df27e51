"""Labels from disk as annotations, one format to a file; a new file is a new format."""

from __future__ import annotations

from os.path import exists, isfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ovseg._registry import Registry
from napari_ovseg.errors import InputError
from napari_ovseg.importers._base import Importer

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation

IMPORTERS: Registry[Importer] = Registry(
    __name__, "napari_ovseg.importers._base:Importer", "format"
)

__all__ = ["IMPORTERS", "Importer", "read_labels", "reader_of"]


def read_labels(path: str | Path, format: str | None = None) -> Annotation:  # noqa: A002
    """Read a label map with its names, colours and calibration, as far as the format holds them.

    Parameters
    ----------
    path
        A file, or the folder of an OME-Zarr.
    format
        One of ``IMPORTERS``; by default what the path says, see `reader_of`.

    Raises
    ------
    InputError
        If there is no such file, no format has its ending, or it cannot be read.
    RecipeError
        If there is no such format.
    """
    path = Path(path)
    if not exists(path):  # noqa: PTH110  # unlike Path's, it never raises
        raise InputError(f"there is no file {str(path)!r}; check the path")
    return (reader_of(path) if format is None else IMPORTERS.get(format)()).read(path)


def reader_of(path: Path) -> Importer:
    """Return the importer that knows a folder by a file in it, or else whose ending fits.

    The longest ending wins.

    Raises
    ------
    InputError
        If no format has its ending.
    """
    for kind in map(IMPORTERS.get, IMPORTERS.names()):
        if kind.inside and isfile(path / kind.inside):  # noqa: PTH113
            return kind()
    name = path.name.casefold()
    endings = {s: n for n in IMPORTERS.names() for s in IMPORTERS.get(n).suffixes}
    fits = [suffix for suffix in endings if name.endswith(suffix)]
    if not fits:
        raise InputError(
            f"cannot tell the format of {path.name!r}; known endings: {', '.join(sorted(endings))}"
        )
    return IMPORTERS.get(endings[max(fits, key=len)])()
