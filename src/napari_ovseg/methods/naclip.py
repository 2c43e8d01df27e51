"""NACLIP: neighbours weigh more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block


@dataclass(frozen=True)
class NACLIP(Method):
    """Attention among keys with a bump of the grid distance added to its logits.

    ``out_proj(softmax(k kᵀ s + ω) v)`` with ``ω = exp(-distance² / (2 σ²))`` between patches and
    0 for CLS, where there is one; no residual, no feed-forward part (sections 3.2 and 3.3).

    Attributes
    ----------
    gaussian_std
        σ, patches.
    """

    source: ClassVar[str] = "Hajimiri, Ben Ayed, Dolz, NACLIP, WACV 2025 (arXiv 2404.08181)"

    gaussian_std: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a bump without width."""
        if not self.gaussian_std > 0:
            raise RecipeError(f"gaussian_std must be above 0 patches, got {self.gaussian_std}")

    def last_block(self, block: Block, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """See `Method.last_block`."""
        k, v = block.heads(x, "kv")
        return block.merge(block.attend(k, v, self._neighbourhood(x, grid)))

    def _neighbourhood(self, x: Tensor, grid: tuple[int, int]) -> Tensor:
        """ω for all tokens, CLS first: (T, T)."""
        import torch

        axes = [torch.arange(n, device=x.device, dtype=torch.float32) for n in grid]
        rows, columns = (
            torch.exp(-((a[:, None] - a) ** 2) / (2 * self.gaussian_std**2)) for a in axes
        )
        bump = torch.kron(rows, columns)
        prefix = x.shape[1] - len(bump)
        return torch.nn.functional.pad(bump, (prefix, 0, prefix, 0)).to(x.dtype)
