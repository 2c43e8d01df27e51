"""The words that a small model learnt, so that of others it can say that it never did.

They lie beside its weights (`_files.LEARNT`) as embeddings, (W, C) float16.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Nearest:
    """The learnt phrase nearest to a query, and whether the query is as good as learnt."""

    phrase: str
    cosine: float
    familiar: bool


@dataclass(frozen=True, eq=False, slots=True)
class Learnt:
    """Phrases a model was trained on.

    Attributes
    ----------
    phrases
        W of them.
    vectors : (W, C) float32
        Unit vectors, of the ensemble that queries are embedded with.
    familiar_from
        Cosine from which on a query counts as learnt.
    """

    phrases: tuple[str, ...]
    vectors: np.ndarray
    familiar_from: float

    def nearest(self, text: np.ndarray) -> list[Nearest]:
        """Compare queries (Q, C) of unit length with every learnt phrase."""
        cosines = text @ self.vectors.T
        best = cosines.argmax(1)
        return [
            Nearest(self.phrases[b], float(c[b]), bool(c[b] >= self.familiar_from))
            for b, c in zip(best, cosines, strict=True)
        ]


def pack(phrases: Sequence[str], vectors: np.ndarray, familiar_from: float) -> bytes:
    """Make the contents of the file."""
    from safetensors.numpy import save

    told = {"phrases": json.dumps(list(phrases)), "familiar_from": repr(familiar_from)}
    return save({"vectors": np.ascontiguousarray(vectors, np.float16)}, told)


def read(path: Path) -> Learnt:
    """Read the file.

    Raises
    ------
    WeightsError
        If it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            told, vectors = file.metadata(), file.get_tensor("vectors").astype(np.float32)
        phrases, limit = tuple(json.loads(told["phrases"])), float(told["familiar_from"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path.name} is damaged ({error}); fetch the model again") from error
    if vectors.ndim != 2 or len(vectors) != len(phrases):
        raise WeightsError(
            f"{path.name} is damaged: {len(phrases)} phrases, but vectors of shape "
            f"{vectors.shape}; fetch the model again"
        )
    return Learnt(phrases, vectors, limit)
