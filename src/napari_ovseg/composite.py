"""Several grey pictures of one thing as one image, whose last axis are its channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.image import Image

_AXIS = "c"


@dataclass(frozen=True, slots=True)
class Stacked:
    """Arrays of one shape as the last axis of one array, read only when numpy asks."""

    parts: tuple[Any, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a part, and how many there are."""
        return (*(int(n) for n in self.parts[0].shape), len(self.parts))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type that holds the values of all parts."""
        return np.result_type(*(np.dtype(part.dtype) for part in self.parts))

    def __getitem__(self, index: Any) -> np.ndarray:
        return np.stack([np.asarray(part[index]) for part in self.parts], axis=-1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[...], dtype=dtype)


def together(images: Sequence[Image], names: Sequence[str]) -> Image:
    """Take grey images as the channels of one, which lies where the first lies.

    Raises
    ------
    ImageError
        If one has colours, or another shape than the first.
    """
    first = images[0]
    for image in images:
        shapes = [image.shape_of(i) for i in range(len(image.levels))]
        if image.rgb or shapes != [first.shape_of(i) for i in range(len(first.levels))]:
            raise ImageError(
                f"{image.name!r} cannot be a channel beside {first.name!r}: it must be grey and "
                f"of its shape {first.shape}, got {image.shape}{' in colour' * image.rgb}"
            )
    levels = tuple(Stacked(parts) for parts in zip(*(i.levels for i in images), strict=True))
    return replace(first, levels=levels, rgb=True, channels=tuple(names))


def split(image: Image) -> Image:
    """Take the axis ``c`` of a stack as its channels, so that it is labelled as one picture.

    Raises
    ------
    ImageError
        If it has colours or no such axis.
    """
    if image.rgb or _AXIS not in image.grid.axes:
        raise ImageError(
            f"{image.name!r} has no axis of channels: its axes are {', '.join(image.grid.axes)}"
            f"{' and colours' * image.rgb}; give the channels as one file with an axis 'c'"
        )
    at = image.grid.axes.index(_AXIS)
    count = image.shape[at]
    names = image.channels if len(image.channels) == count else tuple(map(str, range(count)))
    place = (slice(None),) * at
    levels = tuple(
        Stacked(tuple(level[(*place, n)] for n in range(count))) for level in image.levels
    )
    affine = np.delete(np.delete(np.asarray(image.grid.affine), at, 0), at, 1)
    axes, units = (np.delete(told, at).tolist() for told in (image.grid.axes, image.grid.units))
    grid = Grid.of(axes, affine, units)
    return replace(image, levels=levels, rgb=True, channels=names, grid=grid)


def choose(image: Image, order: Sequence[int]) -> Image:
    """Keep some channels of a composite image, in this order."""
    if list(order) == list(range(len(image.channels))):
        return image
    levels = tuple(Stacked(tuple(level.parts[n] for n in order)) for level in image.levels)
    return replace(image, levels=levels, channels=tuple(image.channels[n] for n in order))
