"""The headers of a DICOM series, in the order of its slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg._optional import require
from napari_ovseg.errors import ExportError
from napari_ovseg.formats.paths import paths_of

if TYPE_CHECKING:
    from pathlib import Path


def read_series(source: tuple[Path, ...], shape: tuple[int, ...]) -> list[Any]:
    """Read the headers of a series, sorted by place along the normal of its planes.

    Parameters
    ----------
    source
        A folder, whose other files are passed over, or the files.
    shape
        Slices, rows and columns that the series must have.

    Raises
    ------
    ExportError
        If these are not the single-frame images of one series, or of another size.
    """
    images = _read(source)
    series = {image.get("SeriesInstanceUID") for image in images}
    if len(series) != 1:
        raise ExportError(
            f"source must hold one DICOM series, got {len(series)} in {len(images)} images; "
            "give the files of one"
        )
    if any(int(image.get("NumberOfFrames") or 1) > 1 for image in images):
        raise ExportError("source must be single-frame images, got a multi-frame file; split it")
    sizes = {(int(image.get("Rows", 0)), int(image.get("Columns", 0))) for image in images}
    if sizes != {tuple(shape[1:])} or len(images) != shape[0]:
        have = ", ".join(f"{rows} x {columns}" for rows, columns in sorted(sizes))
        raise ExportError(
            f"source has {len(images)} images of {have} pixels, the label map has {shape[0]} of "
            f"{shape[1]} x {shape[2]}; give the series that was labelled"
        )
    return sorted(images, key=_place)


def _read(source: tuple[Path, ...]) -> list[Any]:
    pydicom = require("pydicom", extra="medical", purpose="reading the source series")
    images = []
    for path in paths_of(source):
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            try:
                images.append(pydicom.dcmread(file, stop_before_pixels=True))
            except (pydicom.errors.InvalidDicomError, IsADirectoryError) as error:
                if not path.is_dir():
                    raise ExportError(f"{str(file)!r} is not a DICOM file: {error}") from error
            except Exception as error:
                raise ExportError(f"cannot read {str(file)!r} as DICOM: {error}") from error
    return images


def _place(image: Any) -> tuple[float, int]:
    """Millimetres along the normal; instance numbers where images have no place."""
    number = int(image.get("InstanceNumber") or 0)
    turn = image.get("ImageOrientationPatient") or ()
    place = image.get("ImagePositionPatient") or ()
    if (len(turn), len(place)) != (6, 3):
        return 0.0, number
    row, column = np.reshape(np.asarray(turn, float), (2, 3))
    return float(np.cross(row, column) @ np.asarray(place, float)), number
