"""CLIP encoders of open_clip: native and timm's plain ViTs, a folder, or the built-in starter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from napari_ovseg._optional import require
from napari_ovseg.backbones import _cat_seg, _clip, _files, _names
from napari_ovseg.backbones._kept import Kept
from napari_ovseg.backbones._learnt import Learnt
from napari_ovseg.backbones._loaded import Loaded, statistics
from napari_ovseg.backbones._locate import find
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.backbones._parts import part
from napari_ovseg.backbones._preferences import Preferences
from napari_ovseg.backbones._text import Text
from napari_ovseg.backbones._timm import TimmVision, difference
from napari_ovseg.backbones._tokenizer import Tokenize, files_of, tokenizer
from napari_ovseg.device import choose_device
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from napari_ovseg.aggregation import Head
    from napari_ovseg.backbones._files import Weights
    from napari_ovseg.backbones._vision import Vision


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Backbone(Loaded):
    """An image and a text encoder into one space.

    Attributes
    ----------
    vision, text
        The two towers, opened.
    tokenize
        From a list of texts to (B, T) token ids.
    preferences
        What suits it better than the defaults.
    learnt
        The words it learnt, where they are few; None for a model that knows language.
    head, head_fingerprint
        Weights of a trained method that came with it, and their sha256, if any.
    """

    vision: Vision
    text: Text
    tokenize: Tokenize
    preferences: Preferences = field(default_factory=Preferences)
    learnt: Learnt | None = None
    head: Head | None = None
    head_fingerprint: str = ""


_kept: Kept[Backbone] = Kept("the model")
_UNFIT = (
    *(KeyError, TypeError, ValueError, AttributeError),
    *(AssertionError, ArithmeticError, RuntimeError),
)
"""What a config raises that was damaged or never was one."""


def load_backbone(name: str, device: str = "auto") -> Backbone:
    """Load an encoder, or return it if it was among the last two.

    Parameters
    ----------
    name
        ``starter``, ``NAME:TAG`` of open_clip, a folder, or an OpenAI archive.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises
    ------
    WeightsError
        If the weights are missing, damaged, or do not fit the architecture to the last
        tensor. A model is never left with random weights.
    """
    return _kept.get(name, choose_device(device), _load)


def forget(name: str) -> None:
    """Load it anew when it is asked for again: its files may be others then."""
    _kept.forget(name)


def _load(name: str, device: torch.device) -> Backbone:
    weights = find(name)
    fingerprint = weights.verified()
    tensors = _files.read_tensors(weights.file)
    if weights.config is None:
        model, tokenize, preprocess = _from_archive(tensors)
    else:
        model = _build(weights.config, weights.file.parent)
        _fill(model, tensors, weights.file.name)
        tokenize = tokenizer(weights.file.parent, weights.config["model_cfg"]["text_cfg"])
        preprocess = weights.config.get("preprocess_cfg", {})
    model = model.float().eval().requires_grad_(False).to(device)
    mean, std = _statistics(preprocess, device)
    beside = weights.head
    head_fingerprint = beside.verified() if beside else ""
    head = _cat_seg.load_head(beside).eval().requires_grad_(False).to(device) if beside else None
    return Backbone(
        name=name,
        fingerprint=fingerprint,
        identity=weights.identity(fingerprint, _beside(weights)),
        licence=weights.licence,
        vision=_opened(model.visual),
        text=Text(model),
        tokenize=tokenize,
        mean=mean,
        std=std,
        device=device,
        preferences=weights.preferences,
        learnt=Learnt(weights.learnt) if weights.learnt else None,
        head=head,
        head_fingerprint=head_fingerprint,
    )


def _beside(weights: Weights) -> list[Path]:
    """Files that a model was made from beside its weights and its config: all for the text."""
    if weights.config is None:
        return []
    folder = weights.file.parent
    bert = folder / _files.TEXT_CONFIG
    return [*files_of(folder, weights.config["model_cfg"]["text_cfg"]), *[bert] * bert.is_file()]


def _opened(visual: Any) -> Vision:
    """Open an image encoder."""
    trunk = getattr(visual, "trunk", None)
    if trunk is None:
        return NativeVision(visual)
    if other := difference(trunk):
        raise WeightsError(f"this model {_names.REFUSED}: {other}")
    return TimmVision(trunk, visual.head)


def _build(config: dict[str, Any], folder: Path) -> Any:
    """Build the architecture of a config; its weights are still random."""
    try:
        model_config = dict(config["model_cfg"])
        bert = folder / _files.TEXT_CONFIG
        if reason := _names.refusal(model_config, bert=bert.is_file()):
            raise WeightsError(f"this model {_names.REFUSED}: {reason}")
        if _clip.is_plain(model_config):
            return _clip.Clip(**model_config)
        from open_clip.model import CLIP, CustomTextCLIP

        custom = model_config.pop("custom_text", False)
        if "hf_model_name" in model_config["text_cfg"]:
            model_config["text_cfg"], custom = _with_bert(model_config["text_cfg"], bert), True
        return (CustomTextCLIP if custom else CLIP)(**model_config)
    except _UNFIT as error:
        raise WeightsError(f"the model's {_files.CONFIG} cannot be used: {error!r}") from error


def _with_bert(text: dict[str, Any], bert: Path) -> dict[str, Any]:
    """Let a text tower be built from a file instead of the hub, without weights of its own."""
    require("transformers", extra="transformers", purpose="the text encoder of this model")
    kind = _files.read_json(bert).get("model_type")
    if kind != "bert":
        raise WeightsError(f"this model {_names.REFUSED}: its text encoder is {kind!r}, no BERT")
    return {**text, "hf_model_name": str(bert), "hf_model_pretrained": False}


def _fill(model: Any, tensors: dict[str, Any], file_name: str) -> None:
    """Load every tensor, or say which do not fit."""
    if hasattr(model, "text"):
        from open_clip.model import convert_to_custom_text_state_dict

        tensors = convert_to_custom_text_state_dict(tensors)
    # Cosines are used, not CLIP's own temperature; older transformers stored position ids.
    optional = {"logit_bias", "logit_scale", "text.transformer.embeddings.position_ids"}
    _files.fill(model, tensors, file_name, optional)


def _from_archive(
    tensors: dict[str, Any],
) -> tuple[Any, Tokenize, dict[str, Any]]:
    """Build OpenAI's architecture from its own tensors (QuickGELU throughout)."""
    import open_clip
    from open_clip.model import build_model_from_openai_state_dict

    try:
        model = build_model_from_openai_state_dict(dict(tensors), cast_dtype=torch.float32)
    except (KeyError, RuntimeError, AttributeError, IndexError) as error:
        raise WeightsError(f"the archive does not hold an OpenAI ViT: {error}") from error
    if "visual.proj" not in tensors:
        raise WeightsError("the archive holds a ResNet; only ViTs can be opened for dense features")
    return model, open_clip.SimpleTokenizer(context_length=model.context_length), {}


def _statistics(preprocess: Any, device: torch.device) -> tuple[Tensor, Tensor]:
    usual = part("constants")
    try:
        defaults = (usual.OPENAI_DATASET_MEAN, usual.OPENAI_DATASET_STD)
        return statistics(preprocess, defaults, device)
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"the model's {_files.CONFIG} cannot be used: {error!r}") from error
