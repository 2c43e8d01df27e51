"""Comparing windows with words where that is more than a cosine: a trained head's work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_ovseg.errors import RecipeError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.aggregation import Head
    from napari_ovseg.features import Features
    from napari_ovseg.progress import Pauses
    from napari_ovseg.scoring import Queries

_MOST_WINDOWS = 1024
"""Windows whose features are kept side by side: a few GB."""
_MOST_BYTES = 4 << 30
"""Bytes that the scores of all windows may take."""


def refuse_too_many(windows: int, queries: int, head: Head) -> None:
    """Say that windows and words do not fit into memory, before any work is done for them.

    Both are kept for all windows at once: labelling reads the scores more than once, and to
    make them again for every window takes seconds.

    Parameters
    ----------
    windows
        How many there are.
    queries
        How many there will be; 0 where nobody knows yet.
    head
        What compares them.

    Raises
    ------
    RecipeError
    """
    if windows > _MOST_WINDOWS:
        raise RecipeError(
            f"{windows} windows would have to be kept apart, at most {_MOST_WINDOWS} can be; "
            "choose a smaller working size"
        )
    wanted = 4 * head.cells * windows * queries  # bytes of float32
    if wanted > _MOST_BYTES:
        raise RecipeError(
            f"the scores of {windows} windows and {queries} words would take "
            f"{wanted / 2**30:.1f} GiB, at most {_MOST_BYTES / 2**30:.0f} can be; choose a smaller "
            "working size or fewer words"
        )


def compare_steps(features: Features, queries: Queries, head: Head | None) -> Steps[Features]:
    """Put scores in the place of vectors, if the method is trained; they are made once.

    Cosines need no such step: they are cheap enough to be made block by block.

    Raises
    ------
    RecipeError
        If there are so many windows and words that their scores do not fit into memory.
    """
    method = features.recipe.method
    if not method.trained:
        return features
    assert head is not None  # asked for before the image was encoded
    import torch

    maps: Tensor | None = None
    count = len(features.windows)
    refuse_too_many(count, len(queries.ids), head)
    for number, vectors in enumerate(features.vectors):
        pauses = method.compare(vectors.float(), queries.text, head)
        part = yield from _counted(pauses, number, count)
        if maps is None:
            maps = torch.empty(count, *part.shape, device=part.device)
        maps[number] = part
    assert maps is not None  # an image has at least one window
    return replace(features, vectors=maps, scored=True)


def _counted(pauses: Pauses[Tensor], number: int, count: int) -> Steps[Tensor]:
    import torch

    while True:
        with torch.inference_mode():
            try:
                next(pauses)
            except StopIteration as end:
                scores: Tensor = end.value
                return scores
        yield Progress("comparing", number, count)
