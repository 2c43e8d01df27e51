"""From texts to token ids: CLIP's own tokenizer, or one whose files lie beside the weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_ovseg._optional import require
from napari_ovseg.backbones._parts import part
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

Tokenize: TypeAlias = "Callable[[Sequence[str]], Tensor]"

FILES = (
    "merges.txt",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
"""What the files of a tokenizer may be called on the hub."""
_WHOLE = ("tokenizer.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model")


def tokenizer(folder: Path, text: dict[str, Any]) -> Tokenize:
    """Build the tokenizer of a model; nothing is downloaded.

    Parameters
    ----------
    folder
        Of the weights.
    text
        ``text_cfg`` of the model.

    Raises
    ------
    WeightsError
        If its files are not on this machine or cannot be read.
    MissingDependencyError
        If it needs transformers, which is not installed.
    """
    length, options = text.get("context_length", 77), text.get("tokenizer_kwargs", {})
    learnt = text.get("hf_tokenizer_name")
    if learnt is None and not options:
        # The one of its file: another takes 0.1 s under Python's lock.
        return partial(part("tokenizer").tokenize, context_length=length)
    if learnt is None:
        plain: Tokenize = part("tokenizer").SimpleTokenizer(context_length=length, **options)
        return plain
    require("transformers", extra="transformers", purpose="the tokenizer of this model")
    from open_clip.tokenizer import HFTokenizer

    source = _source(folder, learnt)
    try:
        built: Tokenize = HFTokenizer(str(source), context_length=length, **options)
    except Exception as error:
        raise WeightsError(
            f"the tokenizer in {str(source)!r} cannot be read ({error}); fetch the model again"
        ) from error
    return built


def files_of(folder: Path, text: dict[str, Any]) -> list[Path]:
    """Files that `tokenizer` reads; none where it is open_clip's own."""
    learnt = text.get("hf_tokenizer_name")
    if learnt is None:
        return []
    source = _source(folder, learnt)
    return [source / name for name in FILES if (source / name).is_file()]


def _source(folder: Path, learnt: str) -> Path:
    """Folder of the tokenizer's files: beside the weights, or in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    for name in _WHOLE:
        if (folder / name).is_file():
            return folder
    for name in _WHOLE:
        if isinstance(path := try_to_load_from_cache(learnt, name), str):
            return Path(path).parent
    raise WeightsError(
        f"this model reads words through the tokenizer {learnt!r}, which is not on this machine; "
        f"fetch the model with 'ovseg models fetch', or copy {_WHOLE[0]} and "
        "tokenizer_config.json beside the weights"
    )
