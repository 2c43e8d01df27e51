"""Features of windows, and of several sizes of an image, brought onto one patch grid.

Cosines are linear in the features, so a mean of features scores like the mean of the scores;
it is a mean of unit vectors and must not be normalised again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_ovseg.windows import Window

if TYPE_CHECKING:
    from torch import Tensor


def scaled(rgb: Tensor, scale: float) -> Tensor:
    """Make a picture (3, H, W) smaller, without aliasing."""
    if scale == 1:
        return rgb
    size = [max(1, round(side * scale)) for side in rgb.shape[-2:]]
    shrunk = torch.nn.functional.interpolate(rgb[None], size=size, mode="bilinear", antialias=True)
    return shrunk[0]


def merge(
    vectors: Tensor, windows: list[Window], patch: int, *, feathered: bool = False
) -> tuple[Tensor, list[Window]]:
    """Average overlapping windows on one patch grid.

    Parameters
    ----------
    vectors : (L, gh, gw, C)
    windows
        Of one size.
    patch
        Side of a patch, px.
    feathered
        Whether a patch weighs the less the nearer it is to the sides of a window.

    Returns
    -------
    vectors : (1, GH, GW, C)
    windows
        One window that covers all.
    """
    cells = vectors.shape[1] // (windows[0].height // patch)  # of a guide's finer grid
    height = max(w.top + w.height for w in windows) // patch
    width = max(w.left + w.width for w in windows) // patch
    total = torch.zeros(height * cells, width * cells, vectors.shape[-1], device=vectors.device)
    count = torch.zeros(height * cells, width * cells, 1, device=vectors.device)
    height_of, width_of = (_ramp(n, feathered, vectors.device) for n in vectors.shape[1:3])
    weight = (height_of[:, None] * width_of)[..., None]
    for window, part in zip(windows, vectors, strict=True):
        top, left = window.top // patch * cells, window.left // patch * cells
        place = (slice(top, top + part.shape[0]), slice(left, left + part.shape[1]))
        total[place] += weight * part
        count[place] += weight
    whole = Window(0, 0, height * patch, width * patch)
    return (total / count)[None], [whole]


def _ramp(cells: int, feathered: bool, device: torch.device) -> Tensor:
    """Weights along a side of a window: ones, or a tent that is lowest in the outer cells."""
    if not feathered:
        return torch.ones(cells, device=device)
    places = torch.arange(cells, device=device) + 0.5
    return torch.minimum(places, cells - places)


def enlarged(vectors: Tensor, grid: tuple[int, int], scale: float) -> Tensor:
    """Bring the merged features of a smaller picture onto the grid of the larger one.

    Parameters
    ----------
    vectors : (1, h, w, C)
        Of the picture at `scale`; both pictures were padded to whole patches, so cells lie
        `scale` apart and not at ``h / H``.
    grid : (H, W)

    Returns
    -------
    (1, H, W, C), bilinear between the centres of cells, continued at the borders.
    """
    planes = vectors.permute(0, 3, 1, 2)
    result: Tensor = torch.ops.aten.upsample_bilinear2d.default(
        planes, list(grid), False, 1 / scale, 1 / scale
    )
    return result.permute(0, 2, 3, 1)
