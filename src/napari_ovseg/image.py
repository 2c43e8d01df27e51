"""Pixels that are read only where they are needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, eq=False, slots=True)
class Image:
    """A picture, a stack or a pyramid of either, read only where and when it is needed.

    Attributes
    ----------
    levels
        Arrays (..., H, W) or (..., H, W, 3), finest first; numpy, dask, zarr or alike. Those of
        other slices than the finest are left out: each of theirs shows several.
    rgb
        Whether the last axis is red, green, blue (and maybe alpha, which is ignored), or the
        channels of a composite.
    grid
        Where the pixels of the finest level are.
    name
        What to call it in messages and files.
    channels
        Names of what is along the axis ``c``; with `rgb`, of what is along the last axis.
    """

    levels: tuple[Any, ...]
    rgb: bool
    grid: Grid
    name: str = "image"
    channels: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Any, name: str = "image") -> Image:
        """Wrap an array (H, W) or (H, W, 3 or 4), or return an `Image` unchanged.

        Raises
        ------
        ImageError
            If the shape or dtype is not that of a picture.
        """
        if isinstance(data, Image):
            return data
        array = data if hasattr(data, "shape") and _has_dtype(data) else np.asarray(data)
        rgb = array.ndim >= 3 and array.shape[-1] in (3, 4)
        if array.ndim == 3 and not rgb and array.shape[0] in (3, 4):
            raise ImageError(
                f"colours must be the last axis, got shape {tuple(array.shape)}; "
                "use np.moveaxis(image, 0, -1)"
            )
        if array.ndim == 3 and array.shape[-1] in (1, 2):
            raise ImageError(
                f"a picture without colours has two axes, got shape {tuple(array.shape)}; "
                "use image[..., 0]"
            )
        return cls((array,), rgb, Grid.regular(max(array.ndim - rgb, 2)), name)

    def __post_init__(self) -> None:
        """Refuse what is not a picture."""
        shape, dtype = tuple(self.levels[0].shape), np.dtype(self.levels[0].dtype)
        if len(shape) - self.rgb < 2:
            raise ImageError(f"an image needs rows and columns, got shape {shape}")
        if dtype.kind not in "uifb":
            raise ImageError(f"pixels must be integers or floats, got {dtype}; convert the image")
        if min(self.shape[-2:]) < 2 or 0 in shape:
            raise ImageError(
                f"an image needs at least 2 x 2 pixels, got shape {shape}; "
                "nothing can be seen in less"
            )
        slices = [self.shape_of(level)[:-2] for level in range(len(self.levels))]
        same = tuple(v for v, n in zip(self.levels, slices, strict=True) if n == slices[0])
        object.__setattr__(self, "levels", same)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a label map of this image: (..., H, W)."""
        return self.shape_of(0)

    def shape_of(self, level: int) -> tuple[int, ...]:
        """Shape of a pyramid level without its colour axis."""
        shape = tuple(int(n) for n in self.levels[level].shape)
        return shape[:-1] if self.rgb else shape

    @property
    def identity(self) -> tuple[int, ...]:
        """Tells its arrays from others, as long as they are kept."""
        return tuple(id(p) for level in self.levels for p in getattr(level, "parts", (level,)))

    def planes(self) -> Iterator[tuple[int, ...]]:
        """Index of every picture of a stack; one empty index for a plain picture."""
        yield from np.ndindex(self.shape[:-2])

    def plane(self, index: tuple[int, ...]) -> Image:
        """Return one picture of a stack, still lazy: (H, W) or (H, W, 3)."""
        if not index:
            return self
        levels = tuple(_Plane(level, index) for level in self.levels)
        return replace(self, levels=levels, grid=self.grid.plane)

    def rows(self, rows: slice) -> Image:
        """Return some rows of one picture, still lazy, at the finest level."""
        return replace(self, levels=(_Rows(self.levels[0], rows),))

    def level_for(self, size: tuple[int, int]) -> int:
        """Coarsest level that still has at least `size` (H, W) pixels."""
        fits = [
            level
            for level in range(len(self.levels))
            if all(have >= want for have, want in zip(self.shape_of(level)[-2:], size, strict=True))
        ]
        return fits[-1] if fits else 0

    def read(self, level: int = 0) -> np.ndarray:
        """Read one picture: (H, W) or (H, W, 3), in its own dtype.

        Raises
        ------
        ImageError
            If it is a stack, if it cannot be read, or if it holds NaN or infinity.
        """
        if len(self.shape) != 2:
            raise ImageError(f"choose one plane of the stack first, got shape {self.shape}")
        try:
            pixels = np.asarray(self.levels[level])
        except (OSError, ValueError, MemoryError) as error:
            raise ImageError(f"the pixels of {self.name!r} cannot be read: {error}") from error
        if self.rgb and not self.channels:
            pixels = pixels[..., :3]
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            bad = int(pixels.size - np.isfinite(pixels).sum())
            raise ImageError(
                f"{self.name!r} holds {bad} values that are NaN or infinite; "
                "replace them first, for instance with np.nan_to_num(image)"
            )
        return pixels


def _has_dtype(data: Any) -> bool:
    """Whether an array says its kind as numpy does; torch's tensors do not."""
    try:
        return np.dtype(data.dtype) is not None
    except (AttributeError, TypeError):
        return False


@dataclass(frozen=True, slots=True)
class _Plane:
    """One plane of a stacked array, indexed only when numpy asks for the pixels."""

    stack: Any
    index: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.stack.shape[len(self.index) :])

    @property
    def dtype(self) -> Any:
        return self.stack.dtype

    def __getitem__(self, rows: slice) -> Any:
        return self.stack[(*self.index, rows)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.stack[self.index], dtype=dtype)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows of a picture, read only when numpy asks for the pixels."""

    picture: Any
    rows: slice

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.rows.stop - self.rows.start, *self.picture.shape[1:])

    @property
    def dtype(self) -> Any:
        return self.picture.dtype

    def __getitem__(self, rows: slice) -> Any:
        first, end = self.rows.start, self.rows.stop
        return self.picture[first + rows.start : min(first + rows.stop, end)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.picture[self.rows], dtype=dtype)
