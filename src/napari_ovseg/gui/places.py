"""Where the pixels of a napari layer are: its transform, units and axes; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_ovseg.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
"""Properties of a layer, and events."""
_AXES = ("t", "c", "z", "y", "x")


def grid_of(layer: Any) -> Grid:
    """Where a layer's pixels are: its whole transform from data to world."""
    ndim = layer.ndim
    corners = np.vstack([np.zeros(ndim), np.eye(ndim)])
    world = np.array([layer.data_to_world(corner) for corner in corners])
    matrix = np.eye(ndim + 1)
    matrix[:-1, :-1] = (world[1:] - world[0]).T
    matrix[:-1, -1] = world[0]
    axes = tuple(_axis_name(name, i - ndim) for i, name in enumerate(layer.axis_labels))
    return Grid.of(axes, matrix, [str(unit) for unit in layer.units])


def _axis_name(label: str, position: int) -> str:
    """Name an axis; napari calls unnamed ones '-1', '-2', and there may be more than have names."""
    unnamed = label.lstrip("-").isdigit() and -position <= len(_AXES)
    return _AXES[position] if unnamed else label


def lay_over(layer: Any, other: Any) -> None:
    """Lay a layer exactly over another: its transform, units and names of axes."""
    for key in PLACE:
        setattr(layer, key, getattr(other, key))


def on_moved(layer: Any, told: Callable[[Any], None]) -> None:
    """Call with an event whenever a layer lies elsewhere."""
    for key in PLACE:
        getattr(layer.events, key).connect(told)


def placed(grid: Grid) -> dict[str, Any]:
    """Say where a grid is as properties of a layer; units that napari does not know are pixels."""
    matrix = np.array(grid.affine)
    turn, place = matrix[:-1, :-1], matrix[:-1, -1]
    size = np.diagonal(turn)
    # Where it can be told so: whoever sets the scale of a layer means all of it.
    plain = (size > 0).all() and np.array_equal(turn, np.diag(size))
    return {
        **({"scale": tuple(size), "translate": tuple(place)} if plain else {"affine": matrix}),
        "units": tuple(unit if _is_known(unit) else "pixel" for unit in grid.units),
        "axis_labels": grid.axes,
    }


def _is_known(unit: str) -> bool:
    try:
        Labels(np.zeros((1, 1), np.uint8), units=(unit, unit))
    except ValueError:
        return False
    return True


def restore(source: Any, grid: Grid) -> None:
    """Lay an image where its labels were when they were saved, if someone had placed them.

    A calibration that was set by hand is in no file but that of the labels.
    """
    ndim = len(grid.axes)
    lying = Labels(np.zeros((1,) * ndim, np.uint8), **placed(grid))
    plain = _same_place(grid_of(lying), Grid.regular(ndim))
    if not plain and not _same_place(grid_of(lying), grid_of(source)):
        lay_over(source, lying)


def _same_place(here: Grid, there: Grid) -> bool:
    return here.units == there.units and np.allclose(here.affine, there.affine, atol=1e-12)
