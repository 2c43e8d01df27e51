"""From costs on the patch grid to maps four times as fine, guided by the encoder's own (3.3)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

_CHANNELS_PER_NORM = 16


class Up(nn.Module):
    """Twice the size, then two convolutions with norms; a finer map of the encoder guides.

    Parameters
    ----------
    given, guide, made
        Channels of the coarse map, of the guide, and of the result.
    """

    def __init__(self, given: int, guide: int, made: int) -> None:
        super().__init__()
        self.own = given - guide
        self.up = nn.ConvTranspose2d(given, self.own, 2, 2)
        self.conv = DoubleConv(given, made)

    def guided(self, guide: Tensor) -> Tensor:
        """Share of the guide (1, G, 2h, 2w) in the first convolution, once for all categories."""
        return F.conv2d(guide, self.conv.first[:, self.own :], padding=1)

    def forward(self, x: Tensor, guided: Tensor) -> Tensor:
        """Decode (n, C, h, w), with what `guided` gave, to (n, C', 2h, 2w)."""
        x = F.conv2d(self.up(x), self.conv.first[:, : self.own], padding=1)
        result: Tensor = self.conv.double_conv[1:](x.add_(guided))
        return result


class DoubleConv(nn.Module):
    """Two convolutions, each with a norm over groups of channels and a ReLU."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        norms = [nn.GroupNorm(made // _CHANNELS_PER_NORM, made) for _ in range(2)]
        self.double_conv = nn.Sequential(
            nn.Conv2d(given, made, 3, padding=1, bias=False), norms[0], nn.ReLU(inplace=True),
            nn.Conv2d(made, made, 3, padding=1, bias=False), norms[1], nn.ReLU(inplace=True),
        )  # fmt: skip

    @property
    def first(self) -> Tensor:
        """Weights of the first convolution, of whose input the last channels are the guide's."""
        weight = self.double_conv[0].weight
        assert isinstance(weight, Tensor)
        return weight
