"""Bodies: closed shapes scattered over a picture, and the map of which one a pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, gaussian_filter

from napari_ovseg.starter.drawing import Array, log_uniform

POINTS = 40
"""Corners of an outline."""

MOST = 700
"""Bodies in one picture: more take too long and are no clearer."""


@dataclass(frozen=True)
class Kind:
    """How the outlines of one kind of body vary; pairs are ranges.

    Attributes
    ----------
    stretch
        Long over short axis.
    square
        Exponent of the superellipse: 2 round, 8 a box with rounded corners.
    wobble
        Depth of the irregularities, of the radius.
    waves
        Finest irregularity, turns per outline.
    bend
        From straight (0) to a bean (0.5).
    """

    stretch: tuple[float, float] = (1.0, 1.6)
    square: tuple[float, float] = (2.0, 2.4)
    wobble: float = 0.04
    waves: int = 5
    bend: float = 0.0


ROUND = Kind((1.0, 1.15), (2.0, 2.0), 0.01)
ROD = Kind((2.5, 6.0), (3.0, 5.0), 0.01, 3, 0.25)


@dataclass(frozen=True)
class Bodies:
    """A map of bodies: 0 between them, 1 to `count` inside, later ones on top."""

    labels: Array
    count: int

    @cached_property
    def mask(self) -> Array:
        """Pixels of any body."""
        return self.labels > 0

    @cached_property
    def inner(self) -> Array:
        """Distance to the outline of the own body, px; 0 outside."""
        return (
            np.asarray(distance_transform_edt(self.mask & ~seams(self.labels)), np.float32)
            + np.float32(0.5) * self.mask
        )

    @cached_property
    def depth(self) -> Array:
        """`inner` over the equivalent radius of the body: about 1 in the middle of a disc."""
        area = np.bincount(self.labels.ravel(), minlength=self.count + 1)
        return np.minimum(self.inner / np.sqrt(area / np.pi + 1e-6)[self.labels], 1).astype("f4")

    def each(self, values: Array) -> Array:
        """Give every pixel the value of its body; 0 between them."""
        return np.concatenate([[0], values]).astype(np.float32)[self.labels]


def seams(labels: Array) -> Array:
    """Pixels whose right or lower neighbour is another body's."""
    edge = np.zeros(labels.shape, bool)
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edge[:-1] |= labels[:-1] != labels[1:]
    return edge


def outlines(
    rng: np.random.Generator, centres: Array, radii: Array, kind: Kind, angles: Array | None = None
) -> Array:
    """Draw an outline around every centre: (n, POINTS, 2) columns and rows, px."""
    n = len(centres)
    turn = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    power = rng.uniform(*kind.square, (n, 1))
    reach = (np.abs(np.cos(turn)) ** power + np.abs(np.sin(turn)) ** power) ** (-1 / power)
    waves = np.arange(2, kind.waves + 1)[:, None]
    depth = 2 * kind.wobble / waves * rng.normal(0, 1, (n, len(waves), 1))
    ripple = depth * np.cos(waves * turn + rng.uniform(0, 2 * np.pi, (n, len(waves), 1)))
    reach = reach * np.maximum(1 + ripple.sum(1), 0.3)
    long = np.sqrt(rng.uniform(*kind.stretch, (n, 1)))
    x, y = reach * np.cos(turn) * long, reach * np.sin(turn) / long
    y = y + rng.uniform(0, kind.bend, (n, 1)) * (x**2 / long - 0.4 * long)
    angle = rng.uniform(0, 2 * np.pi, (n, 1)) if angles is None else angles[:, None]
    turned = np.stack(
        [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], -1
    )
    return centres[:, None, ::-1] + turned * radii[:, None, None]


def fill(size: int, shapes: Array) -> Bodies:
    """Paint outlines in their order, later ones on top."""
    canvas = Image.new("I", (size, size), 0)
    pen = ImageDraw.Draw(canvas)
    for index, shape in enumerate(shapes.reshape(-1, 2 * POINTS).tolist(), 1):
        pen.polygon(shape, fill=index)
    return Bodies(np.asarray(canvas).astype(np.int32), len(shapes))


def places(rng: np.random.Generator, size: int, radius: float, share: float) -> Array:
    """Choose centres, spread out, at random or in clumps: (n, 2) rows and columns.

    Parameters
    ----------
    rng, size
        Source of choice, and side of the picture, px.
    radius
        Of the bodies to be placed, px: some centres lie so far outside the picture.
    share
        Of the picture that the bodies would cover without overlap.
    """
    wide = size + 2 * radius
    count = min(round(share * wide**2 / (np.pi * radius**2)), MOST)
    if count == 0:
        return np.zeros((0, 2))
    style = rng.choice(["spread", "random", "clumps"], p=[0.5, 0.25, 0.25])
    if style == "spread":
        side = int(np.ceil(np.sqrt(count)))
        lattice = np.argwhere(np.ones((side, side), bool)) + rng.uniform(0.15, 0.85, (side**2, 2))
        return rng.permutation(lattice)[:count] * (wide / side) - radius
    if style == "random":
        return rng.uniform(-radius, size + radius, (count, 2))
    middles = rng.uniform(0, size, (int(rng.integers(1, 6)), 2))
    reach = rng.uniform(0.05, 0.25) * size + radius
    return middles[rng.integers(len(middles), size=count)] + rng.normal(0, reach, (count, 2))


def at(field: Array, centres: Array) -> Array:
    """Values of a field under centres; those outside get the value at the rim."""
    rows, cols = np.clip(centres.astype(int), 0, len(field) - 1).T
    return field[rows, cols]


def crowd(
    rng: np.random.Generator,
    size: int,
    radius: float,
    share: float,
    kind: Kind | None = None,
    room: Array | None = None,
) -> Bodies:
    """Scatter bodies of one kind, of more or less equal sizes and all or no directions.

    With `room`, the distance of each pixel from what is in the way, only where they fit.
    """
    centres = places(rng, size, radius, share)
    if room is not None:
        centres = centres[at(room, centres) > radius]
    spread = rng.choice([0.05, 0.15, 0.35])
    radii = radius * np.exp(np.clip(rng.normal(0, spread, len(centres)), -1, 0.8))
    combed = rng.normal(rng.uniform(0, np.pi), rng.uniform(0.05, 0.6), len(centres))
    angles = combed if rng.random() < 0.3 else rng.uniform(0, 2 * np.pi, len(centres))
    return fill(size, outlines(rng, centres, radii, kind or Kind(), angles))


def share_of(rng: np.random.Generator, most: float = 1.0) -> float:
    """How full a picture is: now and then empty, else from sparse to `most`."""
    return 0.0 if rng.random() < 0.08 else log_uniform(rng, 0.03 * most, most)


def blur(field: Array, sigma: float) -> Array:
    """Gaussian blur of (H, W), wide ones on a reduced picture."""
    if sigma < 0.2:
        return field.astype(np.float32)
    if sigma <= 5:
        return np.asarray(gaussian_filter(field.astype(np.float32), sigma, truncate=3.0))
    step = int(sigma / 2.5)
    small = Image.fromarray(field.astype(np.float32)).reduce(step)
    soft = np.asarray(gaussian_filter(np.asarray(small), sigma / step, mode="nearest"))
    height, width = field.shape
    back = Image.fromarray(soft).resize(
        (width, height), Image.Resampling.BICUBIC, box=(0, 0, width / step, height / step)
    )
    return np.asarray(back, np.float32)


def cloud(rng: np.random.Generator, size: int, scale: float) -> Array:
    """Smooth noise with bumps of about `scale` px: 0..1, about 0.5."""
    if scale < 1.5:
        fine = gaussian_filter(rng.standard_normal((size, size), dtype=np.float32), scale / 2)
        return np.clip(0.5 + 0.25 * fine / max(float(fine.std()), 1e-6), 0, 1)
    side = int(size / scale) + 4
    knots = Image.fromarray(rng.random((side, side), dtype=np.float32))
    top, left = rng.uniform(0.5, 1.5, 2)
    box = (left, top, left + size / scale, top + size / scale)
    field = np.asarray(knots.resize((size, size), Image.Resampling.BICUBIC, box=box))
    return np.clip(0.5 + 1.5 * (field - 0.5), 0, 1)


def grain(rng: np.random.Generator, size: int, scale: float, octaves: int = 3) -> Array:
    """A sum of clouds, each half as wide and half as strong: 0..1, about 0.5."""
    layers = [(cloud(rng, size, max(scale / 2**o, 1)) - 0.5) / 2**o for o in range(octaves)]
    return np.clip(0.5 + sum(layers), 0, 1).astype(np.float32)
