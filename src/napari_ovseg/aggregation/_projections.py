"""Queries, keys and values of costs, with guidance beside the queries and keys."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Projections(nn.Module):
    """Three linear layers, of which two see the guidance as well.

    The guidance is the same for all categories, or for all patches: its share is worked out
    once by `guided` and added.

    Parameters
    ----------
    width, guidance
        Channels D of the costs, and G of the guidance.
    """

    def __init__(self, width: int, guidance: int) -> None:
        super().__init__()
        self.q, self.k = (nn.Linear(width + guidance, width) for _ in range(2))
        self.v = nn.Linear(width, width)

    def guided(self, guidance: Tensor) -> Tensor:
        """Share of the guidance (..., G), biases included: (..., 3 D)."""
        width = self.v.in_features
        parts = [F.linear(guidance, p.weight[:, width:], p.bias) for p in (self.q, self.k)]
        return torch.cat([*parts, self.v.bias.expand_as(parts[0])], dim=-1)

    def forward(self, x: Tensor, guided: Tensor) -> Tensor:
        """Project costs (..., D), and add what `guided` gave: (..., 3 D)."""
        width = self.v.in_features
        weights = torch.cat([p.weight[:, :width] for p in (self.q, self.k, self.v)])
        return F.linear(x, weights).add_(guided)
