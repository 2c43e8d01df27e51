"""Where pixels are in the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Sequence

Matrix = tuple[tuple[float, ...], ...]

MICROMETRE = {
    "nm": 1e-3, "nanometer": 1e-3, "nanometre": 1e-3,
    "um": 1.0, "µm": 1.0, "μm": 1.0, "micrometer": 1.0, "micrometre": 1.0, "micron": 1.0,
    "mm": 1e3, "millimeter": 1e3, "millimetre": 1e3,
    "cm": 1e4, "centimeter": 1e4, "centimetre": 1e4,
    "m": 1e6, "meter": 1e6, "metre": 1e6,
}  # fmt: skip
"""How many micrometres a unit of length is."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The map from pixels to the world.

    Attributes
    ----------
    axes
        A name per axis of the label map, slowest first; the last two are rows and columns.
    affine
        (n + 1, n + 1) homogeneous matrix from pixel index to world, in `units`.
    units
        Unit of each axis, "pixel" where the image is not calibrated.
    """

    axes: tuple[str, ...]
    affine: Matrix
    units: tuple[str, ...]

    @classmethod
    def regular(
        cls,
        ndim: int,
        spacing: Sequence[float] | None = None,
        axes: Sequence[str] | None = None,
        units: Sequence[str] | None = None,
    ) -> Grid:
        """Build an axis-aligned grid; by default pixels named ``..., z, y, x``."""
        names = tuple(axes) if axes is not None else ("t", "c", "z", "y", "x")[-ndim:]
        scale = tuple(spacing) if spacing is not None else (1.0,) * ndim
        unit = tuple(units) if units is not None else ("pixel",) * ndim
        return cls.of(names, np.diag([*map(float, scale), 1.0]), unit)

    @classmethod
    def of(cls, axes: Sequence[str], affine: np.ndarray, units: Sequence[str]) -> Grid:
        """Build a grid from a matrix (n + 1, n + 1) of any numbers."""
        rows = tuple(tuple(map(float, row)) for row in affine.tolist())
        return cls(tuple(axes), rows, tuple(units))

    def __post_init__(self) -> None:
        """Refuse what no file could hold.

        Raises
        ------
        ImageError
            If different pixels would lie at one place, or a number is infinite or none.
        """
        matrix = np.asarray(self.affine, float)
        turns = matrix[:-1, :-1]
        if not np.isfinite(matrix).all() or np.linalg.matrix_rank(turns) < len(turns):
            raise ImageError(
                f"pixels need a size above 0 along every axis, got the matrix {turns.tolist()}; "
                "set the scale of the image"
            )

    @property
    def plane(self) -> Grid:
        """That of one picture of a stack: rows and columns only."""
        rows = tuple(row[-3:] for row in self.affine[-3:])
        return Grid(self.axes[-2:], rows, self.units[-2:])

    @property
    def spacing(self) -> tuple[float, ...]:
        """Size of a pixel along each axis, in `units`."""
        matrix = np.asarray(self.affine)[:-1, :-1]
        return tuple(float(v) for v in np.linalg.norm(matrix, axis=0))

    @property
    def micrometres(self) -> tuple[float, float] | None:
        """Height and width of a pixel in micrometres, None where it is not calibrated."""
        factors = [MICROMETRE.get(unit.casefold()) for unit in self.units[-2:]]
        if None in factors:
            return None
        rows, cols = (s * f for s, f in zip(self.spacing[-2:], factors, strict=True) if f)
        return rows, cols
