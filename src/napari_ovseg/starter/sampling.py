"""Drawings that are kept, so that training can cut scenes from them again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from napari_ovseg.starter.looks import FAMILIES, NATURAL
from napari_ovseg.starter.scenes import Scene, draw, generate, kinds_of

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

SHARES = {
    "superalloy": 3.0,
    "layered cross-section": 3.0,
    "mr heart": 2.0,
    "fundus photograph": 2.0,
    "cracked wall or road": 2.0,
    "metal surface with defects": 2.0,
}
"""How often a look is seen, where that is not as often as the others of its family (1.0)."""


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
        return generate(rng, size, str(rng.choice([NATURAL, *FAMILIES])), self._kept, SHARES)

    def _kept(self, rng: np.random.Generator, kind: str) -> tuple[Array, Array]:
        kept = self._drawings[kind]
        return kept[int(rng.integers(len(kept)))]
