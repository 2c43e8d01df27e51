"""What encoders and guides there are: licence, size, and whether they are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones import _dino, _names
from napari_ovseg.backbones._domain import DOMAIN
from napari_ovseg.backbones._locate import find, find_guide
from napari_ovseg.backbones._terms import Terms, terms_of
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.backbones._dino import Known
    from napari_ovseg.backbones._domain import Published
    from napari_ovseg.backbones._files import Weights


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
    terms
        Licence and training data of the weights.
    here
        Whether the weights are on this machine.
    guide
        Whether it is a second encoder, which knows no words.
    """

    name: str
    megabytes: float
    pixels: int
    patch: int
    terms: Terms
    here: bool
    guide: bool = False


def entries() -> list[Entry]:
    """List the starter, encoders of a domain, those of open_clip that fit, and the guides."""
    domain = [_known(name, known, find) for name, known in DOMAIN.items()]
    encoders = [_entry(name) for name in _names.models()]
    guides = [_known(name, known, find_guide) for name, known in _dino.GUIDES.items()]
    return [*_packed(), *domain, *encoders, *guides]


def _packed() -> list[Entry]:
    """List the starter, unless its files are damaged: others can be fetched all the same."""
    try:
        find("starter")
    except WeightsError:
        return []
    return [_entry("starter")]


def _known(name: str, known: Published | Known, find_it: Callable[[str], Weights]) -> Entry:
    try:
        here = find_it(name).file.is_file()
    except WeightsError:
        here = False
    size, guide = known.megabytes, find_it is find_guide
    return Entry(name, size, known.pixels, known.patch, terms_of(name), here, guide)


def _entry(name: str) -> Entry:
    import open_clip

    try:
        weights = find(name)
    except WeightsError:
        weights = None
    if weights is not None and weights.config is not None:
        config = weights.config["model_cfg"]
        megabytes = weights.file.stat().st_size / 1e6
    else:
        config = open_clip.get_model_config(name.partition(":")[0])
        megabytes = _parameters(config) * 4 / 1e6
    vision = config["vision_cfg"]
    patch = vision.get("patch_size") or _counted(vision["timm_model_name"])[1]
    pixels, here = vision["image_size"], weights is not None
    return Entry(name, megabytes, pixels, patch, terms_of(name), here)


def _parameters(config: dict[str, Any]) -> float:
    """Estimate from widths and depths, within a few per cent."""
    total = 0.0
    for tower in (config["vision_cfg"], config["text_cfg"]):
        if "timm_model_name" in tower:
            total += _counted(tower["timm_model_name"])[0]
            continue
        width, ratio = tower.get("width", 512), tower.get("mlp_ratio", 4.0)
        total += tower.get("layers", 12) * width**2 * (4 + 2 * ratio)
        total += tower.get("vocab_size", 0) * width
    return total


@lru_cache
def _counted(timm_name: str) -> tuple[int, int]:
    """Count an architecture of timm without giving it memory: numbers, and side of a patch."""
    import timm
    import torch

    with torch.device("meta"):
        trunk = timm.create_model(timm_name, pretrained=False, num_classes=0)
    return sum(p.numel() for p in trunk.parameters()), int(trunk.patch_embed.patch_size[0])
