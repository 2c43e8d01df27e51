"""Which guides have a name: DINO's and DINOv2's encoders, as timm publishes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAMES = ("model.safetensors", "config.json")
"""The weights and the config of a guide's folder, as in timm's hub repositories."""


@dataclass(frozen=True, slots=True)
class Known:
    """A guide of the catalogue.

    Attributes
    ----------
    architecture, tag
        What timm calls it.
    pixels, patch
        Side of the picture it was trained on, and of a patch, px.
    megabytes
        Size of its weights in float32.
    licence
        Of the weights.
    trained_on
        Their training data.
    """

    architecture: str
    tag: str
    pixels: int
    patch: int
    megabytes: float
    licence: str = "Apache-2.0"
    trained_on: str = "ImageNet-1k"

    @property
    def repository(self) -> str:
        """Where the hub keeps it."""
        return f"timm/{self.architecture}.{self.tag}"

    @property
    def config(self) -> dict[str, Any]:
        """What its ``config.json`` must say."""
        pretrained = {"tag": self.tag, "input_size": [3, self.pixels, self.pixels]}
        return {"architecture": self.architecture, "pretrained_cfg": pretrained}


_LVD = "LVD-142M (never published)"
GUIDES = {
    "dino_vitb8": Known("vit_base_patch8_224", "dino", 224, 8, 343.2),
    "dino_vits8": Known("vit_small_patch8_224", "dino", 224, 8, 86.7),
    "dino_vits16": Known("vit_small_patch16_224", "dino", 224, 16, 86.7),
    "dino_vitb16": Known("vit_base_patch16_224", "dino", 224, 16, 343.2),
    "dinov2_vits14": Known("vit_small_patch14_dinov2", "lvd142m", 518, 14, 88.2, trained_on=_LVD),
    "dinov2_vitb14": Known("vit_base_patch14_dinov2", "lvd142m", 518, 14, 346.3, trained_on=_LVD),
}
"""Caron et al., ICCV 2021 (arXiv 2104.14294); Oquab et al., TMLR 2024 (arXiv 2304.07193)."""
