"""ITACLIP: attention of middle layers, engineered images, definitions in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method, Windows, unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from torch import Tensor

    from napari_ovseg.backbones import Vision

_PLAIN = ("original", "grey", "blurred")
_FLIPPED = ("flipped_vertically", "flipped_horizontally")
_MIDDLE_OF_12 = (7, 8, 10)


@dataclass(frozen=True)
class ITACLIP(Method):
    """Image, text and architecture enhanced (sections 3.2 to 3.4).

    The last block attends with half its own ``q qᵀ`` and ``k kᵀ`` maps (as SCLIP) and half
    the mean of those of middle blocks; its residual is kept, its feed-forward part is not.
    Scores of several views are mixed. Scores are linear in the features and interpolation
    commutes with flips, so the mixture is made of the features, and an image is still
    encoded once for all words.

    Attributes
    ----------
    middle_blocks
        Counted from 1. Empty: 7, 8 and 10 of twelve, in proportion for other depths.
    weight_last
        Share of the last block's own maps.
    views
        ``original``, ``grey``, ``blurred`` (features averaged), ``flipped_vertically``,
        ``flipped_horizontally`` (scores averaged).
    plain_share
        Share of the first three; the paper's λ.
    definition_share
        Share of the definition in a query's embedding; the paper's α.
    blur_kernel, blur_sigma
        Of the blurred view, working px.
    id_closing
        Close the map of category ids by 3 x 3, as the official code does: ids are no
        quantities, higher ones grow into lower ones. For comparison only.
    """

    source: ClassVar[str] = "Aydın et al., ITACLIP, CVPRW 2025 (arXiv 2411.12044)"
    labelling: ClassVar[tuple[str, ...]] = ("definition_share", "id_closing")

    middle_blocks: tuple[int, ...] = ()
    weight_last: float = 0.5
    views: tuple[str, ...] = _PLAIN + _FLIPPED
    plain_share: float = 0.75
    definition_share: float = 0.1
    blur_kernel: int = 11
    blur_sigma: float = 5.0
    id_closing: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown views and shares outside 0..1."""
        unknown = set(self.views) - {*_PLAIN, *_FLIPPED}
        if unknown or not set(self.views) & set(_PLAIN):
            raise RecipeError(
                f"views must be some of {', '.join(_PLAIN + _FLIPPED)}, one of the first three "
                f"among them; got {', '.join(self.views) or 'none'}"
            )
        for name in ("weight_last", "plain_share", "definition_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"{name} must be within 0..1, got {getattr(self, name)}")
        if self.blur_kernel % 2 == 0 or self.blur_kernel < 1 or not self.blur_sigma > 0:
            raise RecipeError(
                f"the blur needs an odd kernel and a sigma above 0, got {self.blur_kernel} and "
                f"{self.blur_sigma}"
            )

    @property
    def passes(self) -> int:
        """See `Method.passes`."""
        return len(self.views)

    def tokens(self, vision: Vision, pixels: Tensor) -> Tensor:
        """See `Method.tokens`."""
        middle = self._middle(len(vision.blocks))
        x = vision.embed(pixels)
        maps = []
        for number, block in enumerate(vision.blocks[:-1], start=1):
            if number not in middle:
                x = block(x)
                continue
            q, k, v = block.heads(x)
            maps += [(heads, (1 - self.weight_last) / len(middle)) for heads in (q, k)]
            x = block.resume(x, q, k, v)
        last = vision.blocks[-1]
        q, k, v = last.heads(x)
        maps += [(q, self.weight_last), (k, self.weight_last)]
        mixed = sum((share * last.attend(heads, v) for heads, share in maps), start=v.new_zeros(()))
        return vision.project(x + last.merge(mixed))

    def _middle(self, depth: int) -> tuple[int, ...]:
        if not self.middle_blocks:
            return tuple(sorted({max(1, round(b * depth / 12)) for b in _MIDDLE_OF_12} - {depth}))
        if not all(1 <= b < depth for b in self.middle_blocks):
            raise RecipeError(
                f"middle_blocks must lie between 1 and {depth - 1} for this encoder, "
                f"got {self.middle_blocks}"
            )
        return self.middle_blocks

    def features(self, vision: Vision, windows: Windows) -> Iterator[Tensor]:
        """See `Method.features`; the mixtures are not of unit length."""
        for pixels in windows.batches:
            grid = vision.grid(pixels)
            plain, flipped = [], []
            for view in self.views:
                axis = {"flipped_vertically": -2, "flipped_horizontally": -1}.get(view)
                vectors = unit(self.tokens(vision, self._view(pixels, view))).unflatten(1, grid)
                if axis is None:
                    plain.append(vectors)
                else:
                    flipped.append(vectors.flip(axis - 1))
            mean = sum(plain[1:], start=plain[0]) / len(plain)
            if flipped:
                turned = sum(flipped[1:], start=flipped[0]) / len(flipped)
                mean = self.plain_share * mean + (1 - self.plain_share) * turned
            yield mean

    def _view(self, pixels: Tensor, view: str) -> Tensor:
        """Make a view of normalised windows (B, 3, h, w); weights are those of Rec. 601."""
        from torchvision.transforms import functional

        if view == "grey":
            grey: Tensor = functional.rgb_to_grayscale(pixels, num_output_channels=3)
            return grey
        if view == "blurred":
            # Reflection reaches no further than the window.
            side = min(self.blur_kernel, *(2 * n - 1 for n in pixels.shape[-2:]))
            blurred: Tensor = functional.gaussian_blur(pixels, [side, side], [self.blur_sigma] * 2)
            return blurred
        if view == "flipped_vertically":
            return pixels.flip(-2)
        return pixels.flip(-1) if view == "flipped_horizontally" else pixels

    def phrases(self, query: str, definition: str = "") -> tuple[tuple[float, str], ...]:
        """See `Method.phrases`; the mixture is not made a unit vector again."""
        if not definition:
            return ((1.0, query),)
        return ((1 - self.definition_share, query), (self.definition_share, definition))

    def finish(self, ids: np.ndarray) -> np.ndarray:
        """See `Method.finish`."""
        if not self.id_closing:
            return ids
        from scipy.ndimage import grey_closing

        closed: np.ndarray = grey_closing(ids, size=(3, 3))
        return closed
