"""A new proposal of the model joins a label map that a person may have corrected."""

from __future__ import annotations

import numpy as np


def edited(current: np.ndarray, proposal: np.ndarray | None) -> np.ndarray:
    """Pixels that no longer hold what the model last proposed: bool, same shape.

    Without a proposal every labelled pixel counts as a person's.
    """
    touched: np.ndarray = current != (0 if proposal is None else proposal)
    return touched


def merge(current: np.ndarray, proposal: np.ndarray, new: np.ndarray) -> int:
    """Write the new proposal wherever no person has changed the last one.

    Parameters
    ----------
    current : (H, W) integer
        What the layer holds now; changed in place.
    proposal : (H, W) integer
        What the model wrote there last; replaced by `new` in place.
    new : (H, W) integer
        What it proposes now.

    Returns
    -------
    int
        How many pixels are a person's and were kept.
    """
    touched = edited(current, proposal)
    np.copyto(current, new, where=~touched, casting="unsafe")
    proposal[...] = new
    return int(np.count_nonzero(touched))
