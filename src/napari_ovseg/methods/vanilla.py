"""CLIP as it is: the last block unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from napari_ovseg.methods._base import Method


@dataclass(frozen=True)
class Vanilla(Method):
    """Patch tokens of the unchanged encoder; the baseline that every paper improves on."""

    source: ClassVar[str] = "Radford et al., Learning transferable visual models, ICML 2021"
