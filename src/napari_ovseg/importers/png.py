"""Indexed PNG: pixel value = category id, with our table of categories beside it."""

from __future__ import annotations

import csv
import io
import re
import struct
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, get_args

import numpy as np

from napari_ovseg._colours import hex_of
from napari_ovseg._words import unguarded
from napari_ovseg.errors import InputError
from napari_ovseg.formats.owners import unpacked
from napari_ovseg.formats.record import CHUNK, TABLE
from napari_ovseg.grid import Grid
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import image_shape
from napari_ovseg.importers._history import history_of, known_categories
from napari_ovseg.importers._json import parse_json, typed
from napari_ovseg.labels import Annotation, LabelMap, count_ids
from napari_ovseg.vocabulary import Category, Role, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL.Image import Image

T = TypeVar("T")

_IGNORED = 255
"""Value that data sets of this kind give to pixels nobody decided."""


@dataclass(frozen=True)
class PNG(Importer):
    """A PNG with a palette or in grey, and ``NAME.classes.csv`` if it is there.

    ``NAME_0000.png`` of a stack is read as an image of its own, with the stack's table. What
    the table does not say is taken from our private chunk. Without either, every value from 1
    to 254 that occurs is a category called ``category VALUE`` in the colour of the palette, and
    255 is unlabelled unless there is no other.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".png",)

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        ids, palette, own = _read_png(path)
        known, table = known_categories(own), _table_of(path)
        if table is None and not known:
            values = [v for v in count_ids(ids) if v]
            if values != [_IGNORED] and max(values, default=0) <= _IGNORED:
                values = [v for v in values if v != _IGNORED]
                ids[ids == _IGNORED] = 0
            vocabulary = _from_palette(values, palette)
        else:
            vocabulary = Vocabulary(tuple(_from_table(table, known) if table else known.values()))
            unknown = np.setdiff1d(list(count_ids(ids)), [0, *(c.id for c in vocabulary)])
            if unknown.size:
                raise InputError(
                    f"{path.name!r} holds the values {unknown[:5].tolist()}, which "
                    f"{(table or path).name!r} does not list; add the rows"
                )
        if (history := history_of(own, ids.shape)) is None:
            return Annotation(path.stem, LabelMap(ids, vocabulary, Grid.regular(2)))
        history, owner = history.alone(path.stem), unpacked(history.owners, ids)
        labels = LabelMap(ids, vocabulary, history.grid)
        return Annotation(history.name, labels, owner, history.provenance)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        return bool(_opened(path, _own))


def _read_png(path: Path) -> tuple[np.ndarray, list[int], dict[str, Any]]:
    """Read values, palette and our chunk, and say what is wrong if there are no values."""
    return _opened(path, lambda picture: (*_values(picture, path.name), _own(picture)))


def _opened(path: Path, take: Callable[[Image], T]) -> T:
    """Open a file, and take something of it.

    Raises
    ------
    InputError
        If it is no PNG, or damaged.
    """
    # Not by `Image.open`, whose limit of pixels is lower than ours.
    from PIL.PngImagePlugin import PngImageFile

    try:
        with PngImageFile(path) as picture:
            image_shape(picture.size, path.name)
            return take(picture)
    except InputError:
        raise
    except (
        OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, KeyError, TypeError,
        struct.error, zlib.error,
    ) as error:  # fmt: skip
        raise InputError(f"cannot read {path.name!r} as PNG: {error}") from error


def _values(picture: Image, name: str) -> tuple[np.ndarray, list[int]]:
    if picture.mode not in {"1", "P", "L", "I", "I;16", "I;16B"}:
        raise InputError(
            f"{name!r} is a picture of mode {picture.mode}; labels have a palette or are grey"
        )
    return np.asarray(picture).astype(np.uint16), picture.getpalette() or []


def _own(picture: Image) -> dict[str, Any]:
    """Our chunk; empty if there is none."""
    chunks = (chunk[1] for chunk in getattr(picture, "private_chunks", ()) if chunk[0] == CHUNK)
    own = parse_json(next(chunks, b"{}"), "the chunk of an image")
    return typed(own, dict, "the chunk of an image")


def _from_palette(values: list[int], palette: list[int]) -> Vocabulary:
    categories = []
    for value in values:
        rgb = palette[3 * value : 3 * value + 3]
        colour = hex_of(rgb) if len(rgb) == 3 else ""
        categories.append(Category(value, f"category {value}", colour=colour))
    return Vocabulary(tuple(categories))


def _table_of(path: Path) -> Path | None:
    """Find the table of a picture, or of the stack it is a plane of."""
    stems = (path.stem, re.sub(r"_\d{4,}$", "", path.stem))
    tables = [path.with_name(f"{stem}{TABLE}") for stem in stems]
    return next((table for table in tables if table.is_file()), None)


def _from_table(path: Path, known: dict[int, Category]) -> list[Category]:
    """Read what the exporter wrote; the apostrophe before what a spreadsheet would run goes."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"cannot read {path.name!r}: {error}") from error
    return [_category(row, path.name, known) for row in rows]


def _category(row: dict[str, str | None], table: str, known: dict[int, Category]) -> Category:
    number, name, colour, role, queries = (
        unguarded(row.get(key) or "") for key in ("id", "name", "colour", "role", "queries")
    )
    if not re.fullmatch(r"[0-9]{1,5}", number) or role not in get_args(Role):
        raise InputError(
            f"a row of {table!r} needs a whole number as id and one of "
            f"{', '.join(get_args(Role))} as role, got {number[:20]!r} and {role[:20]!r}"
        )
    words = tuple(word.strip() for word in queries.split(",") if word.strip())
    category = known.get(int(number)) or Category(int(number), name)
    if ", ".join(category.queries) == queries:  # they may hold commas
        words = category.queries
    return replace(category, name=name, queries=words, colour=colour, role=cast(Role, role))
