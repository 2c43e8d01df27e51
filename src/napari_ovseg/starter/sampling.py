"""Drawings that are kept, so that training can cut scenes from them again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from napari_ovseg.starter.looks import FAMILIES, NATURAL
from napari_ovseg.starter.scenes import Scene, draw, generate, kinds_of

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

ODDS = {NATURAL: 0.28, "microscopy": 0.24, "medical": 0.24, "engineering": 0.24}


class Bank:
    """Drawings of every look and surface, drawn once.

    Parameters
    ----------
    seed
        Of all drawings.
    variants
        How many of each.
    """

    def __init__(self, seed: int, variants: int, *, quiet: bool = False) -> None:
        rng = np.random.default_rng([seed, 0])
        kinds = [kind for family in (*FAMILIES, NATURAL) for kind in kinds_of(family)]
        self._drawings = {
            kind: [draw(rng, kind) for _ in range(variants)]
            for kind in tqdm(kinds, desc="drawing", unit="kind", disable=quiet)
        }

    def scene(self, rng: np.random.Generator, size: int) -> Scene:
        """Make a scene of a random family."""
        family = str(rng.choice(list(ODDS), p=list(ODDS.values())))
        return generate(rng, size, family, self._kept)

    def _kept(self, rng: np.random.Generator, kind: str) -> tuple[Array, Array]:
        kept = self._drawings[kind]
        return kept[int(rng.integers(len(kept)))]
