"""ProxyCLIP: a second encoder says which patches belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method, Windows, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from napari_ovseg.backbones import Vision


@dataclass(frozen=True)
class ProxyCLIP(Method):
    """Attention weights from cosines of a guide's maps, values from CLIP (section 3.3).

    ``A = softmax of the positive entries of (S - β mean(S)) γ``; no residual, no
    feed-forward part, and the vectors lie on the guide's finer grid. The official code
    averages S over a whole batch and exchanges rows and columns of windows that are not
    square; here each window is worked out by itself. A window so uniform that nothing
    is positive keeps each row's largest entry, where the official code gives NaN. Without a
    guide, if the recipe says so, CLIP's own queries take its place.

    Attributes
    ----------
    beta, gamma
        β and γ.
    """

    source: ClassVar[str] = "Lan et al., ProxyCLIP, ECCV 2024 (arXiv 2408.04883)"
    default_guide: ClassVar[str] = "dino_vitb8"

    beta: float = 1.2
    gamma: float = 3.0

    def __post_init__(self) -> None:
        """Refuse a gain that turns the order round."""
        if not self.gamma > 0:
            raise RecipeError(f"gamma must be above 0, got {self.gamma}")

    def features(self, vision: Vision, windows: Windows) -> Iterator[Tensor]:
        """See `Method.features`."""
        for pixels in windows.batches:
            yield unit(self.guided(vision, pixels, windows.guide))

    def guided(
        self, vision: Vision, pixels: Tensor, guide: Callable[[Tensor], Tensor] | None
    ) -> Tensor:
        """Encode windows (B, 3, h, w) with a guide: (B, fh, fw, C), not of unit length."""
        from napari_ovseg.methods._attention import keys_and_values, softmax_of_positive

        keys, values = keys_and_values(vision, pixels, guide)
        directions = unit(keys.flatten(2).mT.to(values.dtype))
        similarity = directions @ directions.mT
        mean = similarity.mean((-2, -1), keepdim=True)
        attention = softmax_of_positive((similarity - self.beta * mean) * self.gamma)
        mixed = vision.blocks[-1].out(attention @ values)
        fine = (keys.shape[-2], keys.shape[-1])
        vectors: Tensor = vision.project_patches(mixed).unflatten(1, fine)
        return vectors
