"""What a CAT-Seg checkpoint holds beside its encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_ovseg.aggregation._aggregator import Aggregator

if TYPE_CHECKING:
    from napari_ovseg.aggregation._sizes import Sizes
    from napari_ovseg.progress import Pauses


class Head(nn.Module):
    """The aggregator, and two transposed convolutions that make the encoder's taps finer.

    Parameters
    ----------
    sizes
        Of the aggregator.
    width
        Of the encoder's tokens.

    Attributes
    ----------
    grid
        Side of the patch grid that it wants.
    cells
        Logits of a view that it makes for each word.
    """

    def __init__(self, sizes: Sizes, width: int) -> None:
        super().__init__()
        self.grid, self._parts = sizes.grid, (sizes.channels, width, width)
        self.cells = (4 * sizes.grid) ** 2
        self.upsample1 = nn.ConvTranspose2d(width, sizes.taps[0], 2, 2)
        self.upsample2 = nn.ConvTranspose2d(width, sizes.taps[1], 4, 4)
        self.transformer = Aggregator(sizes)

    def pauses(self, tokens: Tensor, text: Tensor) -> Pauses[Tensor]:
        """Compare a view with words.

        Parameters
        ----------
        tokens : (h, w, C + 2 D)
            Of each patch: its vector in the joint space, and what two earlier blocks gave.
        text : (T, C)
            Of the words.

        Returns
        -------
        (4h, 4w, T)
            Logits, before a sigmoid each.
        """
        image, *taps = tokens.permute(2, 0, 1).split(self._parts)
        finer = [
            up(tap[None])[0] for up, tap in zip((self.upsample1, self.upsample2), taps, strict=True)
        ]
        maps = yield from self.transformer.pauses(image, text, finer)
        return maps.permute(1, 2, 0)
