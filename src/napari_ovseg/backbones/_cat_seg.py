"""CAT-Seg's checkpoints: a fine-tuned CLIP, and the head that compares its features with words.

The official files (``model_base.pth``, ``model_large.pth``) are pickles of a training run.
They are taken over once, as safetensors: CLIP as open_clip names it, the head beside it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones import _files
from napari_ovseg.backbones._pickled import read_pickled
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from napari_ovseg.aggregation import Head

SUFFIX = ".pth"
LICENCE = "none stated (their code: MIT)"
TRAINED_ON = "COCO-Stuff"
_CLIP = "sem_seg_head.predictor.clip_model."
_AGGREGATOR = "sem_seg_head.predictor.transformer."
_UPSAMPLE = ("upsample1.", "upsample2.")
_PROJECTIONS = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
_HEAD_WIDTH = 64  # of an attention head in every CLIP of OpenAI
_SIDES = [640, 2560]  # the shorter side in the official evaluation, and its largest


def convert(checkpoint: Path, folder: Path) -> dict[str, Any]:
    """Write the tensors of an official checkpoint as a folder of open_clip with a head.

    Returns
    -------
    dict
        What its manifest should tell.

    Raises
    ------
    WeightsError
        If the file is damaged, holds more than tensors, or another architecture; it says
        what differs. Nothing in it is run.
    """
    from safetensors.torch import save_file

    clip, head = _sorted_out(read_pickled(checkpoint), checkpoint.name)
    clip = _joined(clip)
    try:
        config = {"model_cfg": _architecture(clip)}
    except (KeyError, IndexError, ValueError) as error:
        raise WeightsError(
            f"{checkpoint.name} holds no CLIP as CAT-Seg's: {error} is missing or of another shape"
        ) from error
    grid = _built(head, checkpoint.name).grid
    save_file(clip, folder / _files.WEIGHTS)
    save_file(head, folder / _files.HEAD)
    (folder / _files.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    values = {"cat_seg": {"patches": grid}}
    told = {"licence": LICENCE, "trained_on": TRAINED_ON}
    return {**told, "short_side": _SIDES, "method_values": values}


def load_head(weights: _files.Weights) -> Head:
    """Load the head of a folder, to its last tensor.

    Raises
    ------
    WeightsError
        If it is damaged, or does not fit its own architecture.
    """
    return _built(_files.read_tensors(weights.file), weights.file.name)


def _built(tensors: dict[str, Tensor], file_name: str) -> Head:
    from napari_ovseg.aggregation import Head, Sizes

    try:
        sizes, width = Sizes.of(tensors), tensors["upsample1.weight"].shape[0]
    except (KeyError, IndexError, ValueError) as error:
        raise WeightsError(
            f"{file_name} holds no head of CAT-Seg: {error} is missing or of another shape"
        ) from error
    try:
        head = Head(sizes, width)
    except (RuntimeError, ValueError, ZeroDivisionError) as error:
        raise WeightsError(f"{file_name} holds a head of impossible sizes: {sizes}") from error
    _files.fill(head, tensors, file_name, set())
    return head


def _sorted_out(
    tensors: Mapping[str, Tensor], file_name: str
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Split a checkpoint into CLIP and head; every key must belong to one of them."""
    clip = {k.removeprefix(_CLIP): t for k, t in tensors.items() if k.startswith(_CLIP)}
    head = {
        k.replace(_AGGREGATOR, "transformer."): t
        for k, t in tensors.items()
        if k.startswith((_AGGREGATOR, *_UPSAMPLE))
    }
    parts = (_CLIP, _AGGREGATOR, *_UPSAMPLE)
    others = [k for k in tensors if not k.startswith(parts)]
    lacking = [p for p in parts if not any(k.startswith(p) for k in tensors)]
    if others or lacking:
        older = any(k.startswith("backbone.") for k in others)
        told = [f"{len(others)} unknown tensors, as {others[0]}"] if others else []
        told += [f"nothing below {', '.join(lacking)}"] if lacking else []
        version = "; it is one of CAT-Seg's first version, another architecture" if older else ""
        raise WeightsError(
            f"{file_name} is no checkpoint of CAT-Seg as published in 2024: it holds "
            f"{' and '.join(told)}{version}"
        )
    return clip, head


def _joined(clip: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Join the projections of queries, keys and values, which the checkpoint keeps apart."""
    import torch

    joined = {k: t for k, t in clip.items() if not k.endswith(_PROJECTIONS)}
    for stem in {k[: -len(_PROJECTIONS[0])] for k in clip if k.endswith(_PROJECTIONS)}:
        parts = [clip[stem + part] for part in _PROJECTIONS if stem + part in clip]
        if len(parts) != 3 or len({part.shape for part in parts}) != 1:
            raise WeightsError(
                f"{_CLIP}{stem} of the checkpoint lacks one of {', '.join(_PROJECTIONS)}, or they "
                "differ in shape; it is another model"
            )
        joined[f"{stem}in_proj_weight"] = torch.cat(parts)
    return joined


def _architecture(clip: Mapping[str, Tensor]) -> dict[str, Any]:
    """Read the ``model_cfg`` of open_clip off the tensors of an OpenAI ViT."""
    shapes = {name: tuple(tensor.shape) for name, tensor in clip.items()}

    def layers(prefix: str) -> int:
        found = {k.removeprefix(prefix).split(".")[0] for k in shapes if k.startswith(prefix)}
        return len(found)

    width, _, _, patch = shapes["visual.conv1.weight"]
    words, channels = shapes["text_projection"]
    positions = shapes["visual.positional_embedding"][0] - 1
    vocabulary, length = shapes["token_embedding.weight"][0], shapes["positional_embedding"][0]
    return {
        "embed_dim": channels,
        "quick_gelu": True,
        "vision_cfg": {
            "image_size": math.isqrt(positions) * patch, "patch_size": patch, "width": width,
            "layers": layers("visual.transformer.resblocks."), "head_width": _HEAD_WIDTH,
        },
        "text_cfg": {
            "context_length": length, "vocab_size": vocabulary, "width": words,
            "heads": max(words // _HEAD_WIDTH, 1), "layers": layers("transformer.resblocks."),
        },
    }  # fmt: skip
