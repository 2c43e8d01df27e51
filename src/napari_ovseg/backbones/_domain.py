"""Encoders of medicine and pathology, which their authors publish as folders of open_clip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """A folder on the hub, which holds its own config.

    Attributes
    ----------
    repository
        Where the hub keeps it.
    patch
        Side of a patch, px; pictures have 224.
    megabytes
        Size of its weights in float32.
    trained_on
        Training data of the weights.
    licence
        Of the weights.
    """

    repository: str
    patch: int
    megabytes: float
    trained_on: str
    licence: str = "MIT (its card: for research)"
    pixels: int = 224


DOMAIN = {
    "BiomedCLIP": Published(
        "microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224", 16, 784, "PMC-15M"
    ),
    "QuiltNet-B-16": Published("wisdomik/QuiltNet-B-16", 16, 599, "Quilt-1M"),
    "QuiltNet-B-32": Published("wisdomik/QuiltNet-B-32", 32, 605, "Quilt-1M"),
}
"""Zhang et al., 2023 (arXiv 2303.00915); Ikezogwo et al., NeurIPS 2023 (arXiv 2306.11207)."""
