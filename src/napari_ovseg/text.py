"""Embeddings of queries: the 80-template ensemble, in memory and on disk."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_ovseg._atomic import write_atomic
from napari_ovseg.backbones._parts import part
from napari_ovseg.errors import ExportError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from napari_ovseg.backbones import Backbone

Mixture: TypeAlias = tuple[tuple[float, str], ...]
_PER_STEP = 400_000_000
"""Prompts times parameters that are read between two chances to cancel: ten by CLIP's own
encoder. A small encoder reads all at once: each call waits its turn beside a busy window."""
_ENSEMBLE = "openai-80"
_memory: dict[tuple[str, str, str], np.ndarray] = {}
_MEMORY_LIMIT = 20_000


def cache_folder() -> Path:
    """Folder of everything that can be made again; ``$OVSEG_CACHE`` moves it."""
    from platformdirs import user_cache_path

    given = os.environ.get("OVSEG_CACHE")
    return Path(given) if given else user_cache_path("napari-ovseg", appauthor=False)


def embed_steps(
    backbone: Backbone, mixtures: Sequence[Mixture], template: str = ""
) -> Steps[Tensor]:
    """Embed queries, what was seen before from the cache.

    Each phrase is put into OpenAI's 80 ImageNet templates; the prompts' unit vectors are
    averaged and made a unit vector again (as SCLIP and its kin do).

    Parameters
    ----------
    mixtures
        For each of Q queries, shares and phrases (`Method.phrases`); their ensembles are added.
    template
        The one prompt to put them into instead (`Method.template`), with ``{}`` for the phrase.

    Returns
    -------
    text : (Q, C) float32 on the backbone's device
    """
    import torch

    phrases = dict.fromkeys(phrase for mixture in mixtures for _, phrase in mixture)
    keys = {p: (backbone.identity, template or _ENSEMBLE, p) for p in phrases}
    known = {p: _recall(keys[p]) for p in phrases}
    vectors = {p: vector for p, vector in known.items() if vector is not None}
    new = [p for p in phrases if p not in vectors]
    for number, phrase in enumerate(new):
        prompts = _prompts(phrase, template)
        vectors[phrase] = vector = yield from _ensemble(backbone, prompts, number, len(new))
        _remember(keys[phrase], vector)
    rows = [np.sum([s * vectors[p] for s, p in mixture], axis=0) for mixture in mixtures]
    return torch.from_numpy(np.stack(rows).astype(np.float32)).to(backbone.device)


def _prompts(query: str, template: str) -> list[str]:
    if template:
        return [template.replace("{}", query)]
    templates = part("zero_shot_metadata").OPENAI_IMAGENET_TEMPLATES
    # By length: those read in one step are as long as the longest of them.
    return sorted((put(query) for put in templates), key=len)


def _ensemble(backbone: Backbone, prompts: list[str], number: int, total: int) -> Steps[np.ndarray]:
    import torch

    tokens = backbone.tokenize(prompts).to(backbone.device)
    vectors = []
    count = max(1, _PER_STEP // backbone.text.parameters)
    for start in range(0, len(prompts), count):
        yield Progress("words", number * len(prompts) + start, total * len(prompts))
        with torch.inference_mode():
            embedded = backbone.text(tokens[start : start + count])
            vectors.append(torch.nn.functional.normalize(embedded.float(), dim=-1))
    mean = torch.cat(vectors).mean(0)
    return np.asarray(torch.nn.functional.normalize(mean, dim=0).cpu())


def _cache_file(key: tuple[str, str, str]) -> Path:
    identity, template, query = key
    name = hashlib.sha256(f"{template}\0{query}".encode()).hexdigest()
    return cache_folder() / "text" / identity[:32] / f"{name[:40]}.npy"


def _recall(key: tuple[str, str, str]) -> np.ndarray | None:
    if key in _memory:
        return _memory[key]
    try:
        vector: np.ndarray = np.load(_cache_file(key), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if vector.ndim != 1 or vector.dtype != np.float32 or not np.isfinite(vector).all():
        return None
    _memory[key] = vector
    return vector


def _remember(key: tuple[str, str, str], vector: np.ndarray) -> None:
    if len(_memory) >= _MEMORY_LIMIT:
        _memory.clear()
    _memory[key] = vector
    buffer = io.BytesIO()
    np.save(buffer, vector)
    try:
        write_atomic(_cache_file(key), buffer.getvalue())
    except ExportError:
        return  # a cache that cannot be written only costs time
