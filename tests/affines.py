"""Where pixels lie, as ITK tells it."""

import numpy as np

LPS = np.diag([-1.0, -1, 1, 1])


def itk_affine(image):
    """Voxel x, y, z to RAS."""
    affine = np.eye(4)
    directions = np.reshape(image.GetDirection(), (3, 3))
    affine[:3, :3] = directions @ np.diag(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return LPS @ affine
