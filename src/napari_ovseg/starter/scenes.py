"""Generated scenes: one picture of a look, or surfaces laid out in regions, with exact label maps.

They train the starter model, measure it, give the window samples without a licence question,
and give the tests images whose every pixel is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from napari_ovseg.starter.drawing import log_uniform
from napari_ovseg.starter.instrument import record
from napari_ovseg.starter.looks import FAMILIES, NATURAL, Drawing
from napari_ovseg.starter.textures import SURFACES
from napari_ovseg.starter.words import categories, looks, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_ovseg.starter.drawing import Array

    Draw = Callable[[np.random.Generator, str], tuple[Array, Array]]

CANVAS = 320
"""Side of a drawing, px; a scene is cut out of drawings."""
_GREY = {NATURAL: 0.5, "microscopy": 0.08, "medical": 0.1, "engineering": 0.3}
"""Chance that a picture is recorded without its colours."""
_SCALES = (0.55, 2.8)
"""Pixels of a drawing per pixel of a scene: small pictures are enlarged before they are encoded."""
_LEAST = 0.02
"""Share of a picture from which on a category is named in its caption."""
_WINDOW = 0.7
"""Chance that a picture is shown as a window of its drawing is, and not as a picture of its own."""
_COARSE = 5
"""Pixels of a drawing per pixel of the coarse view that its greys are shown by."""
_AREA = Image.Resampling.BOX


@dataclass(frozen=True)
class Scene:
    """A picture and the truth about it.

    Attributes
    ----------
    image : (S, S, 3) uint8
    ids : (S, S) uint16
        What each pixel shows: a place in `words.categories`.
    family
        ``natural`` or one of `looks.FAMILIES`.
    """

    image: Array
    ids: Array
    family: str

    @property
    def names(self) -> tuple[str, ...]:
        """Categories that cover enough of the picture to be named."""
        counts = np.bincount(self.ids.ravel(), minlength=len(categories()))
        return tuple(categories()[i] for i in np.flatnonzero(counts >= _LEAST * self.ids.size))


def kinds_of(family: str) -> list[str]:
    """Names of what a family's scenes are drawn of: surfaces, or looks."""
    if family == NATURAL:
        return list(SURFACES)
    return [name for name, look in looks().items() if look.family == family]


def draw(rng: np.random.Generator, kind: str) -> tuple[Array, Array]:
    """Draw a surface or look: (320, 320, 3) uint8, and (320, 320) uint16 places in `categories`."""
    if kind in SURFACES:
        image = SURFACES[kind].draw(rng, CANVAS)
        parts = np.zeros(image.shape[:2], np.uint8)
        drawing = Drawing(image.astype(np.float32), parts, (kind,))
    else:
        drawing = looks()[kind].draw(rng, CANVAS)
    lookup = np.array([numbers()[name] for name in drawing.names], np.uint16)
    return (np.clip(drawing.image, 0, 1) * 255).astype(np.uint8), lookup[drawing.parts]


def generate(
    rng: np.random.Generator,
    size: int = 224,
    family: str = NATURAL,
    source: Draw = draw,
    shares: Mapping[str, float] = MappingProxyType({}),
) -> Scene:
    """Make a scene of a family.

    Parameters
    ----------
    rng
        Source of every choice: the same state gives the same scene.
    size
        Side of the square picture, px.
    family
        ``natural`` or one of `looks.FAMILIES`.
    source
        Where drawings come from; training keeps some and cuts them again and again.
    shares
        How often a look is drawn, where that is not as often as the others of its family (1).

    Raises
    ------
    ValueError
        If there is no such family.
    """
    if family not in (NATURAL, *FAMILIES):
        raise ValueError(f"a family is one of {', '.join((NATURAL, *FAMILIES))}, got {family!r}")
    kinds = kinds_of(family)
    whole = None
    if family == NATURAL:
        image, ids = _side_by_side(rng, kinds, size, source)
    else:
        odds = np.array([shares.get(kind, 1.0) for kind in kinds])
        drawing = source(rng, str(rng.choice(kinds, p=odds / odds.sum())))
        image, ids = _cut(rng, drawing, size)
        if rng.random() < _WINDOW:
            whole = drawing[0][::_COARSE, ::_COARSE].astype(np.float32) / 255
    return Scene(_recorded(rng, image, _GREY[family], whole), ids, family)


def _side_by_side(
    rng: np.random.Generator, kinds: list[str], size: int, source: Draw
) -> tuple[Array, Array]:
    """Lay surfaces out in one to four regions."""
    regions = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.3, 0.25, 0.2]))
    chosen = rng.choice(kinds, regions, replace=False)
    cuts = [_cut(rng, source(rng, str(kind)), size) for kind in chosen]
    parts = layout(rng, size, regions)[None, ..., None]
    image = np.take_along_axis(np.stack([i for i, _ in cuts]), parts, 0)[0]
    return image, np.take_along_axis(np.stack([n for _, n in cuts]), parts[..., 0], 0)[0]


def _cut(rng: np.random.Generator, drawing: tuple[Array, Array], size: int) -> tuple[Array, Array]:
    """Cut a square out of a drawing, at another scale and turned: image float32 in 0..1, ids."""
    side = int(min(size * log_uniform(rng, *_SCALES), CANVAS))
    top, left = rng.integers(0, CANVAS - side + 1, 2)
    turns, mirror = int(rng.integers(4)), int(rng.choice([-1, 1]))

    def cut(plane: Array, resample: Image.Resampling) -> Array:
        piece = Image.fromarray(plane[top : top + side, left : left + side])
        return np.rot90(np.asarray(piece.resize((size, size), resample)), turns)[:, ::mirror]

    shown = cut(drawing[0], Image.Resampling.BILINEAR).astype(np.float32) / 255
    return shown, cut(drawing[1], Image.Resampling.NEAREST)


def _recorded(
    rng: np.random.Generator, image: Array, grey: float, whole: Array | None = None
) -> Array:
    """Record a picture, half of the time by a smaller sensor: its noise is enlarged with it."""
    size = image.shape[0]
    small = size if rng.random() < 0.5 else round(size / log_uniform(rng, 1.2, 2.8))
    planes = [
        np.asarray(Image.fromarray(image[..., c]).resize((small, small), _AREA)) for c in range(3)
    ]
    taken = Image.fromarray(record(rng, np.stack(planes, -1), grey, whole))
    return np.asarray(taken.resize((size, size), Image.Resampling.BICUBIC))


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
