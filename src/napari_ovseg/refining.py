"""After the scores: refinement at the image's own resolution, by passes of their own.

The stream of `scoring` never sees the whole image; these passes look at its pixels again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries
    from napari_ovseg.vocabulary import Vocabulary

_BAND = 1 << 24
"""Numbers in the score maps of a band (64 MiB of float32), pixels of an image read at once."""


def pixels_of(features: Features, start: int, stop: int) -> Tensor:
    """Read rows of the image as they are shown: (3, stop - start, W) float32 in 0..1."""
    import torch

    display = features.recipe.display
    rows = features.image.rows(slice(start, stop))
    shown = display.colour(display.apply(rows.read()))
    planes = torch.from_numpy(np.ascontiguousarray(shown)).permute(2, 0, 1)
    return planes.to(features.vectors.device)


def _reader(features: Features) -> Callable[[int, int], Tensor]:
    """Make `pixels_of` any rows; of an image that is not large they are read but once."""
    height, width = features.shape
    if height * width > _BAND:
        return partial(pixels_of, features)
    whole = pixels_of(features, 0, height)
    return lambda start, stop: whole[:, start:stop]


def pamr_steps(features: Features, queries: Queries) -> Steps[np.ndarray]:
    """Label an image from scores that went through PAMR (`refine.pamr`).

    Returns
    -------
    ids : (H, W) uint16
        Equal to those of the whole image at once: a band is worked out with the rows that
        reach it in all steps.
    """
    from napari_ovseg.apart import window_logits
    from napari_ovseg.refine.pamr import pamr_rows
    from napari_ovseg.scoring import decide

    settings = features.recipe.refinement
    refined = pamr_rows(
        _reader(features),
        lambda start, stop: window_logits(features, queries, start, stop).permute(2, 0, 1),
        features.shape[0],
        settings.pamr_steps,
        settings.pamr_dilations,
        max(1, _BAND // (len(queries.ids) * features.shape[1])),
    )
    decided = (
        (start, stop, decide(maps.permute(1, 2, 0), queries)) for start, stop, maps in refined
    )
    return (yield from assemble_steps(decided, features.shape, "refining"))


def assemble_steps(
    blocks: Iterator[tuple[int, int, Tensor]], shape: tuple[int, int], stage: str
) -> Steps[np.ndarray]:
    """Put rows of ids, (start, stop, (stop - start, W)) each, together: (H, W) uint16."""
    import torch

    ids = np.empty(shape, np.uint16)
    yield Progress(stage, 0, shape[0])
    while True:
        with torch.inference_mode():
            block = next(blocks, None)
        if block is None:
            return ids
        start, stop, part = block
        ids[start:stop] = part.cpu().numpy()
        yield Progress(stage, stop, shape[0])


def snap_steps(features: Features, ids: np.ndarray) -> Steps[np.ndarray]:
    """Draw the borders of a label map (H, W) to the edges of its image (`refine.edge_snap`)."""
    import torch

    from napari_ovseg.refine.edge_snap import snap_rows

    height = features.shape[0]
    cell = features.windows[0].height / features.vectors.shape[1]
    radius = max(1, round(cell * height / features.working[0]))
    strength = features.recipe.refinement.edge_snap
    bands = snap_rows(_reader(features), torch.from_numpy(ids), radius, strength)
    return (yield from assemble_steps(bands, features.shape, "refining"))


def sieve_steps(
    features: Features, queries: Queries, vocabulary: Vocabulary, ids: np.ndarray
) -> Steps[np.ndarray]:
    """Give objects smaller than their category asks for to the next best one, pixel by pixel.

    What is too small there again goes on to the next, and to the background, or unlabelled,
    after the last. Scores are those before refinement.

    Parameters
    ----------
    ids : (H, W) uint16
        The whole label map: of a part one cannot tell how large its objects are.
    """
    from napari_ovseg.refine.small_objects import small_objects

    least = {c.id: c.min_size for c in vocabulary if c.min_size > 1}
    sieved = ids.copy()
    tried: list[_Tried] = []
    while True:
        yield Progress("sieving", len(tried), len(tried) + 1)
        places = np.flatnonzero(small_objects(sieved, least))
        tried.append((places, sieved.flat[places]))
        found = _decide_again(features, queries, places, tried)
        if (found == tried[-1][1]).all():  # none is small, or all were tried there
            return sieved
        sieved.flat[places] = found


_Tried = tuple[np.ndarray, np.ndarray]
"""Pixels by number, rising, and the ids they had: far fewer than the image has pixels."""


def _tried_at(places: np.ndarray, tried: _Tried) -> np.ndarray:
    """Return the ids that were tried at some pixels: (n,), 0 where none was."""
    known, ids = tried
    at = np.minimum(np.searchsorted(known, places), len(known) - 1)
    return np.where(known[at] == places, ids[at], 0)


def _decide_again(
    features: Features, queries: Queries, places: np.ndarray, tried: list[_Tried]
) -> np.ndarray:
    """Choose for pixels, by number, among the categories that were not tried there: (n,) uint16."""
    import torch

    from napari_ovseg.points import logits_at
    from napari_ovseg.scoring import decide

    found = np.empty(len(places), np.uint16)
    step = max(1, _BAND // (16 * len(queries.ids)))  # four corners, and copies of them
    device = queries.ids.device
    with torch.inference_mode():
        for start in range(0, len(found), step):
            part = places[start : start + step]
            at = map(torch.from_numpy, np.unravel_index(part, features.shape))
            logits = logits_at(features, queries, *at)
            barred = torch.zeros(logits.shape, dtype=torch.bool, device=device)
            for each in tried:  # the earlier ones hold some of these pixels, the last all of them
                there = torch.from_numpy(_tried_at(part, each).astype(np.int64)).to(device)
                barred |= (there[:, None] == queries.ids) & (there[:, None] != 0)
            found[start : start + step] = decide(logits, queries, barred).cpu().numpy()
    return found
