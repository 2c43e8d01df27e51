"""What every loaded model has, whether it knows words or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Loaded:
    """A model with its weights.

    Attributes
    ----------
    name
        What it was asked for by.
    fingerprint
        sha256 of its weights.
    identity
        sha256 of all that decides what it gives, also its config: the key of every cache.
    licence
        Of the weights.
    device
        Where it computes.
    mean, std : (3, 1, 1)
        Of the RGB values 0..1 it was trained on.
    """

    name: str
    fingerprint: str
    identity: str
    licence: str
    device: torch.device
    mean: Tensor
    std: Tensor

    def normalise(self, rgb: Tensor) -> Tensor:
        """Bring RGB (..., 3, h, w) in 0..1 to the model's scale."""
        return (rgb - self.mean) / self.std

    def denormalise(self, pixels: Tensor) -> Tensor:
        """Undo `normalise`."""
        return pixels * self.std + self.mean


def statistics(
    told: dict[str, Any], usual: tuple[Sequence[float], Sequence[float]], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Mean and deviation that a config tells, or the usual ones: (3, 1, 1) each.

    Raises
    ------
    AttributeError, TypeError, ValueError, RuntimeError
        If they are no three numbers.
    """
    values = told.get("mean", usual[0]), told.get("std", usual[1])
    mean, std = (torch.tensor(v, device=device, dtype=torch.float32).view(3, 1, 1) for v in values)
    return mean, std
