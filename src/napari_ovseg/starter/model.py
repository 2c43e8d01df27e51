"""The starter model: its architecture, and how it is packed as a folder like any other."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import open_clip
from safetensors.torch import save

from napari_ovseg._atomic import write_atomic
from napari_ovseg.backbones._files import CONFIG, MANIFEST, WEIGHTS
from napari_ovseg.backbones._preferences import Preferences
from napari_ovseg.backbones._vision import resized_positions
from napari_ovseg.starter.batches import CONTEXT
from napari_ovseg.starter.words import phrases

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

SIDE = 160
"""Of a window, px: what is around decides as much as what is there."""
MODEL: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {
        "image_size": SIDE,
        "patch_size": 8,
        "width": 160,
        "layers": 7,
        "head_width": 32,
        "pool_type": "avg",
    },
    "text_cfg": {
        "context_length": CONTEXT,
        "vocab_size": 49408,
        "width": 64,
        "heads": 2,
        "layers": 2,
    },
}
_POSITIONS = "visual.positional_embedding"
_BLOCKS = "visual.transformer.resblocks."
PREFERENCES = Preferences(
    # Objects of a few pixels need patches of their own.
    short_side=(768, 1152),
    # Smaller sizes show a window what is around; better on four sets of drawings of four.
    scales=(1.0, 0.5, 0.25),
    # Its patches are more alike than those of a CLIP of full size, so the papers' limits on
    # cosines (0.4 and 0.55) let everything through; chosen on generated scenes.
    method_values={"sc_clip": {"beta": 0.85}, "gla_clip without a guide": {"rho": 0.98}},
    # What is rare weighs more in training than it is frequent; chosen on generated scenes, too.
    background_margin=1.0,
)


def new_model() -> Any:
    """Build the architecture with random weights, ready to train."""
    from open_clip.model import CLIP

    return CLIP(**MODEL, init_logit_scale=math.log(14))


def enlarged(tensors: dict[str, Tensor], fresh: dict[str, Tensor]) -> dict[str, Tensor]:
    """Make weights of fewer layers or smaller windows fit a larger image encoder.

    Parameters
    ----------
    tensors
        Trained.
    fresh
        Of the larger model. Its new blocks go before the last, which methods replace, and add
        nothing to begin with.
    """
    last, deepest = _layers(tensors) - 1, _layers(fresh) - 1
    result = {k.replace(f"{_BLOCKS}{last}.", f"{_BLOCKS}{deepest}."): v for k, v in tensors.items()}
    for place in range(last, deepest):
        for key in (k for k in fresh if k.startswith(f"{_BLOCKS}{place}.")):
            silent = "out_proj" in key or "c_proj" in key
            result[key] = fresh[key] * 0 if silent else fresh[key]
    side = math.isqrt(len(fresh[_POSITIONS]))
    result[_POSITIONS] = resized_positions(tensors[_POSITIONS], (side, side), to_size=True)
    return result


def _layers(tensors: dict[str, Tensor]) -> int:
    return len({k.removeprefix(_BLOCKS).split(".")[0] for k in tensors if k.startswith(_BLOCKS)})


def pack(model: Any, seen: Tensor, folder: Path, card: dict[str, Any]) -> None:
    """Write the model as an open_clip folder in float16.

    Tokens that training never saw get the mean of those it saw, so that an unknown word is
    neutral instead of random; phrases that have any count as never learnt.
    """
    tensors = {k: v.detach().clone() for k, v in model.state_dict().items()}
    table = tensors["token_embedding.weight"]
    table[~seen] = table[seen].mean(0)
    known = sorted(phrases())
    tokens = open_clip.SimpleTokenizer(context_length=CONTEXT)(known)
    preprocess = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    config = {"model_cfg": MODEL, "preprocess_cfg": preprocess}
    files = {
        CONFIG: json.dumps(config, indent=1).encode(),
        WEIGHTS: save({k: v.half().contiguous() for k, v in tensors.items()}),
    }
    manifest = {
        "name": "starter",
        "licence": "BSD-3-Clause",
        "trained_on": "scenes drawn by this program",
        **PREFERENCES.told(),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "learnt": [phrase for phrase, ids in zip(known, tokens, strict=True) if seen[ids].all()],
        "training": card,
    }
    files[MANIFEST] = json.dumps(manifest, indent=1).encode()
    for name, data in files.items():
        write_atomic(folder / name, data)
