"""JSON from strangers: every value is looked at before it is used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_ovseg._colours import hex_of, is_colour
from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import FURTHEST, KEY

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def load_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        If it cannot be read or is not JSON.
    """
    try:
        data = path.read_bytes()
    except (OSError, MemoryError) as error:
        raise InputError(f"cannot read {path.name!r}: {error}") from error
    return parse_json(data, repr(path.name))


def parse_json(data: bytes, what: str) -> Any:
    """Parse JSON.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"cannot read {what} as JSON: {error}") from error


def is_marked(path: Path) -> bool:
    """Whether a JSON file holds our record.

    Raises
    ------
    InputError
        If it cannot be read or is not JSON.
    """
    content = load_json(path)
    return isinstance(content, dict) and KEY in content


def member(table: Any, key: str, kind: type[T], what: str) -> T:
    """Return the value of a key of an object, if it is of a kind.

    Raises
    ------
    InputError
        If `table` is no object, has no such key, or one of another kind.
    """
    if not isinstance(table, dict) or key not in table:
        raise InputError(f"{what} needs {key!r}; the file is incomplete or of another format")
    return typed(table[key], kind, f"{key!r} of {what}")


def typed(value: Any, kind: type[T], what: str) -> T:
    """Return `value` if it is of a kind (True is no number), else raise InputError."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{what} must be a {kind.__name__}, got {str(value)[:40]!r}")
    return value


def integers(value: Any, what: str) -> tuple[int, ...]:
    """Return a list of whole numbers as a tuple, or raise InputError."""
    return tuple(typed(v, int, f"each number of {what}") for v in typed(value, list, what))


def numbers(value: Any, what: str) -> np.ndarray:
    """Return a list of numbers as a float64 array, or raise InputError.

    Text, NaN and what is further than a thousand million from 0 are refused.
    """
    values = typed(value, list, what)
    if not all(type(v) in {int, float} and abs(v) <= FURTHEST for v in values):
        raise InputError(f"{what} must be numbers up to {FURTHEST:.0e}, got {str(values)[:40]}")
    return np.array(values, np.float64)


def hex_colour(value: Any) -> str:
    """Turn [r, g, b], [r, g, b, opacity], ``#rrggbb`` or ARGB in one number into ``#rrggbb``.

    All else is no colour.
    """
    if isinstance(value, list) and len(value) in {3, 4}:
        if all(type(v) is int and 0 <= v <= 255 for v in value):
            return hex_of(value[:3])
    elif isinstance(value, str) and is_colour(value.lower()):
        return value.lower()
    elif type(value) is int and -(2**31) <= value < 2**32:
        return f"#{value & 0xFFFFFF:06x}"
    return ""
