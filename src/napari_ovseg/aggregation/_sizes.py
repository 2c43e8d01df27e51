"""How large the parts of a head are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

_MASK = "transformer.layers.0.swin_block.block_2.attn_mask"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of an aggregator; the defaults are those of the published checkpoints.

    Attributes
    ----------
    channels
        Of the joint space of image and text.
    hidden
        Of a category's cost at a patch.
    text, appearance
        Of the projected words and the projected image, which guide.
    taps, guides
        Of the two finer maps of the encoder, before and after their projection.
    decoder
        Of the two stages of the decoder.
    layers, heads
        Of the aggregation, and of each of its attentions.
    grid, window
        Side of the patch grid, and of the squares in it that attend to each other, patches.
    most
        Categories that can compete at once.
    pooling
        Patches per side that attention among categories sees as one, by layer; 1 if not given.
    """

    channels: int = 512
    hidden: int = 128
    text: int = 128
    appearance: int = 128
    taps: tuple[int, int] = (256, 128)
    guides: tuple[int, int] = (32, 16)
    decoder: tuple[int, int] = (64, 32)
    layers: int = 2
    heads: int = 4
    grid: int = 24
    window: int = 12
    most: int = 256
    pooling: tuple[int, ...] = ()

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Sizes:
        """Read the sizes off the tensors of a head.

        Raises
        ------
        KeyError, IndexError
            If a tensor that tells is not there, or has another number of axes.
        """
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}

        def of(name: str) -> tuple[int, ...]:
            return shapes[f"transformer.{name}.weight"]

        squares, tokens, _ = shapes[_MASK]
        window = math.isqrt(tokens)
        first, second = of("decoder_guidance_projection.0.0"), of("decoder_guidance_projection.1.0")
        return cls(
            channels=of("guidance_projection.0")[1],
            hidden=of("conv1")[0],
            text=of("text_guidance_projection.0")[0],
            appearance=of("guidance_projection.0")[0],
            taps=(first[1], second[1]),
            guides=(first[0], second[0]),
            decoder=(
                of("decoder1.conv.double_conv.0")[0],
                of("decoder2.conv.double_conv.0")[0],
            ),
            layers=len({n.split(".")[2] for n in shapes if n.startswith("transformer.layers.")}),
            grid=window * math.isqrt(squares),
            window=window,
        )
