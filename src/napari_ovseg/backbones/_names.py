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
}


def split(name: str) -> tuple[str, str]:
    """Split ``NAME:TAG`` and check that open_clip knows it as a native ViT.

    Raises
    ------
    WeightsError
        If the name or tag is unknown, or the tag was trained with another activation.
    """
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    architecture, _, tag = name.partition(":")
    config = open_clip.get_model_config(architecture)
    pretrained = get_pretrained_cfg(architecture, tag)
    if not config or not pretrained or not is_native(config):
        near = get_close_matches(name, native_models(), n=3, cutoff=0.3)
        raise WeightsError(f"there is no native ViT {name!r}; did you mean: {', '.join(near)}?")
    if pretrained.get("quick_gelu") and not config.get("quick_gelu"):
        raise WeightsError(
            f"the weights {tag!r} were trained with the QuickGELU activation, which "
            f"{architecture!r} does not have; use '{architecture}-quickgelu:{tag}' instead"
        )
    return architecture, tag


def is_native(config: dict[str, Any]) -> bool:
    """Whether both towers are open_clip's own plain transformers."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    return not (
        "timm_model_name" in vision
        or "hf_model_name" in text
        or "multimodal_cfg" in config
        or isinstance(vision.get("layers"), list)
        or vision.get("attentional_pool")
    )


def native_models() -> list[str]:
    """``NAME:TAG`` of every native ViT of open_clip whose activation fits its weights."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    found = []
    for architecture, tag in open_clip.list_pretrained():
        config = open_clip.get_model_config(architecture)
        if config and is_native(config):
            needs_quick = bool(get_pretrained_cfg(architecture, tag).get("quick_gelu"))
            if not needs_quick or config.get("quick_gelu"):
                found.append(f"{architecture}:{tag}")
    return found


def licence_of(tag: str) -> str:
    """Licence of the weights of a tag."""
    return next((v for k, v in _LICENCES.items() if tag.startswith(k)), "see the model card")
