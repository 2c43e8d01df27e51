"""The headers of a DICOM series, in the order of its slices, and how labels lie on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg._optional import require
from napari_ovseg.errors import ExportError
from napari_ovseg.formats.paths import paths_of
from napari_ovseg.formats.space import is_calibrated, kinds, millimetre_affine

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.grid import Grid

_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_NEAR = 0.1
"""Part of a voxel by which places may differ: headers hold rounded numbers."""


def read_series(source: tuple[Path, ...]) -> list[Any]:
    """Read the headers of a series, sorted by place along the normal of its planes.

    Parameters
    ----------
    source
        A folder, whose other files are passed over, or the files.

    Raises
    ------
    ExportError
        If these are not the single-frame images of one series.
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
    return sorted(images, key=_place)


def is_placed(grid: Grid) -> bool:
    """Whether a grid of volumes says where they lie: in millimetres, and not just from zero on."""
    if kinds(grid.axes).count("space") < 3 or not is_calibrated(grid):
        return False
    affine = millimetre_affine(grid)
    return not np.array_equal(affine, np.diag(np.abs(np.diag(affine))))


def laid_on(images: list[Any], ids: np.ndarray, grid: Grid) -> np.ndarray:
    """Return ids (z, y, x) as they lie on the slices, rows and columns of a series.

    Axes are swapped and mirrored where the places of both ask for it, as they do of volumes
    that were converted to NIfTI. Where either has no place, ids stay as they are.

    Parameters
    ----------
    images
        What `read_series` returns.
    ids : (z, y, x)
        Labels of a volume.
    grid
        Their place.

    Raises
    ------
    ExportError
        If the series is of another size, or lies elsewhere.
    """
    has = _matrix(images)
    if has is None or not is_placed(grid):
        _refuse_size(images, ids.shape)
        return ids
    orientations = require("nibabel.orientations", extra="medical", purpose="turning labels")
    affine = millimetre_affine(grid)
    turn = orientations.io_orientation(np.linalg.inv(has) @ affine)
    turned = orientations.apply_orientation(ids.T, turn).T
    _refuse_size(images, turned.shape)
    _refuse_place(has, affine @ orientations.inv_ornt_aff(turn, ids.T.shape), turned.shape)
    return np.ascontiguousarray(turned)


def _refuse_size(images: list[Any], shape: tuple[int, ...]) -> None:
    sizes = {(int(image.get("Rows", 0)), int(image.get("Columns", 0))) for image in images}
    if sizes != {tuple(shape[1:])} or len(images) != shape[0]:
        have = ", ".join(f"{rows} x {columns}" for rows, columns in sorted(sizes))
        raise ExportError(
            f"source has {len(images)} images of {have} pixels, the label map has {shape[0]} of "
            f"{shape[1]} x {shape[2]}; give the series that was labelled"
        )


def _refuse_place(has: np.ndarray, affine: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise `ExportError` if a corner of the labels is not where that of the series is."""
    ends = np.array(shape[::-1]) - 1
    corners = np.array([[*(ends * corner), 1] for corner in np.ndindex(2, 2, 2)])
    apart = np.abs((np.linalg.inv(has) @ affine @ corners.T).T - corners).max()
    if apart > _NEAR:
        raise ExportError(
            f"the labels lie elsewhere than the source, by up to {apart:.1f} voxels: voxels of "
            f"{np.linalg.norm(affine[:3, :3], axis=0).round(4)} against "
            f"{np.linalg.norm(has[:3, :3], axis=0).round(4)} mm; give the series that was labelled"
        )


def _matrix(images: list[Any]) -> np.ndarray | None:
    """(4, 4) matrix from column, row and slice to millimetres in RAS; None if there is no place."""
    first, last = images[0], images[-1]
    turn = first.get("ImageOrientationPatient") or ()
    places = [image.get("ImagePositionPatient") or () for image in (first, last)]
    spacing = first.get("PixelSpacing") or ()
    if [len(values) for values in (turn, *places, spacing)] != [6, 3, 3, 2]:
        return None
    row, column = np.reshape(np.asarray(turn, float), (2, 3))
    start, end = np.asarray(places, float)
    step = (end - start) / max(len(images) - 1, 1)
    if not step.any():  # a single slice
        step = np.cross(row, column) * float(first.get("SliceThickness") or 1)
    between_rows, between_columns = map(float, spacing)
    matrix = np.eye(4)
    axes = [row * between_columns, column * between_rows, step, start]
    matrix[:3] = np.stack(axes, axis=1)
    return _TO_RAS @ matrix


def _read(source: tuple[Path, ...]) -> list[Any]:
    pydicom = require("pydicom", extra="medical", purpose="reading the source series")
    images = []
    for path in paths_of(source):
        inside = (file for file in path.iterdir() if not file.is_dir()) if path.is_dir() else [path]
        for file in sorted(inside):
            try:
                image = pydicom.dcmread(file, stop_before_pixels=True)
                if "Rows" in image or not path.is_dir():  # a DICOMDIR has none
                    images.append(image)
            except pydicom.errors.InvalidDicomError as error:
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
