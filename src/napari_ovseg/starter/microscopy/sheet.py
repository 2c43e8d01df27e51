"""A picture in the making: layers are put on it, and it remembers what each pixel shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.starter.looks import Drawing
from napari_ovseg.starter.microscopy.bodies import blur

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array


class Sheet:
    """Image and parts of a drawing, from the ground up.

    Parameters
    ----------
    image : (H, W, 3) or (H, W) array
        The ground as it looks.
    name
        What the ground is.
    """

    def __init__(self, image: Array, name: str) -> None:
        grey = image.ndim == 2
        self.image = np.repeat(image[..., None], 3, 2) if grey else image
        self.image = self.image.astype(np.float32)
        self.names = [name]
        self.parts = np.zeros(image.shape[:2], np.uint8)

    def shows(self, name: str) -> Array:
        """Pixels that are `name` so far."""
        if name not in self.names:
            return np.zeros(self.parts.shape, bool)
        return self.parts == self.names.index(name)

    def name(self, mask: Array, name: str) -> None:
        """Say what the pixels of a mask are, leaving the picture as it is."""
        if not mask.any():
            return
        if name not in self.names:
            self.names.append(name)
        self.parts[mask] = self.names.index(name)

    def cover(self, mask: Array, name: str, colour: Array, edge: float = 0.6) -> None:
        """Lay something opaque: `colour` is RGB or an image, `edge` its softness in px."""
        alpha = blur(mask, edge)[..., None]
        self.image = self.image * (1 - alpha) + np.asarray(colour, np.float32) * alpha
        self.name(mask, name)

    def stain(self, mask: Array, name: str, colour: Array, edge: float = 0.6) -> None:
        """Lay something light passes through: `colour` is what it leaves of white."""
        alpha = blur(mask, edge)[..., None]
        self.image = self.image * (1 - alpha * (1 - np.asarray(colour, np.float32)))
        self.name(mask, name)

    def drawing(self) -> Drawing:
        """Finish."""
        image = np.clip(self.image, 0, 1).astype(np.float32)
        return Drawing(image, self.parts, tuple(self.names))
