"""The plate an anatomy is drawn on: outlines in the plane of the body fill a map of materials.

A shape is drawn once, at twice the size of the picture; what it looks like and what it is
called are both read from that map, so picture and parts agree to the pixel.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform
from napari_ovseg.starter.looks import Drawing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_ovseg.starter.medical.outlines import Point


@dataclass(frozen=True)
class Material:
    """What fills a shape: its category, its grey or RGB tone, and how strongly it is grained."""

    category: str
    tone: float | tuple[float, ...]
    grain: float = 0.0


@dataclass(frozen=True)
class View:
    """Where points of the body plane, about -1..1, lie in the picture, px."""

    matrix: Array
    shift: Array
    waves: Array

    def __call__(self, points: Array) -> Array:
        """Move (N, 2) points, x and y, from the body to the picture."""
        phase = points @ self.waves[:2] + self.waves[2]
        return (points + np.sin(phase) @ self.waves[3:].T) @ self.matrix.T + self.shift

    @property
    def scale(self) -> float:
        """Pixels of one unit of the body."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))


def view(
    rng: np.random.Generator,
    size: int,
    zoom: float,
    centre: Point = (0.0, 0.0),
    turn: float = 0.1,
    bend: float = 0.02,
) -> View:
    """Look at `centre` so that ``1 / zoom`` units to each side fill the picture."""
    angle, stretch = rng.normal(0, turn), log_uniform(rng, 0.87, 1.15)
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = zoom * size / 2 * spin @ np.diag([stretch, 1 / stretch])
    waves = np.concatenate(
        [rng.normal(0, 2.5, (2, 3)), rng.uniform(0, 6.3, (1, 3)), rng.normal(0, bend, (2, 3))]
    )
    return View(matrix, size / 2 - matrix @ np.asarray(centre, float), waves)


def glance(
    rng: np.random.Generator,
    size: int,
    targets: Sequence[Point],
    upright: float = 0.62,
) -> View:
    """See the whole, upright or rarely otherwise, or one of the targets from near."""
    near = rng.random() < 0.45
    zoom = log_uniform(rng, 1.1, 3.5) if near else log_uniform(rng, 0.72, 1.2)
    middle = np.asarray(targets[int(rng.integers(len(targets)))] if near else (0.0, 0.0))
    found = view(rng, size, zoom, middle + rng.normal(0, 0.12, 2) / zoom)
    flip = np.diag([rng.choice([-1.0, 1.0]), 1.0])
    aslant = 1 - upright
    quarter = int(rng.choice(4, p=[upright, 0.2 * aslant, 0.6 * aslant, 0.2 * aslant]))
    pose = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), quarter) @ flip
    return View(pose @ found.matrix, pose @ (found.shift - size / 2) + size / 2, found.waves)


class Plate:
    """A picture in the making.

    Parameters
    ----------
    size
        Side of the picture, px.
    seen
        From the plane of the body to the picture.
    ground
        What is everywhere before anything is drawn.
    """

    def __init__(self, size: int, seen: View, ground: Material) -> None:
        self.size = size
        self.view = seen
        self.materials = [ground]
        self._canvas = Image.new("L", (2 * size, 2 * size), 0)

    def fill(self, outline: Array, material: Material) -> None:
        """Fill a closed outline, (N, 2) points of the body plane."""
        flat = (2 * self.view(outline)).ravel().tolist()
        ImageDraw.Draw(self._canvas).polygon(flat, fill=self._index(material))

    def fill_all(self, outlines: Sequence[Array], material: Material) -> None:
        """Fill several outlines alike."""
        for outline in outlines:
            self.fill(outline, material)

    def fill_outside(self, outline: Array, material: Material) -> None:
        """Fill everything but the inside of an outline, which belongs to the camera: unbent."""
        straight = replace(self.view, waves=np.zeros((5, 3)))
        hole = Image.new("L", self._canvas.size, 255)
        ImageDraw.Draw(hole).polygon((2 * straight(outline)).ravel().tolist(), fill=0)
        self._canvas.paste(self._index(material), mask=hole)

    @contextmanager
    def within(self, *categories: str) -> Iterator[None]:
        """Let what is drawn meanwhile change only what is of these categories."""
        before = np.asarray(self._canvas)
        free = np.array([m.category in categories for m in self.materials])[before]
        yield
        self._canvas = Image.fromarray(np.where(free, np.asarray(self._canvas), before))

    def tones(self) -> Array:
        """The bare picture, (S, S) or (S, S, 3) float32, with smooth edges."""
        return self._mean(np.array([m.tone for m in self.materials], np.float32))

    def grain(self) -> Array:
        """How strongly each pixel is grained."""
        return self._mean(np.array([m.grain for m in self.materials], np.float32))

    def mask(self, *categories: str) -> Array:
        """How much of each pixel is of one of these categories, 0..1."""
        return self._mean(np.array([m.category in categories for m in self.materials], np.float32))

    def drawing(self, image: Array) -> Drawing:
        """Put a picture, grey or RGB, and the categories of its pixels together."""
        rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
        index = np.asarray(self._canvas)[1::2, 1::2]
        names = tuple(sorted({self.materials[i].category for i in np.unique(index)}))
        place = {name: i for i, name in enumerate(names)}
        table = np.array([place.get(m.category, 0) for m in self.materials], np.uint8)
        return Drawing(np.clip(rgb, 0, 1).astype(np.float32), table[index], names)

    def _index(self, material: Material) -> int:
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def _mean(self, table: Array) -> Array:
        full = table[np.asarray(self._canvas)]
        pairs = full[::2] + full[1::2]
        return (pairs[:, ::2] + pairs[:, 1::2]) / 4


def coverage(size: int, seen: View, outlines: Sequence[Array]) -> Array:
    """How much of each pixel lies in any of the outlines, (S, S) float32 in 0..1."""
    canvas = Image.new("L", (2 * size, 2 * size), 0)
    for outline in outlines:
        ImageDraw.Draw(canvas).polygon((2 * seen(outline)).ravel().tolist(), fill=255)
    return np.asarray(canvas.reduce(2), np.float32) / 255


def cloud(rng: np.random.Generator, size: int, sigma: float, octaves: int = 1) -> Array:
    """Smooth noise of mean 0 and deviation 1 whose lumps are about `sigma` px wide."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        step = max(sigma / 2**octave, 0.5) * 2
        if step < 2.5:  # too fine to enlarge: every pixel has its own value
            field = rng.standard_normal((size, size), dtype=np.float32)
            field = np.asarray(gaussian_filter(field, step / 3.5))
        else:
            count = int(size / step) + 4
            coarse = Image.fromarray(rng.standard_normal((count, count), dtype=np.float32))
            left, top = rng.uniform(0, 1, 2)
            box = (left, top, left + size / step, top + size / step)
            field = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC, box))
            field = (field - field.mean()) / max(float(field.std()), 0.2)
        total += field / max(float(field.std()), 0.2) / 2**octave
    return total / np.sqrt(sum(0.25**o for o in range(octaves)))


def wide_blur(field: Array, sigma: float) -> Array:
    """Blur by many pixels at the price of few."""
    less = max(int(sigma / 3), 1)
    small = Image.fromarray(field.astype(np.float32)).reduce(less)
    blurred = np.asarray(gaussian_filter(np.asarray(small), sigma / less, truncate=2.5))
    return np.asarray(Image.fromarray(blurred).resize(field.shape[::-1], Image.Resampling.BICUBIC))


def rgb(colour: Array) -> tuple[float, ...]:
    """A colour as the tone of a material."""
    return tuple(float(c) for c in np.clip(colour, 0, 1))
