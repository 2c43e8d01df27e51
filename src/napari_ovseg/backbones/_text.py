"""Text encoders, opened so that short texts cost little."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Text:
    """The text encoder of a CLIP: a native transformer, or a BERT.

    Attributes
    ----------
    parameters
        How many numbers its blocks have.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        tower = getattr(model, "text", model)
        self._tower = tower
        self.parameters = sum(p.numel() for p in tower.transformer.parameters())
        pool = getattr(tower, "text_pool_type", getattr(tower, "pool_type", ""))
        self._causal = (
            pool == "argmax"
            and getattr(tower, "cls_emb", None) is None
            and getattr(tower, "attn_mask", None) is not None
        )
        # A BERT does not attend to padding; other encoders without a causal mask were trained
        # to attend to it.
        self._padding = getattr(getattr(tower, "config", None), "pad_token_id", None)

    def __call__(self, tokens: Tensor) -> Tensor:
        """Embed token ids (B, T): (B, C), not of unit length.

        Where nothing depends on the padding it is cut off first: the result is the same, and a
        short prompt costs a fifth (of CLIP's 77 tokens), or a twentieth (of a BERT's 256).
        """
        if self._causal:
            return self._up_to_the_end(tokens)
        if self._padding is not None:
            used = (tokens != self._padding).any(0).nonzero()
            tokens = tokens[:, : int(used.max()) + 1]
        embedded: Tensor = self._model.encode_text(tokens)
        return embedded

    def _up_to_the_end(self, tokens: Tensor) -> Tensor:
        """Behind a causal mask nothing after the end token reaches it."""
        tower = self._tower
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
