"""Batches of pictures, captions and words, made ahead by processes of their own."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import open_clip

from napari_ovseg.starter.captions import caption, in_template, truth, word_for
from napari_ovseg.starter.sampling import Bank
from napari_ovseg.starter.words import categories, phrases, vocabularies, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_ovseg.starter.drawing import Array

CONTEXT = 32
"""Tokens of a text."""
REST = "background"
"""The word for all that is not asked."""
_ALL = 0.3
"""Chance that all a picture shows is asked."""


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Attributes
    ----------
    images : (B, S, S, 3) uint8
    ids : (B, S, S) int16
        Category of every pixel.
    captions : (B, 32) int64
        Tokens.
    true : (B, B) float32
        1 where the caption of column j is true of the picture of row i.
    phrases : (P, 32) int64
        Tokens of one phrase for every category, equal ones once, after `REST`.
    spoken : (P,) int64
        Places of these phrases in `words.phrases`.
    means : (K, P) float32
        Rows of shares: which phrases a category is meant by.
    kin : (B, K) bool
        Which categories are of the picture's family.
    asked : (B, P) bool
        Which phrases someone asks of the picture: some of what it shows, some that it does not.
    """

    images: Array
    ids: Array
    captions: Array
    true: Array
    phrases: Array
    spoken: Array
    means: Array
    kin: Array
    asked: Array


def make_batch(bank: Bank, rng: np.random.Generator, count: int, side: int) -> Batch:
    """Draw a batch of `count` pictures."""
    scenes = [bank.scene(rng, side) for _ in range(count)]
    present = [scene.names for scene in scenes]
    pairs = [caption(rng, names) for names in present]
    said, means = _said(rng)
    kin = np.stack([_kin(scene.family) for scene in scenes])
    tokenize = _tokenizer()
    return Batch(
        images=np.stack([s.image for s in scenes]),
        ids=np.stack([s.ids for s in scenes]).astype(np.int16),
        captions=tokenize([text for text, _ in pairs]).numpy(),
        true=truth([named for _, named in pairs], present).astype(np.float32),
        phrases=tokenize([in_template(rng, word, bare=0.3) for word in said]).numpy(),
        spoken=np.array([phrases().index(word) for word in said]),
        means=means,
        kin=kin,
        asked=np.stack(
            [
                _asked(rng, means[np.unique(scene.ids)].any(0), means[of].any(0))
                for scene, of in zip(scenes, kin, strict=True)
            ]
        ),
    )


@cache
def _tokenizer() -> open_clip.SimpleTokenizer:
    """Open CLIP's tokenizer once: it takes as long as half of the pictures of a batch."""
    return open_clip.SimpleTokenizer(context_length=CONTEXT)


def _kin(family: str) -> Array:
    return np.array([name in vocabularies()[family] for name in categories()])


def _said(rng: np.random.Generator) -> tuple[list[str], Array]:
    """`REST` and one word for every category; a word of two categories means both."""
    chosen = list(dict.fromkeys([REST, *(word_for(rng, name) for name in categories())]))
    means = np.array([[w in words()[name] for w in chosen] for name in categories()], np.float32)
    return chosen, means / means.sum(1, keepdims=True)


def _asked(rng: np.random.Generator, shown: Array, kin: Array) -> Array:
    """Ask for some of the phrases (P,) that are shown, a few others of the family, and the rest."""
    of_shown = 1.0 if rng.random() < _ALL else rng.uniform(0.1, 1.0)
    chance = np.where(shown, of_shown, kin * rng.uniform(0, 0.1))
    asked = rng.random(len(chance)) < chance
    asked[0] = True
    return asked


_bank: Bank | None = None


def _prepare(seed: int, variants: int) -> None:
    global _bank  # noqa: PLW0603  # one bank per process, too large to be sent
    _bank = Bank(seed, variants, quiet=True)


def _make(seed: int, step: int, count: int, side: int) -> Batch:
    assert _bank is not None  # the process was prepared
    return make_batch(_bank, np.random.default_rng([seed, 1, step]), count, side)


@dataclass(frozen=True)
class Source:
    """Where batches come from: equal for equal settings, whatever the number of processes."""

    seed: int
    variants: int
    count: int
    side: int
    processes: int = 1

    def batches(self, first: int, last: int) -> Iterator[Batch]:
        """Yield the batches of steps first..last-1; the next are made meanwhile."""
        pool = ProcessPoolExecutor(
            self.processes, get_context("spawn"), _prepare, (self.seed, self.variants)
        )
        with pool:
            ahead: deque[Future[Batch]] = deque()
            for step in range(first, last):
                ahead.append(pool.submit(_make, self.seed, step, self.count, self.side))
                if len(ahead) > 2 * self.processes:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
