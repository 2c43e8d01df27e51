"""Labels and channels of one case of an nnU-Net data set, as bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg._optional import require
from napari_ovseg.errors import ExportError
from napari_ovseg.formats.nifti_image import nifti_bytes, nifti_image, placed
from napari_ovseg.formats.paths import paths_of
from napari_ovseg.formats.space import is_calibrated, kinds, millimetre_affine
from napari_ovseg.image_files import open_image

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.grid import Grid


def is_flat(grid: Grid) -> bool:
    """Whether cases are pictures, not volumes."""
    return kinds(grid.axes).count("space") == 2


def ending_of(grid: Grid) -> str:
    """TIFF for pictures, NIfTI for volumes: nnU-Net reads both without a spacing file."""
    return ".tif" if is_flat(grid) else ".nii.gz"


def case_bytes(pixels: np.ndarray, grid: Grid) -> bytes:
    """Write labels or one channel (z, y, x), or a picture (1, y, x, 3)."""
    if not is_flat(grid):
        return nifti_bytes(nifti_image(pixels.T, millimetre_affine(grid)))
    import tifffile

    file = io.BytesIO()
    colours = "rgb" if pixels.ndim == 4 else "minisblack"
    tifffile.imwrite(file, pixels[0], compression="zlib", photometric=colours)
    return file.getvalue()


def read_channels(images: tuple[Path, ...], shape: tuple[int, ...], grid: Grid) -> list[np.ndarray]:
    """Read the channels of a case, each (z, y, x); a colour picture is one, (1, y, x, 3).

    Raises
    ------
    ExportError
        If one is not where the labels are, or colours are more than one picture.
    ImageError
        If one cannot be read.
    """
    channels = [_read(path, shape, grid) for path in paths_of(images)]
    colours = any(channel.ndim == 4 for channel in channels)
    if colours and (len(channels) > 1 or not is_flat(grid)):
        raise ExportError("a colour image must be a single picture; give its channels one by one")
    return channels


def _read(path: Path, shape: tuple[int, ...], grid: Grid) -> np.ndarray:
    if path.name.casefold().endswith((".nii", ".nii.gz")):
        pixels = _read_nifti(path, grid)
    else:
        image = open_image(path)
        pixels = np.asarray(image.levels[0])
        pixels = pixels[None, ..., :3] if image.rgb else pixels.reshape(_three(pixels.shape))
    if pixels.shape[:3] != tuple(shape):
        raise ExportError(
            f"the image {path.name!r} has shape {pixels.shape}, its labels {tuple(shape)}; "
            "give the image that was labelled"
        )
    # nnU-Net computes in float32, and NIfTI has no 64-bit integers that tools read.
    return pixels.astype(np.float32) if pixels.dtype.itemsize > 4 else pixels


def _read_nifti(path: Path, grid: Grid) -> np.ndarray:
    nibabel = require("nibabel", extra="medical", purpose="reading the images of nnU-Net")
    try:
        image = nibabel.load(path)
        pixels: np.ndarray = np.asanyarray(image.dataobj)
    except (OSError, ValueError, nibabel.filebasedimages.ImageFileError) as error:
        raise ExportError(f"cannot read the image {str(path)!r}: {error}") from error
    affine = millimetre_affine(grid)
    # Where the labels have no unit of length, only the numbers can be compared.
    has = placed(image) if is_calibrated(grid) else image.affine
    if not np.allclose(has, affine, rtol=1e-4, atol=1e-4 * np.abs(affine[:3, :3]).max()):
        raise ExportError(
            f"the image {path.name!r} lies elsewhere than its labels: spacing "
            f"{np.linalg.norm(has[:3, :3], axis=0)} against "
            f"{np.linalg.norm(affine[:3, :3], axis=0)} mm; give the image that was labelled"
        )
    return pixels.T.reshape(_three(pixels.T.shape))


def _three(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (3 - len(shape)) + tuple(shape)
