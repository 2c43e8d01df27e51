"""Pictures to train on: cut, zoomed, turned and recorded anew from drawings that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from napari_ovseg.starter.drawing import log_uniform
from napari_ovseg.starter.instrument import record
from napari_ovseg.starter.looks import Drawing
from napari_ovseg.starter.scenes import layout
from napari_ovseg.starter.textures import SURFACES
from napari_ovseg.starter.words import categories, looks, numbers

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

CANVAS = 320
"""Side of a drawing, px."""
ODDS = {"natural": 0.22, "microscopy": 0.32, "medical": 0.2, "engineering": 0.26}
_GREY = {"natural": 0.35, "microscopy": 0.08, "medical": 0.1, "engineering": 0.3}
_AREA = Image.Resampling.BOX
_LEAST = 0.02
"""Share of a picture from which on a category is named in its caption."""


@dataclass(frozen=True)
class Example:
    """A recorded picture: ``image`` (S, S, 3) uint8, ``ids`` (S, S) uint16 of `categories`."""

    image: Array
    ids: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Categories that cover enough of the picture to be named."""
        counts = np.bincount(self.ids.ravel(), minlength=len(categories()))
        return tuple(categories()[i] for i in np.flatnonzero(counts >= _LEAST * self.ids.size))


class Bank:
    """Drawings of every look and surface, drawn once.

    Parameters
    ----------
    seed
        Of all drawings.
    variants
        How many of each.
    """

    def __init__(self, seed: int, variants: int, *, quiet: bool = False) -> None:
        rng = np.random.default_rng([seed, 0])
        kinds = {name: look.family for name, look in looks().items()}
        kinds |= dict.fromkeys(SURFACES, "natural")
        self._kinds = {family: [k for k, f in kinds.items() if f == family] for family in ODDS}
        self._drawings = {
            kind: [_keep(_draw(rng, kind)) for _ in range(variants)]
            for kind in tqdm(kinds, desc="drawing", unit="kind", disable=quiet)
        }

    def example(self, rng: np.random.Generator, size: int) -> Example:
        """Record one picture of a random family."""
        family = str(rng.choice(list(ODDS), p=list(ODDS.values())))
        if family == "natural":
            image, ids = self._scene(rng, size)
        else:
            image, ids = self._cut(rng, str(rng.choice(self._kinds[family])), size)
        return Example(_recorded(rng, image, _GREY[family]), ids)

    def _scene(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        """Lay surfaces out in one to four regions."""
        regions = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.3, 0.25, 0.2]))
        kinds = rng.choice(self._kinds["natural"], regions, replace=False)
        cuts = [self._cut(rng, str(kind), size) for kind in kinds]
        parts = layout(rng, size, regions)[None, ..., None]
        image = np.take_along_axis(np.stack([i for i, _ in cuts]), parts, 0)[0]
        return image, np.take_along_axis(np.stack([n for _, n in cuts]), parts[..., 0], 0)[0]

    def _cut(self, rng: np.random.Generator, kind: str, size: int) -> tuple[Array, Array]:
        """Cut a square out of a drawing, at another scale and turned."""
        kept = self._drawings[kind]
        image, ids = kept[int(rng.integers(len(kept)))]
        side = int(min(size * log_uniform(rng, 0.6, 2.8), CANVAS))
        top, left = rng.integers(0, CANVAS - side + 1, 2)
        turns, mirror = int(rng.integers(4)), int(rng.choice([-1, 1]))

        def cut(plane: Array, resample: Image.Resampling) -> Array:
            piece = Image.fromarray(plane[top : top + side, left : left + side])
            return np.rot90(np.asarray(piece.resize((size, size), resample)), turns)[:, ::mirror]

        shown = cut(image, Image.Resampling.BILINEAR).astype(np.float32) / 255
        return shown, cut(ids, Image.Resampling.NEAREST)


def _recorded(rng: np.random.Generator, image: Array, grey: float) -> Array:
    """Record a picture, half of the time by a smaller sensor: its noise is enlarged with it."""
    size = image.shape[0]
    small = size if rng.random() < 0.5 else round(size / log_uniform(rng, 1.2, 2.8))
    planes = [Image.fromarray(image[..., c]).resize((small, small), _AREA) for c in range(3)]
    taken = Image.fromarray(record(rng, np.stack(planes, -1), grey))
    return np.asarray(taken.resize((size, size), Image.Resampling.BICUBIC))


def _draw(rng: np.random.Generator, kind: str) -> Drawing:
    if kind not in SURFACES:
        return looks()[kind].draw(rng, CANVAS)
    image = SURFACES[kind].draw(rng, CANVAS)
    return Drawing(image.astype(np.float32), np.zeros(image.shape[:2], np.uint8), (kind,))


def _keep(drawing: Drawing) -> tuple[Array, Array]:
    """Pack a drawing: (S, S, 3) uint8, and (S, S) uint16 of the numbers of all categories."""
    lookup = np.array([numbers()[name] for name in drawing.names], np.uint16)
    return (np.clip(drawing.image, 0, 1) * 255).astype(np.uint8), lookup[drawing.parts]
