"""After the scores: refinement at the image's own resolution, by passes of their own.

The stream of `scoring` never sees the whole image; these passes look at its pixels again,
a band of rows at a time with as much around it as can reach it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries

_BAND = 1 << 24
"""Numbers in the score maps of a band: 64 MiB of float32."""


def pixels_of(features: Features) -> Callable[[int, int], Tensor]:
    """Read the image as it is shown: rows `start` to `stop`, (3, rows, W) float32 in 0..1."""
    import torch

    pixels, display = features.image.read(), features.recipe.display
    device = features.vectors.device

    def rows(start: int, stop: int) -> Tensor:
        shown = display.colour(display.apply(pixels[start:stop]))
        return torch.from_numpy(np.ascontiguousarray(shown)).permute(2, 0, 1).to(device)

    return rows


def pamr_steps(features: Features, queries: Queries) -> Steps[np.ndarray]:
    """Label an image from scores that went through PAMR (`refine.pamr`).

    Returns
    -------
    ids : (H, W) uint16
        Equal to those of the whole image at once: a band is worked out with the rows that
        reach it in all steps.
    """
    import torch

    from napari_ovseg.refine.pamr import pamr
    from napari_ovseg.scoring import decide, window_logits

    settings = features.recipe.refinement
    halo = settings.pamr_steps * max(settings.pamr_dilations)
    height, width = features.shape
    read = pixels_of(features)
    band = max(halo, _BAND // (len(queries.ids) * width))
    ids = np.empty((height, width), np.uint16)
    for start in range(0, height, band):
        yield Progress("refining", start, height)
        stop = min(start + band, height)
        first, last = max(0, start - halo), min(height, stop + halo)
        with torch.inference_mode():
            maps = window_logits(features, queries, first, last).permute(2, 0, 1)
            refined = pamr(read(first, last), maps, settings.pamr_steps, settings.pamr_dilations)
            inner = refined[:, start - first : stop - first].permute(1, 2, 0)
            ids[start:stop] = decide(inner, queries).cpu().numpy()
    return ids


def snap_steps(features: Features, ids: np.ndarray) -> Steps[np.ndarray]:
    """Draw the borders of a label map (H, W) to the edges of its image (`refine.edge_snap`)."""
    import torch

    from napari_ovseg.refine.edge_snap import snap_edges

    yield Progress("refining", 0, 1)
    height = features.shape[0]
    cell = features.windows[0].height / features.vectors.shape[1]
    radius = max(1, round(cell * height / features.working[0]))
    with torch.inference_mode():
        snapped = snap_edges(
            pixels_of(features)(0, height),
            torch.from_numpy(ids.astype(np.int64)).to(features.vectors.device),
            radius,
            features.recipe.refinement.edge_snap,
        )
    return np.asarray(snapped.cpu(), np.uint16)
