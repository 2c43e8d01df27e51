"""How an image is shown, which is what the model sees.

A person has looked at the picture and set its contrast; the encoder gets exactly that.
As long as nobody has, robust percentiles stand in, so that one hot pixel of a 16-bit
image changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg._colours import is_colour, rgb
from napari_ovseg.errors import RecipeError

if TYPE_CHECKING:
    from napari_ovseg.image import Image

GREY = ("#000000", "#ffffff")
PERCENTILES = (0.2, 99.8)
_SAMPLE = 300_000
"""Pixels that percentiles are taken from; more change nothing but the time."""


@dataclass(frozen=True, slots=True)
class Display:
    """From stored values to the colours on the screen.

    Attributes
    ----------
    limits
        Values shown darkest and brightest; None until `resolve` has looked at the image.
    gamma
        Exponent after the limits; below 1 brightens.
    colormap
        Colours ``#rrggbb`` at equal steps from dark to bright, for grey images.
    """

    limits: tuple[float, float] | None = None
    gamma: float = 1.0
    colormap: tuple[str, ...] = GREY

    def __post_init__(self) -> None:
        """Refuse limits that show nothing and colours that are none."""
        if self.limits is not None:
            low, high = (float(v) for v in self.limits)
            if not (np.isfinite([low, high]).all() and low < high):
                raise RecipeError(f"contrast limits must be finite and rising, got {self.limits}")
            object.__setattr__(self, "limits", (low, high))
        if not 0 < self.gamma < 100:
            raise RecipeError(f"gamma must be above 0 and below 100, got {self.gamma}")
        object.__setattr__(self, "colormap", tuple(c.lower() for c in self.colormap))
        if len(self.colormap) < 2 or not all(is_colour(c) for c in self.colormap):
            raise RecipeError(
                f"a colormap needs two or more colours '#rrggbb', got {self.colormap}"
            )

    def resolve(self, image: Image) -> Display:
        """Return a copy with limits: those set, or robust ones of the whole image."""
        return self if self.limits is not None else replace(self, limits=robust_limits(image))

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Turn stored values into shown intensities.

        Parameters
        ----------
        pixels : (H, W) or (H, W, 3) array, any real dtype

        Returns
        -------
        shown : same shape, float32 in 0..1, not yet coloured
        """
        if self.limits is None:
            raise RecipeError("contrast limits are not set; call resolve(image) first")
        low, high = self.limits
        if pixels.dtype.itemsize > 2 and pixels.dtype != np.float32:
            shown = (pixels - low).astype(np.float32)  # float32 does not tell all large ones apart
        else:
            shown = pixels.astype(np.float32)
            shown -= np.float32(low)
        shown /= np.float32(high - low)
        np.clip(shown, 0, 1, out=shown)
        return shown if self.gamma == 1 else shown ** np.float32(self.gamma)

    def colour(self, shown: np.ndarray) -> np.ndarray:
        """Colour (H, W) intensities in 0..1 through the colormap: (H, W, 3) float32 in 0..1."""
        if shown.ndim == 3:
            return shown
        if self.colormap == GREY:
            # Not np.repeat, which holds Python's lock, and with it the window.
            grey = np.empty((*shown.shape, 3), shown.dtype)
            grey[...] = shown[..., None]
            return grey
        steps = np.linspace(0, 1, len(self.colormap))
        table = np.array([rgb(c) for c in self.colormap], float) / 255
        channels = [np.interp(shown, steps, table[:, c]) for c in range(3)]
        return np.stack(channels, axis=-1).astype(np.float32)


def robust_limits(image: Image, channel: int | None = None) -> tuple[float, float]:
    """Limits that a few odd pixels do not move; of a composite, those of one channel.

    Eight-bit colours are shown as they are, as every viewer does; everything else between
    the 0.2 and 99.8 percentiles, or between its extremes where those coincide.
    """
    dtype = np.dtype(image.levels[0].dtype)
    if dtype.kind == "b":
        return 0.0, 1.0
    if image.rgb and dtype == np.uint8 and channel is None:
        return 0.0, 255.0
    values = _sample(image, channel)
    low, high = np.percentile(values, PERCENTILES)
    if not low < high:
        low, high = values.min(), values.max()
    if not low < high:
        high = max(low + 1, np.nextafter(low, np.inf))  # 1 is nothing beside 2^53
    return float(low), float(high)


def _sample(image: Image, channel: int | None) -> np.ndarray:
    """Read pixels from up to eight planes of the coarsest level that is large enough."""
    level = image.level_for((512, 512))
    chosen = _spread(list(image.planes()))
    parts = []
    for index in chosen:
        pixels = image.plane(index).read(level)
        values = pixels if channel is None else pixels[..., channel]
        # Whole pixels are taken: each n-th value of three colours might be always the red one.
        colours = values.reshape(-1, values.shape[-1] if values.ndim > 2 else 1)
        parts.append(colours[:: max(1, values.size * len(chosen) // _SAMPLE)].reshape(-1))
    return np.concatenate(parts).astype(np.float64)


def _spread(planes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Choose eight planes, from the first to the last along every leading axis; or all of fewer.

    Along each axis the eight places are taken in another order (steps of 1, 3, 5, 7 among eight),
    so that not all are at the same slice of their times.
    """
    if len(planes) <= 8:
        return planes
    ends = np.max(planes, axis=0)
    steps = 2 * (np.arange(len(ends)) % 4) + 1
    shares = np.outer(np.arange(8), steps) % 8 / 7
    return list(dict.fromkeys(tuple(map(int, place)) for place in np.rint(shares * ends)))
