"""Which encoders open_clip names, and what their weights may be used for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from napari_ovseg.errors import WeightsError

_LICENCES = {
    "openai": "MIT",
    "laion": "MIT",
    "datacomp": "MIT",
    "commonpool": "MIT",
    "metaclip": "CC-BY-NC-4.0 (no commercial use)",
    "dfn": "Apple research licence (see the model card)",
    "webli": "Apache-2.0",
}
_DATA = {
    "openai": "OpenAI's WIT (never published)",
    "laion400m": "LAION-400M",
    "laion2b": "LAION-2B",
    "datacomp": "DataComp",
    "commonpool": "CommonPool",
    "metaclip": "Common Crawl, curated by MetaCLIP",
    "dfn2b": "DFN-2B",
    "dfn5b": "DFN-5B",
    "webli": "WebLI (never published)",
}


def split(name: str) -> tuple[str, str]:
    """Split ``NAME:TAG`` and check that it is one of open_clip's that can be opened.

    Raises
    ------
    WeightsError
        If the name or tag is unknown, of another family, or the tag was trained with another
        activation.
    """
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    architecture, _, tag = name.partition(":")
    config = open_clip.get_model_config(architecture)
    pretrained = get_pretrained_cfg(architecture, tag)
    if not config or not pretrained:
        near = get_close_matches(name, models(), n=3, cutoff=0.3)
        raise WeightsError(f"open_clip knows no {name!r}; did you mean: {', '.join(near)}?")
    if reason := refusal(config):
        raise WeightsError(f"{architecture!r} {REFUSED}: {reason}; see 'ovseg models'")
    if pretrained.get("quick_gelu") and not config.get("quick_gelu"):
        raise WeightsError(
            f"the weights {tag!r} were trained with the QuickGELU activation, which "
            f"{architecture!r} does not have; use '{architecture}-quickgelu:{tag}' instead"
        )
    return architecture, tag


REFUSED = "cannot be opened for dense features"


def refusal(config: dict[str, Any], *, bert: bool = False) -> str:
    """Why a ``model_cfg`` cannot be opened for dense features; empty if it can.

    Two families can: open_clip's own ViT, and timm's plain ViT (SigLIP, SigLIP2, BiomedCLIP).
    Their words go through open_clip's own transformer, or through a `bert` that lies beside.
    """
    words = config["text_cfg"].get("hf_model_name")
    if "multimodal_cfg" in config:
        return "it is a captioning model (CoCa)"
    if words and not bert:
        return f"its words go through {words!r}, whose config is not beside the weights"
    return _image_refusal(config["vision_cfg"])


def _image_refusal(vision: dict[str, Any]) -> str:
    picture, patch = vision.get("image_size"), vision.get("patch_size")
    if timm_name := vision.get("timm_model_name"):
        plain = _is_plain(timm_name)
        return "" if plain else f"its image encoder {timm_name!r} is no plain ViT of timm"
    if isinstance(vision.get("layers"), list):
        return "its image encoder is a ResNet, which has no tokens"
    if vision.get("attentional_pool"):
        return "its image encoder pools by attention"
    if type(picture) is type(patch) is int and picture < patch:
        return "its pictures are smaller than a patch"
    return ""


def _is_plain(timm_name: str) -> bool:
    from timm.models import is_model_in_modules

    return bool(is_model_in_modules(timm_name, ["vision_transformer"]))


def models() -> list[str]:
    """``NAME:TAG`` of open_clip's that can be opened and whose activation fits the weights."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    found = []
    for architecture, tag in open_clip.list_pretrained():
        config = open_clip.get_model_config(architecture)
        if config and not refusal(config):
            needs_quick = bool(get_pretrained_cfg(architecture, tag).get("quick_gelu"))
            if not needs_quick or config.get("quick_gelu"):
                found.append(f"{architecture}:{tag}")
    return found


def licence_of(tag: str) -> str:
    """Licence of the weights of a tag."""
    return next((v for k, v in _LICENCES.items() if tag.startswith(k)), "see the model card")


def data_of(tag: str) -> str:
    """Training data of the weights of a tag; empty if nobody said."""
    return next((v for k, v in _DATA.items() if tag.startswith(k)), "")
