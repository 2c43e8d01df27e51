"""How far around a border it is drawn to edges, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass

_TILE = 256
"""Least side of a tile, px; small tiles hold few labels."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Distances that follow from the radius; in cells but for the radius and the cell."""

    radius: int

    @property
    def cell(self) -> int:
        """Side of a coarse cell, px; a window is then some 9 cells wide."""
        return max(1, self.radius // 4)

    @property
    def window(self) -> int:
        """Half width of the windows in which colours are compared."""
        return -(-self.radius // self.cell)

    @property
    def narrow(self) -> int:
        """Half width up to which a part of a label does not change."""
        return max(1, self.radius // (4 * self.cell))

    @property
    def stays(self) -> int:
        """Half width up to which a part of a label does not grow."""
        return max(1, self.radius // (2 * self.cell))

    @property
    def halo(self) -> int:
        """How far around a tile its result looks."""
        return max(2 * self.window + 2, self.window + 2 * self.stays) + 1

    @property
    def margin(self) -> int:
        """The halo, px."""
        return self.halo * self.cell

    @property
    def side(self) -> int:
        """Of a tile, px; tiles begin where coarse cells do: the cells are then the same for any."""
        return -(-max(_TILE, 4 * self.radius) // self.cell) * self.cell
