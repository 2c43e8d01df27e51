"""What methods see of an image encoder, whichever library it was built by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_ovseg.progress import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_ovseg.progress import Stop


@dataclass(frozen=True, eq=False, slots=True)
class Block(ABC):
    """One residual attention block, opened.

    Letters: B windows, T tokens (CLS first, where there is one), D width, H heads, d = D / H.
    """

    module: Any

    def __call__(self, x: Tensor) -> Tensor:
        """Run the block unchanged: (B, T, D) to (B, T, D)."""
        result: Tensor = self.module(x)
        return result

    @abstractmethod
    def heads(self, x: Tensor, parts: str = "qkv") -> tuple[Tensor, ...]:
        """Queries, keys or values of the normalised input, each (B, H, T, d).

        `parts` names them, as in ``"kv"``; what is not named is not computed.
        """

    @abstractmethod
    def out(self, joined: Tensor) -> Tensor:
        """Apply the output projection to heads side by side: (B, T, D) to (B, T, D)."""

    @abstractmethod
    def mlp(self, x: Tensor) -> Tensor:
        """Feed-forward part with its norm, without the residual: (B, T, D)."""

    def attend(self, x: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
        """Attend to tokens like oneself: ``softmax(x xᵀ s + bias) v`` with ``s = d^-1/2``.

        Parameters
        ----------
        x : (B, H, T, d)
            Queries or keys, compared with themselves.
        v : (B, H, T, d)
            Values.
        bias : (T, T), optional
            Added to the logits.
        """
        return attention(x, x, v, bias)

    def resume(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Go on unchanged from the heads of the input `x`, which were wanted: (B, T, D)."""
        x = x + self.merge(attention(q, k, v))
        return x + self.mlp(x)

    def merge(self, heads: Tensor) -> Tensor:
        """Join heads (B, H, T, d) and apply the output projection: (B, T, D)."""
        return self.out(heads.transpose(1, 2).flatten(2))


class Vision(ABC):
    """An image encoder, opened: `embed`, then `blocks`, then `project`.

    Attributes
    ----------
    patch
        Side of a patch, px.
    native
        Side of the picture it was trained on, px.
    parameters
        How many numbers it has.
    prefix
        Tokens before those of the patches: 1 (CLS) or 0.
    blocks
        The transformer blocks in order.
    """

    patch: int
    native: int
    parameters: int
    prefix: int
    blocks: Sequence[Block]

    @abstractmethod
    def embed(self, pixels: Tensor, *, to_size: bool = False) -> Tensor:
        """Cut normalised windows into tokens: (B, 3, h, w) to (B, prefix + N, D).

        A remainder of rows or columns smaller than a patch is ignored, as the convolution does.
        `to_size`: see `resized_positions`.
        """

    @abstractmethod
    def project_patches(self, x: Tensor) -> Tensor:
        """Norm and project tokens of patches: (B, N, D) to (B, N, C)."""

    def project(self, x: Tensor) -> Tensor:
        """Drop CLS, norm and project to the joint space: (B, prefix + N, D) to (B, N, C)."""
        return self.project_patches(x[:, self.prefix :])

    def grid(self, pixels: Tensor) -> tuple[int, int]:
        """Rows and columns of patches in windows (B, 3, h, w)."""
        return pixels.shape[-2] // self.patch, pixels.shape[-1] // self.patch

    @contextmanager
    def interruptible(self, stop: Stop | None) -> Iterator[None]:
        """Ask before every block whether to go on; a batch of windows takes seconds on a CPU.

        Only work of the thread that enters is stopped: encoders are shared.
        """
        thread = get_ident()

        def ask(*_: Any) -> None:
            if stop is not None and get_ident() == thread and stop():
                raise Cancelled

        hooks = [block.module.register_forward_pre_hook(ask) for block in self.blocks if stop]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """Attention of every head, ``softmax(q kᵀ d^-1/2 + bias) v``: each (B, H, T, d).

    Where a gradient is wanted on a CPU the products are written out: in bfloat16 that of
    torch's own function takes twice as long. Queries are scaled, as they are fewer than logits.
    """
    if bias is None and q.requires_grad and q.device.type == "cpu":
        joined: Tensor = ((q * q.shape[-1] ** -0.5) @ k.mT).softmax(-1) @ v
        return joined
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def resized_positions(
    native: Tensor, grid: tuple[int, int], prefix: int = 1, *, to_size: bool = False
) -> Tensor:
    """Resize a positional embedding (prefix + side², D) to a grid: (prefix + N, D).

    Resized like DINO does, by a factor with 0.1 added, which is what the official
    implementations of most of these methods use; not the same as resizing to the size, which
    CAT-Seg does.
    """
    side = round((len(native) - prefix) ** 0.5)
    if grid == (side, side):
        return native
    plane = native[prefix:].unflatten(0, (side, side)).permute(2, 0, 1)[None].float()
    if to_size:
        resized = F.interpolate(plane, size=list(grid), mode="bicubic", align_corners=False)
    else:
        factor = ((grid[0] + 0.1) / side, (grid[1] + 0.1) / side)
        resized = F.interpolate(plane, scale_factor=factor, mode="bicubic")
    return torch.cat([native[:prefix], resized[0].flatten(1).mT.to(native.dtype)])
