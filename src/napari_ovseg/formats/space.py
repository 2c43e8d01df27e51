"""Which axes are space, and where its voxels are in millimetres.

Formats of volumes name their world x, y, z, ours is z, y, x: the last space axis of a grid
is x. Formats of medicine say where the patient is; our world is taken as RAS there (x grows
to the right, y to the front, z to the head).
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_ovseg.errors import ExportError
from napari_ovseg.grid import MICROMETRE, Grid
from napari_ovseg.vocabulary import MAX_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_ovseg.labels import Annotation

SECONDS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "microsecond": 1e-6,
}  # fmt: skip
"""How many seconds a unit of time is."""
AXIS_ORDER = ("time", "channel", "space")
"""The order of axes that OME-Zarr asks for."""
_KINDS = {"t": "time", "time": "time", "c": "channel", "channel": "channel", "channels": "channel"}


def kind_of(axis: str) -> str:
    """Say of an axis by its name whether it is "time", "channel" or "space"."""
    return _KINDS.get(axis.casefold(), "space")


def kinds(axes: tuple[str, ...]) -> tuple[str, ...]:
    """Say of each axis whether it is "time", "channel" or "space"; the last two are space.

    Raises
    ------
    ExportError
        If there are more than three of space or more than one of another kind.
    """
    found = (*map(kind_of, axes[:-2]), "space", "space")
    if found.count("space") > 3 or found.count("time") > 1 or found.count("channel") > 1:
        raise ExportError(
            f"this format holds one axis of time, one of channels and three of space, got "
            f"{', '.join(axes)}; rename the axes, or export the parts one by one"
        )
    return found


def order_of(axes: tuple[str, ...], kind_order: tuple[str, ...]) -> list[int]:
    """Permutation that sorts axes by kind and leaves those of a kind as they are."""
    found = kinds(axes)
    return sorted(range(len(axes)), key=lambda i: kind_order.index(found[i]))


def full(ids: np.ndarray, axes: tuple[str, ...]) -> np.ndarray:
    """Return ids (channel, time, z, y, x), with axes of length 1 where there are none."""
    found = kinds(axes)
    ids = ids.transpose(order_of(axes, ("channel", "time", "space")))
    lead, space = ids.shape[: -found.count("space")], ids.shape[-found.count("space") :]
    channels = lead[0] if "channel" in found else 1
    times = lead[-1] if "time" in found else 1
    return ids.reshape(channels, times, *(1,) * (3 - len(space)), *space)


def from_full(ids: np.ndarray, axes: tuple[str, ...]) -> np.ndarray | None:
    """Undo `full`; None where an axis that `axes` lacks is longer than 1."""
    found = kinds(axes)
    has = ("channel" in found, "time" in found, found.count("space") == 3, True, True)
    if any(n > 1 and not kept for n, kept in zip(ids.shape, has, strict=True)):
        return None
    ids = ids.reshape([n for n, kept in zip(ids.shape, has, strict=True) if kept])
    return ids.transpose(np.argsort(order_of(axes, ("channel", "time", "space"))))


class Volume(NamedTuple):
    """A channel and time point: name, ids and, if they are known, owners (z, y, x)."""

    name: str
    ids: np.ndarray
    owner: np.ndarray | None


def volumes_of(annotation: Annotation) -> list[Volume]:
    """Return every channel and time point, called ``NAME_0000`` and so on where there are many."""
    ids = _volumes(annotation.labels.ids, annotation.labels.grid.axes)
    owners: Iterable[np.ndarray | None] = repeat(None, len(ids))
    if annotation.owner is not None:
        owners = _volumes(annotation.owner, annotation.labels.grid.axes)
    names = [f"{annotation.name}_{number:04d}" for number in range(len(ids))]
    return list(map(Volume, names if len(ids) > 1 else [annotation.name], ids, owners))


def _volumes(values: np.ndarray, axes: tuple[str, ...]) -> np.ndarray:
    stack = full(values, axes)
    return stack.reshape(-1, *stack.shape[2:])


def space_grid(grid: Grid) -> Grid:
    """Return the axes of space only."""
    kept = [i for i, kind in enumerate(kinds(grid.axes)) if kind == "space"]
    matrix = np.asarray(grid.affine)[np.ix_([*kept, -1], [*kept, -1])]
    return Grid.of([grid.axes[i] for i in kept], matrix, [grid.units[i] for i in kept])


def millimetre_affine(grid: Grid) -> np.ndarray:
    """(4, 4) matrix from voxel (x, y, z) to millimetres; pixels count as millimetres."""
    space = space_grid(grid)
    matrix, n = np.asarray(space.affine, float), len(space.axes)
    factors = [MICROMETRE.get(unit.casefold(), 1e3) / 1e3 for unit in space.units]
    rows = matrix[:-1] * np.array(factors)[:, None]
    result = np.eye(4)
    result[:n, :n] = rows[::-1, -2::-1]
    result[:n, 3] = rows[::-1, -1]
    return result


def grid_of(affine: np.ndarray) -> Grid:
    """Undo `millimetre_affine`: a grid z, y, x in millimetres."""
    matrix = np.eye(4)
    matrix[:3, :3] = affine[2::-1, 2::-1]
    matrix[:3, 3] = affine[2::-1, 3]
    return Grid.of("zyx", matrix, ("mm",) * 3)


def is_calibrated(grid: Grid) -> bool:
    """Whether every axis of space has a unit of length."""
    return all(unit.casefold() in MICROMETRE for unit in space_grid(grid).units)


def mixes_space(grid: Grid) -> bool:
    """Whether time or channels turn into space, which no format of volumes holds."""
    found = np.array(kinds(grid.axes)) == "space"
    matrix = np.asarray(grid.affine)[:-1, :-1]
    off = matrix - np.diag(np.diag(matrix))
    return bool(off[~found].any() or off[:, ~found].any())


def renumbered(ids: np.ndarray, numbers: Mapping[int, int]) -> np.ndarray:
    """Replace ids by other numbers, and by 0 where they have none."""
    table = np.zeros(MAX_ID + 1, np.uint16)
    table[list(numbers)] = list(numbers.values())
    return compact(table[ids])


def compact(ids: np.ndarray) -> np.ndarray:
    """Return ids as uint8 where they fit, else uint16."""
    return ids.astype(np.uint8 if ids.max(initial=0) < 256 else np.uint16)
