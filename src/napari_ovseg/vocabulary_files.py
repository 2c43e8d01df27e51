"""Vocabularies as files: TOML holds everything, CSV is what spreadsheets read and write."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from napari_ovseg._atomic import write_atomic
from napari_ovseg._words import guarded, unguarded
from napari_ovseg.errors import VocabularyError
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("id", "name", "queries", "definition", "colour", "threshold", "role", "min_size")
"""Columns of the CSV; only ``name`` must be there. Queries have ``; `` between them."""
_BETWEEN = "; "


def load_vocabulary(path: Path) -> Vocabulary:
    """Read a TOML file, or a CSV file with a header.

    Raises
    ------
    VocabularyError
        If it cannot be read, has unknown columns, or holds what `Category` refuses.
    """
    if path.suffix.casefold() != ".csv":
        return Vocabulary.load(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError(f"cannot read the vocabulary {str(path)!r}: {error}") from error
    try:
        # Spreadsheets of countries whose decimals have commas put semicolons between cells.
        header = text.partition("\n")[0]
        between = ";" if ";" in header and "," not in header else ","
        rows = list(csv.DictReader(io.StringIO(text), strict=True, delimiter=between))
        if between == ";":
            rows = [{**row, **_with_point(row)} for row in rows]
    except csv.Error as error:
        raise VocabularyError(f"{path.name} is not a CSV file: {error}") from error
    columns = set[str | None]().union(*rows)  # None holds cells beyond the header
    if "name" not in columns or not columns <= set(FIELDS):
        raise VocabularyError(
            f"{path.name} needs a header with 'name' and, if wanted, "
            f"{', '.join(f for f in FIELDS if f != 'name')}; "
            f"got {', '.join(str(c) for c in columns) or 'no rows'}"
        )
    return Vocabulary(tuple(_category(row, n) for n, row in enumerate(rows, start=1)))


def _with_point(row: dict[str, str]) -> dict[str, str]:
    return {k: row[k].replace(",", ".") for k in ("threshold",) if row.get(k)}


def save_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Write TOML, or CSV where the ending says so; atomically.

    In CSV a cell that a spreadsheet would take for a formula gets an apostrophe before it,
    which is taken away when it is read.

    Raises
    ------
    VocabularyError
        If a query holds the ``;`` that CSV puts between queries.
    ExportError
        If the file cannot be written.
    """
    if path.suffix.casefold() != ".csv":
        vocabulary.save(path)
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS)
    writer.writeheader()
    for category in vocabulary:
        writer.writerow({field: guarded(_cell(category, field)) for field in FIELDS})
    write_atomic(path, text.getvalue().encode("utf-8"))


def _cell(category: Category, field: str) -> str:
    if field != "queries":
        return str(getattr(category, field))
    if any(";" in query for query in category.queries):
        raise VocabularyError(
            f"a query of {category.name!r} holds a semicolon, which CSV puts between queries; "
            "save it as TOML"
        )
    return _BETWEEN.join(category.queries)


def _category(row: dict[str, str | None], number: int) -> Category:
    cells = {k: unguarded(v or "") for k, v in row.items()}
    try:
        return Category(
            id=int(cells.get("id") or number),
            name=cells["name"],
            queries=tuple(q for q in cells.get("queries", "").split(";") if q.strip()),
            definition=cells.get("definition", ""),
            colour=cells.get("colour", ""),
            threshold=float(cells.get("threshold") or 0),
            role=cells.get("role") or "thing",  # type: ignore[arg-type]  # it is checked there
            min_size=int(cells.get("min_size") or 0),
        )
    except ValueError as error:
        raise VocabularyError(f"category {number} has a cell of the wrong kind: {error}") from error
