"""Generated scenes: surfaces and cells laid out in regions, with exact label maps.

They train the starter model, give the demo a sample without a licence question, and
give the tests images whose every pixel is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from napari_ovseg.starter.cells import BACKGROUND, NUCLEUS, TISSUE, nuclei
from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.textures import SURFACES

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS: dict[str, tuple[str, ...]] = {
    **{name: (name, *s.synonyms) for name, s in SURFACES.items()},
    **{words[0]: words for words in (NUCLEUS, BACKGROUND, TISSUE)},
}
"""Every category the generator knows, with all words for it; the first is its name."""

CATEGORIES: tuple[str, ...] = tuple(WORDS)
"""Names in a fixed order: label `i` of a scene is ``CATEGORIES[i - 1]``."""

KINDS: tuple[str, ...] = (*SURFACES, "cells")
"""What a swatch can be drawn of; cells hold two categories at once."""


@dataclass(frozen=True)
class Swatch:
    """A rectangle of one kind: ``image`` (H, W, 3) uint8, ``ids`` (H, W) uint8."""

    image: Array
    ids: Array


@dataclass(frozen=True)
class Scene:
    """A generated picture and the truth about it.

    Attributes
    ----------
    image : (H, W, 3) uint8
    labels : (H, W) uint8
        1-based index into `CATEGORIES`; every pixel has one.
    """

    image: Array
    labels: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the categories that cover at least 2 % of the picture."""
        counts = np.bincount(self.labels.ravel(), minlength=len(CATEGORIES) + 1)
        return tuple(
            name
            for name, count in zip(CATEGORIES, counts[1:], strict=True)
            if count >= 0.02 * self.labels.size
        )


def draw_swatch(rng: np.random.Generator, kind: str, size: int) -> Swatch:
    """Draw a new instance of a kind."""
    if kind == "cells":
        image, inside, around = nuclei(rng, size)
        ids = np.where(inside, _id(NUCLEUS[0]), _id(around[0])).astype(np.uint8)
    else:
        image = SURFACES[kind].draw(rng, size)
        ids = np.full((size, size), _id(kind), np.uint8)
    return Swatch((np.clip(image, 0, 1) * 255).astype(np.uint8), ids)


def _id(name: str) -> int:
    return CATEGORIES.index(name) + 1


def layout(rng: np.random.Generator, size: int, regions: int) -> Array:
    """Divide a square: (size, size) int in 0..regions-1, by waves, stripes or discs."""
    rows, cols = np.mgrid[:size, :size].astype(np.float32) / size
    style = rng.integers(4)
    if style == 0:  # soft patches
        fields = [
            np.asarray(
                Image.fromarray(rng.random((4, 4), dtype=np.float32)).resize(
                    (size, size), Image.Resampling.BICUBIC
                )
            )
            for _ in range(regions)
        ]
        return np.argmax(fields, axis=0)
    if style == 1:  # discs on a ground
        parts = np.zeros((size, size), int)
        for region in range(1, regions):
            r, c = rng.uniform(0.15, 0.85, 2)
            radius = rng.uniform(0.15, 0.35)
            parts[(rows - r) ** 2 + (cols - c) ** 2 < radius**2] = region
        return parts
    angle = rng.uniform(0, np.pi)
    along = rows * np.cos(angle) + cols * np.sin(angle)
    if style == 2:  # stripes
        cuts = np.sort(rng.uniform(along.min(), along.max(), regions - 1))
        return np.searchsorted(cuts, along)
    seeds = rng.uniform(0, 1, (regions, 2))  # straight-edged fields
    away = (rows[..., None] - seeds[:, 0]) ** 2 + (cols[..., None] - seeds[:, 1]) ** 2
    return np.argmin(away, axis=-1)


def photograph(rng: np.random.Generator, image: Array) -> Array:
    """Vary how the same thing may be recorded: colour, light, focus and noise."""
    picture = image.astype(np.float32) / 255
    if rng.random() < 0.45:
        picture = np.repeat(
            (picture @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 3, 2
        )
    else:
        picture = picture * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    middle = picture.mean()
    picture = (picture - middle) * log_uniform(rng, 0.5, 1.6) + middle + rng.normal(0, 0.08)
    picture = np.clip(picture, 0, 1) ** log_uniform(rng, 0.7, 1.4)
    picture += rng.normal(0, rng.choice([0, 0.01, 0.03]), picture.shape)
    result = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.3:
        result = result.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.3)))
    return np.asarray(result)


def generate(
    rng: np.random.Generator,
    size: int = 224,
    swatch: Callable[[np.random.Generator, str, int], Swatch] = draw_swatch,
) -> Scene:
    """Draw a scene of one to four regions.

    Parameters
    ----------
    rng
        Source of every choice: the same state gives the same scene.
    size
        Side of the square picture, px.
    swatch
        Where the surfaces come from; training draws them from a bank.
    """
    regions = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.3, 0.25, 0.2]))
    odds = np.ones(len(KINDS))
    odds[-1] = 3.0
    kinds = rng.choice(KINDS, regions, replace=False, p=odds / odds.sum())
    swatches = [swatch(rng, str(kind), size) for kind in kinds]
    parts = layout(rng, size, regions)[None, ..., None]
    image = np.take_along_axis(np.stack([s.image for s in swatches]), parts, 0)[0]
    labels = np.take_along_axis(np.stack([s.ids for s in swatches]), parts[..., 0], 0)[0]
    return Scene(photograph(rng, image), labels)
