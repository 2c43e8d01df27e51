"""What encoders and guides there are: licence, size, and whether they are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_ovseg.backbones import _dino, _names
from napari_ovseg.backbones._locate import find, find_guide
from napari_ovseg.errors import WeightsError


@dataclass(frozen=True, slots=True)
class Entry:
    """An encoder that can be named.

    Attributes
    ----------
    name
        What to write as the backbone, or as the guide.
    megabytes
        Size of its weights in float32, or of the file where it is here.
    pixels, patch
        Side of the picture it was trained on, and of a patch, px.
    licence
        Of the weights.
    here
        Whether the weights are on this machine.
    guide
        Whether it is a second encoder, which knows no words.
    """

    name: str
    megabytes: float
    pixels: int
    patch: int
    licence: str
    here: bool
    guide: bool = False


def entries() -> list[Entry]:
    """List the starter, every native ViT of open_clip, and the guides."""
    encoders = [_entry(name) for name in ("starter", *_names.native_models())]
    return encoders + [_guide(name) for name in _dino.GUIDES]


def _guide(name: str) -> Entry:
    known = _dino.GUIDES[name]
    try:
        here = find_guide(name).file.is_file()
    except WeightsError:
        here = False
    return Entry(name, known.megabytes, known.pixels, known.patch, known.licence, here, guide=True)


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
