"""Tables of a file as dataclasses: no field that is unknown, none of another type than declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from napari_ovseg.errors import InputError, RecipeError

T = TypeVar("T")

_hints = cache(get_type_hints)  # a vocabulary has as many tables as categories
_NAMES: dict[Any, str] = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text",
}  # fmt: skip


def build(kind: type[T], values: object, name: str, refused: type[InputError] = RecipeError) -> T:
    """Make a dataclass of the table called `name`; missing fields take their defaults.

    Raises
    ------
    refused
        If it is no table, or a field is unknown or of another type than declared.
    """
    if not isinstance(values, Mapping):
        raise refused(f"[{name}] must be a table, got {values!r}")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    known = sorted(f.name for f in fields(kind))  # type: ignore[arg-type]  # a dataclass
    if unknown := sorted(set(values) - set(known)):
        raise refused(
            f"[{name}] has unknown fields {', '.join(unknown)}; known: {', '.join(known)}"
        )
    plain = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    for key, value in plain.items():
        if not _fits(value, hints[key]):
            raise refused(f"{key} of [{name}] must be {_named(hints[key])}, got {values[key]!r}")
    return kind(**plain)


def _fits(value: object, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return True  # the class itself says what there is to choose from
    if origin is tuple and isinstance(value, tuple):
        parts = (parts[0],) * len(value) if parts[-1] is Ellipsis else parts
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if hint in _NAMES:
        return type(value) is hint or (hint is float and type(value) is int)
    return isinstance(value, origin or hint)


def _named(hint: Any) -> str:
    """Say in words what a field takes."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_named(p) for p in parts if p is not NoneType))
    if origin is tuple:
        count = "" if parts[-1] is Ellipsis else f" of {len(parts)}"
        return f"a list{count}, each {_named(parts[0])}"
    return _NAMES.get(hint, "a table")
