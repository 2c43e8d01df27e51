"""What a file held, made into an annotation."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.errors import InputError, MissingDependencyError
from napari_ovseg.formats.owners import unpacked
from napari_ovseg.labels import Annotation, LabelMap, Owner
from napari_ovseg.naming import category_named
from napari_ovseg.vocabulary import MAX_ID, Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_ovseg.formats.record import Record
    from napari_ovseg.grid import Grid


MAX_PIXELS = 2**31
"""Largest label map that a file may ask for: 4 GiB of memory."""
_MAX_BYTES = 2**32
_MAX_RATIO = 1100
"""Gzip packs zeros into a 1032nd."""


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What an importer read.

    Attributes
    ----------
    ids : (..., H, W)
        Of any numeric dtype, as it was in the file.
    grid
        Where the pixels are.
    named
        Name and colour ("" where there is none) by id, from the fields that other tools
        read and change; they win over the vocabulary of the record.
    record
        Our own, if the file holds one.
    owner
        `Owner` of each pixel, like `ids`, if the file holds them outside of the record.
    """

    ids: np.ndarray
    grid: Grid
    named: Mapping[int, tuple[str, str]]
    record: Record | None = None
    owner: np.ndarray | None = None


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a library raises for a bad file into `InputError`."""
    try:
        yield
    except (InputError, MissingDependencyError):
        raise
    except Exception as error:
        raise InputError(
            f"cannot read {path.name!r} as {what}: {type(error).__name__}: {error}; "
            "is it whole, and of that format?"
        ) from error


def image_shape(shape: tuple[int, ...], what: str) -> tuple[int, ...]:
    """Return a shape that a label map can have, or raise InputError."""
    if len(shape) < 2 or min(shape) < 1 or math.prod(shape) > MAX_PIXELS:
        raise InputError(
            f"the size of {what} must have two axes or more and 1 to {MAX_PIXELS} pixels, "
            f"got {str(shape)[:80]}"
        )
    return shape


def most_bytes(shape: tuple[int, ...], itemsize: int, path: Path) -> int:
    """Return how many bytes the pixels of a gzip file can have, by its header and its size.

    Raises
    ------
    InputError
        If the header asks for more pixels than a label map can have.
    """
    pixels = math.prod(image_shape(tuple(map(int, shape)), path.name))
    return min(pixels * itemsize, _MAX_BYTES, _MAX_RATIO * path.stat().st_size)


def annotation_of(name: str, found: Found) -> Annotation:
    """Make an annotation; ids that have no name become "category N".

    Raises
    ------
    InputError
        If the numbers cannot be ids, or there is neither a name nor a labelled pixel.
    """
    ids, record = _as_ids(found.ids), found.record
    labels = LabelMap(ids, _vocabulary(found, ids), found.grid)
    owner = _as_owner(found.owner, ids.shape)
    if record is None:
        return Annotation(name, labels, owner)
    owner = unpacked(record.owners, ids) if owner is None else owner
    return Annotation(name, labels, owner, record.provenance)


def _as_owner(values: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return uint8, or say why these cannot be owners of the pixels."""
    if values is None:
        return None
    if values.shape != shape or not np.isin(values, list(Owner)).all():
        raise InputError(
            f"owners are {', '.join(str(int(o)) for o in Owner)} for every pixel of {shape}, got "
            f"{values.dtype} of shape {values.shape}; the file was changed by another program"
        )
    return values.astype(np.uint8)


def _as_ids(values: np.ndarray) -> np.ndarray:
    """Return uint16, or say why these are not ids."""
    if values.dtype.kind not in "buif" or 0 in values.shape:
        raise InputError(
            f"labels must be numbers, got {values.dtype} of shape {values.shape}; "
            "export them as whole numbers"
        )
    low, high = values.min(), values.max()
    if not (0 <= low <= high <= MAX_ID) or (
        values.dtype.kind == "f" and (values != np.round(values)).any()
    ):
        raise InputError(
            f"labels must be whole numbers 0..{MAX_ID}, got values from {low} to {high}; "
            "is this an image and not its labels?"
        )
    return np.ascontiguousarray(values, np.uint16)


def _vocabulary(found: Found, ids: np.ndarray) -> Vocabulary:
    known = {c.id: c for c in (found.record.vocabulary if found.record else ())}
    present = np.flatnonzero(np.bincount(ids.ravel(), minlength=1))
    named = dict.fromkeys((int(i) for i in present if i and i not in known), ("", ""))
    named |= {i: text for i, text in found.named.items() if i != 0}
    taken = {c.name.casefold() for c in known.values() if c.id not in named}
    for number, (told, colour) in sorted(named.items()):
        made, old = category_named(number, told, taken, colour), known.get(number)
        taken.add(made.name.casefold())
        known[number] = made if old is None else renamed(old, made.name, colour)
    if not known:
        raise InputError("the file holds no labels: no name, and every pixel is 0")
    return Vocabulary(tuple(known.values()))


def renamed(old: Category, name: str, colour: str) -> Category:
    """Take over what another program changed of a category; no colour leaves its own."""
    return replace(old, name=name, colour=colour or old.colour)
