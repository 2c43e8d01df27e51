"""Costs of all categories at all patches, aggregated in space and among categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_ovseg.aggregation._classes import ClassLayer
from napari_ovseg.aggregation._decoder import Up
from napari_ovseg.aggregation._groups import in_groups
from napari_ovseg.aggregation._spatial import SpatialLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.aggregation._sizes import Sizes
    from napari_ovseg.progress import Pauses

OUT = -100.0
"""Logit of categories that are not among those that compete."""


class Layer(nn.Module):
    """One round of aggregation: in space, then among categories."""

    def __init__(self, sizes: Sizes, pooling: int) -> None:
        super().__init__()
        self.swin_block = SpatialLayer(sizes)
        self.attention = ClassLayer(sizes, pooling)

    def pauses(self, x: Tensor, appearance: Tensor, meanings: Tensor) -> Pauses[Tensor]:
        """Aggregate costs (T, h, w, D)."""
        x = yield from self.swin_block.pauses(x, appearance)
        return (yield from self.attention.pauses(x, meanings))


class Aggregator(nn.Module):
    """CAT-Seg's aggregator, one view of an image at a time.

    Letters: T categories, (h, w) patch grid, C channels of the joint space, D hidden.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        hidden, channels = sizes.hidden, sizes.channels
        self.most = sizes.most
        self.conv1 = nn.Conv2d(1, hidden, 7, padding=3)
        self.guidance_projection = _convolved(channels, sizes.appearance)
        self.text_guidance_projection = nn.Sequential(nn.Linear(channels, sizes.text), nn.ReLU())
        self.decoder_guidance_projection = nn.ModuleList(
            _convolved(*pair) for pair in zip(sizes.taps, sizes.guides, strict=True)
        )
        pooling = sizes.pooling or (1,) * sizes.layers
        self.layers = nn.ModuleList(Layer(sizes, side) for side in pooling)
        self.decoder1 = Up(hidden, sizes.guides[0], sizes.decoder[0])
        self.decoder2 = Up(sizes.decoder[0], sizes.guides[1], sizes.decoder[1])
        self.head = nn.Conv2d(sizes.decoder[1], 1, 3, padding=1)

    def pauses(self, image: Tensor, text: Tensor, taps: Sequence[Tensor]) -> Pauses[Tensor]:
        """Compare a view with words.

        Parameters
        ----------
        image : (C, h, w)
            Of the patches in the joint space.
        text : (T, C)
            Of the words; of both only the directions count for the cost.
        taps : (C1, 2h, 2w) and (C2, 4h, 4w)
            Finer maps of the encoder.

        Returns
        -------
        (T, 4h, 4w)
            Logits. Beyond `most` categories those with the largest cosines anywhere in the
            view compete, and the others get -100, as in the official code.
        """
        words = F.normalize(text, dim=-1)
        costs = torch.einsum("tc,chw->thw", words, F.normalize(image, dim=0))
        chosen = None
        if len(text) > self.most:
            chosen = costs.amax((1, 2)).topk(self.most).indices
            costs, words = costs[chosen], words[chosen]
        appearance = self.guidance_projection(image[None])[0].permute(1, 2, 0)
        meanings = self.text_guidance_projection(words)
        x = yield from in_groups(self._embedded, costs, self.conv1.out_channels * costs[0].numel())
        for layer in self.layers:
            assert isinstance(layer, Layer)
            x = yield from layer.pauses(x, appearance, meanings)
        maps = yield from self._decoded(x.permute(0, 3, 1, 2), taps)
        if chosen is None:
            return maps
        every = maps.new_full((len(text), *maps.shape[1:]), OUT)
        every[chosen] = maps
        return every

    def _embedded(self, costs: Tensor) -> Tensor:
        """Make (n, h, w) costs vectors (n, h, w, D)."""
        vectors: Tensor = self.conv1(costs[:, None])
        return vectors.permute(0, 2, 3, 1)

    def _decoded(self, x: Tensor, taps: Sequence[Tensor]) -> Pauses[Tensor]:
        """Decode (T, D, h, w) to (T, 4h, 4w)."""
        stages = (self.decoder1, self.decoder2)
        first, second = (
            stage.guided(project(tap[None]))
            for stage, project, tap in zip(
                stages, self.decoder_guidance_projection, taps, strict=True
            )
        )

        def decode(part: Tensor) -> Tensor:
            fine: Tensor = self.head(self.decoder2(self.decoder1(part, first), second))[:, 0]
            return fine

        return (yield from in_groups(decode, x, self.decoder2.own * second[0, 0].numel()))


def _convolved(given: int, made: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(given, made, 3, padding=1), nn.ReLU())
