"""The colours of a vocabulary, as napari wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_ovseg.vocabulary import Vocabulary


class CategoryColours(DirectLabelColormap):
    """Napari's map from ids to colours, quick to make anew while words are typed.

    For 16-bit labels napari looks up all 65 536 ids one by one in Python, which holds the
    window for 35 ms at every change of a word.
    """

    def _map_without_cache(self, values: np.ndarray) -> np.ndarray:
        """Look up ids of any shape: (..., 4) float32. Napari calls it; so it has its name."""
        ids = np.array(sorted(i for i in self.color_dict if i is not None))
        colours = np.array([*(self.color_dict[i] for i in ids), self.default_color], np.float32)
        place = np.searchsorted(ids, values).clip(max=len(ids) - 1)
        found: np.ndarray = colours[np.where(ids[place] == values, place, -1)]
        return found


def colormap_of(vocabulary: Vocabulary, hidden: Collection[int] = ()) -> CategoryColours:
    """Build the vocabulary's colours; unlabelled and hidden are transparent, unknown ids grey."""
    table: dict[int | None, str] = {None: "#808080", 0: "transparent"}
    table.update((c.id, "transparent" if c.id in hidden else c.colour) for c in vocabulary)
    return CategoryColours(color_dict=table)
