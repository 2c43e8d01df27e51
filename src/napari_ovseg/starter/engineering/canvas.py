"""A picture in the making: shapes are cut with smooth edges, coloured, and named pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from napari_ovseg.starter.looks import Drawing

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

EDGE = 0.4
"""A pixel belongs to what covers this share of it; a little below half keeps thin lines whole."""
PEN = 0.6
"""What a filled outline gains on each side, in dots of a stencil."""


Window = tuple[slice, slice]
WHOLE: Window = (slice(None), slice(None))


class Canvas:
    """A picture (`image`) and what each pixel shows (`parts`), painted from back to front."""

    def __init__(self, ground: Array, name: str) -> None:
        self.image = np.array(ground, np.float32)
        self.parts = np.zeros(ground.shape[:2], np.uint8)
        self.names = [name]
        self.size = ground.shape[0]

    def index(self, name: str) -> int:
        """Index of a category, which is new if need be."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def lay(
        self,
        cover: Array,
        colour: Array,
        name: str | None = None,
        opacity: float | Array = 1.0,
        at: Window = WHOLE,
    ) -> None:
        """Paint over a share of each pixel.

        Parameters
        ----------
        cover
            Share of each pixel, 0..1 or bool, of the window's shape.
        colour
            RGB, or a picture of the window's shape.
        name
            What is now there; without one it stays what it was, as under a shadow.
        opacity
            How far the paint hides what is below, everywhere or by pixel; `parts` do not
            depend on it.
        at
            Rows and columns to paint in.
        """
        reached = np.flatnonzero(cover.any(1))
        if not reached.size:
            return
        rows = slice(reached[0], reached[-1] + 1)  # the others need no work
        strength = opacity[rows] if isinstance(opacity, np.ndarray) else np.float32(opacity)
        paint = (colour[rows] if colour.ndim == 3 else colour).astype(np.float32)
        below = self.image[at][rows]
        below += (cover[rows] * strength).astype(np.float32)[..., None] * (paint - below)
        if name is not None:
            self.parts[at][rows][cover[rows] >= EDGE] = self.index(name)

    def shade(self, factor: Array) -> None:
        """Multiply the picture by a (H, W) factor."""
        self.image *= factor[..., None].astype(np.float32)

    def where(self, *names: str) -> Array:
        """Pixels of any of these categories: bool."""
        wanted = [i for i, name in enumerate(self.names) if name in names]
        return np.isin(self.parts, wanted)

    def finish(self, turns: int = 0) -> Drawing:
        """The drawing, turned by so many right angles."""
        image = np.rot90(np.clip(self.image, 0, 1), turns).copy()
        return Drawing(image, np.rot90(self.parts, turns).copy(), tuple(self.names))


class Stencil:
    """Shapes cut at several times the resolution: how much of each pixel they cover."""

    mode = "L"

    def __init__(self, size: int | tuple[int, int], fine: int = 3) -> None:
        height, width = size if isinstance(size, tuple) else (size, size)
        self.fine = fine
        self.sheet = Image.new(self.mode, (width * fine, height * fine))
        self.pen = ImageDraw.Draw(self.sheet)

    def _ink(self, colour: Array | None) -> int | tuple[int, ...]:
        return 255

    def polygon(self, points: Array, colour: Array | None = None) -> None:
        """Fill an outline of (x, y) points."""
        corners = (np.asarray(points) * self.fine).ravel().tolist()
        self.pen.polygon(corners, fill=self._ink(colour))

    def disc(self, x: float, y: float, radius: float, colour: Array | None = None) -> None:
        """Fill a circle."""
        box = np.array([x - radius, y - radius, x + radius, y + radius]) * self.fine
        self.pen.ellipse(box.tolist(), fill=self._ink(colour))

    def line(self, points: Array, width: float | Array, colour: Array | None = None) -> None:
        """Draw a line through (x, y) points, of one width or one per point."""
        ink = self._ink(colour)
        dots = np.asarray(points, float) * self.fine
        wide = np.broadcast_to(np.asarray(width, float) * self.fine, len(dots))
        way = np.diff(dots, axis=0)
        normal = way[:, ::-1] * (-0.5, 0.5) / (np.hypot(way[:, :1], way[:, 1:]) + 1e-9)
        # Filled here, because the pen's own wide lines are too thin when they are oblique.
        side = normal * (np.maximum(wide[:-1], 1.0) - PEN)[:, None]
        quads = np.stack([dots[:-1] + side, dots[1:] + side, dots[1:] - side, dots[:-1] - side], 1)
        for quad in quads.reshape(-1, 8).tolist():
            self.pen.polygon(quad, fill=ink)
        for (x, y), w in zip(dots.tolist(), wide.tolist(), strict=True):
            if w > 4:  # round the joints that would show a notch
                r = w / 2 - 0.5
                self.pen.ellipse((x - r, y - r, x + r, y + r), fill=ink)

    def cover(self) -> Array:
        """Share of each pixel covered: float32."""
        return np.asarray(self.sheet.reduce(self.fine), np.float32) / 255


class Sketch(Stencil):
    """Shapes in their own colours, later ones on top."""

    mode = "RGBA"

    def _ink(self, colour: Array | None) -> int | tuple[int, ...]:
        if colour is None:
            raise ValueError("a sketch needs a colour for each shape")
        return (*(int(255 * min(max(c, 0.0), 1.0)) for c in colour.tolist()), 255)

    def picture(self) -> tuple[Array, Array]:
        """RGB, and the share of each pixel covered."""
        whole = np.asarray(self.sheet.reduce(self.fine), np.float32) / 255
        return whole[..., :3], whole[..., 3]


def frame(size: int, x: float, y: float, reach: float) -> tuple[Window, Array, Array] | None:
    """The part of a picture within `reach` of a point, and its (x, y) offsets in px."""
    left, upper = max(0, int(x - reach)), max(0, int(y - reach))
    right, lower = min(size, int(x + reach) + 2), min(size, int(y + reach) + 2)
    if left >= right or upper >= lower:
        return None
    across = np.arange(left, right, dtype=np.float32) + np.float32(0.5 - x)
    down = np.arange(upper, lower, dtype=np.float32) + np.float32(0.5 - y)
    window = (slice(upper, lower), slice(left, right))
    return window, *np.meshgrid(across, down)
