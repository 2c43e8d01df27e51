"""Captions of generated scenes, and which of them are true of which scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from open_clip import OPENAI_IMAGENET_TEMPLATES as TEMPLATES

from napari_ovseg.starter.scenes import WORDS

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
    words = [
        WORDS[name][0 if rng.random() < 0.4 else rng.integers(len(WORDS[name]))] for name in chosen
    ]
    if len(words) == 1:
        bare = rng.random() < 0.15
        text = words[0] if bare else TEMPLATES[rng.integers(len(TEMPLATES))](words[0])
    else:
        start = "a photo of " if rng.random() < 0.7 else ""
        text = f"{start}{', '.join(words[:-1])} and {words[-1]}"
    return text, frozenset(chosen)


def truth(named: Sequence[frozenset[str]], present: Sequence[Sequence[str]]) -> np.ndarray:
    """Which caption is true of which scene: (scenes, captions) bool.

    A caption is true of every scene that shows all it names, its own or another, so scenes
    that look alike do not repel each other's words.
    """
    return np.array([[words <= set(names) for words in named] for names in present])
