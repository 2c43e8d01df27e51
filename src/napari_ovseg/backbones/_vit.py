"""The one place that knows the inside of open_clip's native transformers.

It touches only what open_clip 3.3 (``nn.MultiheadAttention``) and its development branch
(an ``Attention`` of its own) share: ``ln_1, ln_2, mlp, ls_1, ls_2, attn.in_proj_weight,
attn.in_proj_bias, attn.out_proj, attn.num_heads``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_ovseg.progress import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_ovseg.progress import Stop


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """One residual attention block, opened.

    Letters: B windows, T tokens (CLS first), D width, H heads, d = D / H.
    """

    module: Any

    def __call__(self, x: Tensor) -> Tensor:
        """Run the block unchanged: (B, T, D) to (B, T, D)."""
        result: Tensor = self.module(x)
        return result

    def heads(self, x: Tensor, parts: str = "qkv") -> tuple[Tensor, ...]:
        """Queries, keys or values of the normalised input, each (B, H, T, d).

        `parts` names them, as in ``"kv"``; what is not named is not computed.
        """
        attn = self.module.attn
        normal = self.module.ln_1(x)
        rows = {"q": 0, "k": 1, "v": 2}
        weights, biases = attn.in_proj_weight.chunk(3), attn.in_proj_bias.chunk(3)
        projected = (F.linear(normal, weights[rows[p]], biases[rows[p]]) for p in parts)
        return tuple(p.unflatten(-1, (attn.num_heads, -1)).transpose(1, 2) for p in projected)

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
        return F.scaled_dot_product_attention(x, x, v, attn_mask=bias)

    def merge(self, heads: Tensor) -> Tensor:
        """Join heads (B, H, T, d) and apply the output projection: (B, T, D)."""
        return self.out(heads.transpose(1, 2).flatten(2))

    def out(self, joined: Tensor) -> Tensor:
        """Apply the output projection to heads side by side: (B, T, D) to (B, T, D)."""
        scaled: Tensor = self.module.ls_1(self.module.attn.out_proj(joined))
        return scaled

    def mlp(self, x: Tensor) -> Tensor:
        """Feed-forward part with its norm, without the residual: (B, T, D)."""
        result: Tensor = self.module.ls_2(self.module.mlp(self.module.ln_2(x)))
        return result


class Vision:
    """An image encoder, opened: `embed`, then `blocks`, then `project`.

    Attributes
    ----------
    patch
        Side of a patch, px.
    native
        Side of the picture it was trained on, px.
    parameters
        How many numbers it has.
    blocks
        The transformer blocks in order.
    """

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self.patch = int(visual.patch_size[0])
        self.native = int(visual.image_size[0])
        self.parameters = sum(p.numel() for p in visual.parameters())
        self.blocks = [Block(module) for module in visual.transformer.resblocks]

    def embed(self, pixels: Tensor) -> Tensor:
        """Cut normalised windows into tokens: (B, 3, h, w) to (B, 1 + N, D), CLS first.

        A remainder of rows or columns smaller than a patch is ignored, as the convolution does.
        """
        visual = self._visual
        maps = visual.conv1(pixels)
        grid = (maps.shape[-2], maps.shape[-1])
        tokens = maps.flatten(2).mT
        cls = visual.class_embedding.to(tokens.dtype).expand(len(tokens), 1, -1)
        tokens = torch.cat([cls, tokens], dim=1) + self.positions(grid).to(tokens.dtype)
        result: Tensor = visual.ln_pre(tokens)
        return result

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

    def grid(self, pixels: Tensor) -> tuple[int, int]:
        """Rows and columns of patches in windows (B, 3, h, w)."""
        return pixels.shape[-2] // self.patch, pixels.shape[-1] // self.patch

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """Positional embedding for a grid (rows, columns): (1 + N, D)."""
        return resized_positions(self._visual.positional_embedding, grid)

    def project(self, x: Tensor) -> Tensor:
        """Drop CLS, norm and project to the joint space: (B, 1 + N, D) to (B, N, C)."""
        return self.project_patches(x[:, 1:])

    def project_patches(self, x: Tensor) -> Tensor:
        """Norm and project tokens without CLS: (B, N, D) to (B, N, C)."""
        tokens = self._visual.ln_post(x)
        if self._visual.proj is None:
            plain: Tensor = tokens
            return plain
        projected: Tensor = tokens @ self._visual.proj
        return projected


def resized_positions(native: Tensor, grid: tuple[int, int]) -> Tensor:
    """Resize a positional embedding (1 + side², D), CLS first, to a grid: (1 + N, D).

    Resized like DINO does, by a factor with 0.1 added, which is what every official
    implementation of these methods uses; not the same as resizing to the size.
    """
    side = round((len(native) - 1) ** 0.5)
    if grid == (side, side):
        return native
    plane = native[1:].unflatten(0, (side, side)).permute(2, 0, 1)[None].float()
    factor = ((grid[0] + 0.1) / side, (grid[1] + 0.1) / side)
    resized = F.interpolate(plane, scale_factor=factor, mode="bicubic")
    return torch.cat([native[:1], resized[0].flatten(1).mT.to(native.dtype)])


class Text:
    """A text encoder, opened so that short texts cost little."""

    def __init__(self, model: Any) -> None:
        self._model = model
        tower = getattr(model, "text", model)
        self._tower = tower
        self._pool = getattr(tower, "text_pool_type", getattr(tower, "pool_type", ""))
        self._plain = self._pool == "argmax" and getattr(tower, "cls_emb", None) is None

    def __call__(self, tokens: Tensor) -> Tensor:
        """Embed token ids (B, T): (B, C), not of unit length.

        Behind a causal mask nothing after the end token reaches it, so the padding is cut
        off first: the result is the same, and a short prompt costs a fifth.
        """
        tower = self._tower
        if not self._plain or tower.attn_mask is None:
            whole: Tensor = self._model.encode_text(tokens)
            return whole
        ends = tokens.argmax(dim=-1)
        length = int(ends.max()) + 1
        x = tower.token_embedding(tokens[:, :length]) + tower.positional_embedding[:length]
        x = tower.transformer(x, attn_mask=tower.attn_mask[:length, :length])
        x = tower.ln_final(x)[torch.arange(len(tokens), device=tokens.device), ends]
        project = tower.text_projection
        if project is not None:
            x = project(x) if isinstance(project, torch.nn.Module) else x @ project
        embedded: Tensor = x
        return embedded
