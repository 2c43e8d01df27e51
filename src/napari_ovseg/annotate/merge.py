"""A new proposal of the model joins a label map that a person may have corrected."""

from __future__ import annotations

import numpy as np


def edited(current: np.ndarray, proposal: np.ndarray | None) -> np.ndarray:
    """Pixels that no longer hold what the model last proposed: bool, same shape.

    Without a proposal every labelled pixel counts as a person's.
    """
    touched: np.ndarray = current != (0 if proposal is None else proposal)
    return touched


def merge(current: np.ndarray, proposal: np.ndarray | None, new: np.ndarray) -> np.ndarray:
    """Take the new proposal wherever no person has changed the last one.

    Parameters
    ----------
    current : (..., H, W) integer
        What the layer holds now.
    proposal : same shape, or None
        What the model wrote there last.
    new : same shape
        What it proposes now.

    Returns
    -------
    merged : same shape, dtype of `current`
    """
    return np.where(edited(current, proposal), current, new).astype(current.dtype)
