"""What phrases mean while the image encoder learns: vectors that the text encoder copies.

A small text encoder says nearly the same for every text at first, and patches that are told by
it learn many times more slowly than patches that are told by vectors of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from napari_ovseg.backbones._text import Text
from napari_ovseg.starter.captions import in_template
from napari_ovseg.starter.words import categories, phrases, words

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch.optim import Optimizer

_COUNT = 256
"""Phrases of a step in which the text encoder learns alone."""


class Meanings(nn.Module):
    """Vectors of phrases: that of the category, or the mean of several, and a part of its own.

    Parameters
    ----------
    dimensions
        Of the vectors.
    """

    shares: Tensor

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.categories = nn.Parameter(0.1 * torch.randn(len(categories()), dimensions))
        self.own = nn.Parameter(torch.zeros(len(phrases()), dimensions))
        meant = np.array([[p in words()[c] for c in categories()] for p in phrases()], np.float32)
        shares = torch.from_numpy(meant / meant.sum(1, keepdims=True))
        self.register_buffer("shares", shares, persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Vectors (n, C) of phrases, by their places in `words.phrases`."""
        return self.shares[numbers] @ self.categories + self.own[numbers]

    @torch.no_grad()
    def take_over(self, model: Any, learnt: Collection[str]) -> None:
        """Begin with what a trained model says of the phrases that it has learnt."""
        known = [place for place, phrase in enumerate(phrases()) if phrase in learnt]
        tokenize = open_clip.SimpleTokenizer(context_length=model.context_length)
        said = Text(model)(tokenize([phrases()[place] for place in known]).to(self.own.device))
        said = F.normalize(said, dim=-1) * self.categories.norm(dim=-1).mean()
        vectors = {phrases()[place]: vector for place, vector in zip(known, said, strict=True)}
        for place, name in enumerate(categories()):
            if name in vectors:
                self.categories[place] = vectors[name]
        self.own[known] = said - self.shares[known] @ self.categories


def unlike(texts: Tensor, meant: Tensor) -> Tensor:
    """How far texts (n, C) are from the vectors (n, C) they should copy: mean 1 - cosine."""
    return 1 - F.cosine_similarity(texts, meant.detach(), dim=-1).mean()


def teach_words(
    model: Any, meanings: Meanings, optimisers: list[Optimizer], steps: int, seed: int
) -> Tensor:
    """Let the text encoder copy all phrases, in all templates; the image encoder rests.

    Returns
    -------
    (vocabulary,) bool
        Token ids it has seen.
    """
    rng, text = np.random.default_rng([seed, 2]), Text(model)
    meanings.zero_grad(set_to_none=True)  # or their last gradient would move them all along
    tokenize = open_clip.SimpleTokenizer(context_length=model.context_length)
    seen = torch.zeros(model.vocab_size, dtype=torch.bool)
    rates = [[group["initial_lr"] for group in o.param_groups] for o in optimisers]
    bar = tqdm(range(steps), desc="words", unit="step")
    for step in bar:
        numbers = rng.integers(0, len(phrases()), _COUNT)
        tokens = tokenize([in_template(rng, phrases()[i], bare=0.3) for i in numbers])
        seen[tokens.unique()] = True
        device = meanings.own.device
        loss = unlike(text(tokens.to(device)), meanings(torch.from_numpy(numbers).to(device)))
        for optimiser, full in zip(optimisers, rates, strict=True):
            for group, rate in zip(optimiser.param_groups, full, strict=True):
                group["lr"] = rate * (1 - step / steps)
        model.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser in optimisers:
            optimiser.step()
        bar.set_postfix(unlike=f"{loss.item():.4f}", refresh=False)
    return seen
