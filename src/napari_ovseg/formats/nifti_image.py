"""One NIfTI image with its place, as bytes, and the place of one that was read."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np

from napari_ovseg._optional import require

_LARGEST = 32_767
"""NIfTI-1 counts pixels with 16 bits; longer axes need NIfTI-2."""
_LENGTH = 0b111
"""Bits of the field of units that tell the one of length."""
_MILLIMETRES = {1: 1e3, 3: 1e-3}
"""How many millimetres it is, by its number; where it is not said, it is one."""


def nifti_image(voxels: np.ndarray, affine: np.ndarray, comment: bytes = b"") -> Any:
    """Make a NIfTI image of voxels (x, y, z, ...) with their matrix in both its forms.

    The quaternion form holds no shear, so a sheared one has the matrix only.
    """
    nibabel = require("nibabel", extra="medical", purpose="NIfTI")
    small = max(voxels.shape) <= _LARGEST
    image = (nibabel.Nifti1Image if small else nibabel.Nifti2Image)(voxels, affine)
    image.header.set_sform(affine, code="scanner")
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    if np.allclose(axes.T @ axes, np.eye(3), atol=1e-6):
        image.header.set_qform(affine, code="scanner")
    if comment:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", comment))
    return image


def placed(image: Any) -> np.ndarray:
    """(4, 4) matrix from voxel (x, y, z) of a NIfTI image to millimetres, whatever its unit."""
    factor = _MILLIMETRES.get(int(image.header["xyzt_units"]) & _LENGTH, 1.0)
    matrix: np.ndarray = np.diag([factor, factor, factor, 1.0]) @ image.affine
    return matrix


def nifti_bytes(image: Any) -> bytes:
    """Compress an image as ``.nii.gz``: equal images are equal bytes."""
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)
