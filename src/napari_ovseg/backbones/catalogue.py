"""What encoders there are: licence, size, and whether the weights are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_ovseg.backbones import _names
from napari_ovseg.backbones._locate import find
from napari_ovseg.errors import WeightsError


@dataclass(frozen=True, slots=True)
class Entry:
    """An encoder that can be named.

    Attributes
    ----------
    name
        What to write as the backbone.
    megabytes
        Size of its weights in float32, or of the file where it is here.
    pixels, patch
        Side of the picture it was trained on, and of a patch, px.
    licence
        Of the weights.
    here
        Whether the weights are on this machine.
    """

    name: str
    megabytes: float
    pixels: int
    patch: int
    licence: str
    here: bool


def entries() -> list[Entry]:
    """List the starter and every native ViT of open_clip."""
    return [_entry(name) for name in ("starter", *_names.native_models())]


def _entry(name: str) -> Entry:
    import open_clip

    try:
        weights = find(name)
    except WeightsError:
        weights = None
    if weights is not None and weights.config is not None:
        config, licence = weights.config["model_cfg"], weights.licence
        megabytes = weights.file.stat().st_size / 1e6
    else:
        architecture, _, tag = name.partition(":")
        config, licence = open_clip.get_model_config(architecture), _names.licence_of(tag)
        megabytes = _parameters(config) * 4 / 1e6
    vision = config["vision_cfg"]
    return Entry(
        name, megabytes, vision["image_size"], vision["patch_size"], licence, weights is not None
    )


def _parameters(config: dict[str, Any]) -> float:
    """Estimate from widths and depths, within a few per cent."""
    total = 0.0
    for tower in (config["vision_cfg"], config["text_cfg"]):
        width, ratio = tower.get("width", 512), tower.get("mlp_ratio", 4.0)
        total += tower.get("layers", 12) * width**2 * (4 + 2 * ratio)
        total += tower.get("vocab_size", 0) * width
    return total
