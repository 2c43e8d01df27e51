"""Captions of generated scenes, and which of them are true of which scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from open_clip import OPENAI_IMAGENET_TEMPLATES as TEMPLATES

from napari_ovseg.starter.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence


def caption(rng: np.random.Generator, names: Sequence[str]) -> tuple[str, frozenset[str]]:
    """Describe a scene, or a part of it, in words drawn from the synonyms.

    Parameters
    ----------
    names
        Categories of the scene.

    Returns
    -------
    text
        Like ``a photo of grass and rusty metal.``
    named
        The categories it names.
    """
    chosen = [str(name) for name in rng.permutation(list(names))]
    if rng.random() < 0.5:
        chosen = chosen[: rng.integers(1, len(chosen) + 1)]
    named = [word_for(rng, name) for name in chosen]
    if len(named) == 1:
        text = in_template(rng, named[0], bare=0.15)
    else:
        start = "a photo of " if rng.random() < 0.7 else ""
        text = f"{start}{', '.join(named[:-1])} and {named[-1]}"
    return text, frozenset(chosen)


def word_for(rng: np.random.Generator, name: str) -> str:
    """Choose a word for a category: often its name, else any of its synonyms."""
    synonyms = words()[name]
    return synonyms[0 if rng.random() < 0.4 else int(rng.integers(len(synonyms)))]


def in_template(rng: np.random.Generator, word: str, bare: float) -> str:
    """Put a word into one of CLIP's templates, or leave it bare with a chance."""
    if rng.random() < bare:
        return word
    return str(TEMPLATES[rng.integers(len(TEMPLATES))](word))


def truth(named: Sequence[frozenset[str]], present: Sequence[Sequence[str]]) -> np.ndarray:
    """Which caption is true of which scene: (scenes, captions) bool.

    A caption is true of every scene that shows all it names, its own or another, so scenes
    that look alike do not repel each other's words.
    """
    return np.array([[told <= set(names) for told in named] for names in present])
