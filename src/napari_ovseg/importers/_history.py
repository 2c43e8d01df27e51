"""What our exporters of pictures add to a JSON file, so that nothing of an annotation is lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import KEY, read_grid, read_provenance
from napari_ovseg.importers._found import image_shape, renamed
from napari_ovseg.importers._json import integers, member
from napari_ovseg.labels import Provenance
from napari_ovseg.naming import category_named
from napari_ovseg.vocabulary import MAX_ID, Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.grid import Grid


@dataclass(frozen=True, slots=True)
class History:
    """Of one picture.

    Attributes
    ----------
    name
        Of the annotation.
    shape, plane
        Shape of its label map, and which plane of it the picture is.
    grid, provenance
        Of the annotation.
    owners
        What `formats.owners.packed` keeps of the picture under ``owner``, or None.
    """

    name: str
    shape: tuple[int, ...]
    plane: tuple[int, ...]
    grid: Grid
    provenance: Provenance = field(default_factory=Provenance)
    owners: Any = None

    def alone(self, name: str) -> History:
        """Return that of a plane as an image of its own; unchanged if there is no stack."""
        if not self.plane:
            return self
        return replace(self, name=name, shape=self.shape[-2:], plane=(), grid=self.grid.plane)


def history_of(table: dict[str, Any], shape: tuple[int, ...] | None = None) -> History | None:
    """Read our key of a JSON object; None if it lacks the key.

    Parameters
    ----------
    table
        The object.
    shape
        Height and width of the picture, where the file says so elsewhere.

    Raises
    ------
    InputError
        If the value of the key is damaged, or of a picture of another size.
    """
    if KEY not in table:
        return None
    own = member(table, KEY, dict, "the image")
    full = image_shape(integers(member(own, "shape", list, KEY), "the shape"), KEY)
    plane = integers(member(own, "plane", list, KEY), "the plane")
    inside = all(0 <= i < n for i, n in zip(plane, full, strict=False))
    if not inside or len(plane) != len(full) - 2 or full[-2:] != (shape or full[-2:]):
        raise InputError(
            f"plane {plane} of a stack of shape {full} is not an image of size {shape}; the file "
            "was changed"
        )
    try:
        grid = read_grid(member(own, "grid", dict, KEY))
        provenance = read_provenance(member(own, "provenance", dict, KEY))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the place or history in the file is damaged: {error}") from error
    if len(grid.axes) != len(full):
        raise InputError(f"the grid does not fit {len(full)} axes; the file was changed")
    return History(member(own, "name", str, KEY), full, plane, grid, provenance, own.get("owner"))


def known_categories(table: dict[str, Any]) -> dict[int, Category]:
    """Read our vocabulary from a JSON object, by id; none if it lacks our key.

    Raises
    ------
    InputError
        If it is damaged.
    """
    if KEY not in table:
        return {}
    try:
        own = member(table, KEY, dict, "the file")
        return {c.id: c for c in Vocabulary.from_toml(member(own, "vocabulary", str, KEY))}
    except (ValueError, RecursionError) as error:
        raise InputError(f"the vocabulary in the file is damaged: {error}") from error


def vocabulary_of(
    rows: Sequence[tuple[int, str, str]], known: dict[int, Category]
) -> tuple[Vocabulary, dict[int, int]]:
    """Build the vocabulary of a file from its own table of categories.

    Parameters
    ----------
    rows
        Id, name and colour (or "") of each.
    known
        Queries, roles and thresholds by id, see `known_categories`.

    Returns
    -------
    tuple
        The vocabulary, and its ids by those of the file: the same, but if one of the file's
        is below 1 or above 65535 all are numbered from 1.

    Raises
    ------
    InputError
        If two ids are equal, or a name cannot be used.
    """
    if len({row[0] for row in rows}) < len(rows):
        raise InputError("two categories of the file have the same id; give each its own")
    fits = all(1 <= row[0] <= MAX_ID for row in rows)
    ids = {row[0]: row[0] if fits else number for number, row in enumerate(rows, start=1)}
    categories: list[Category] = []
    for old, name, colour in rows:
        category = known.get(old) if fits else None
        found = category_named(ids[old], name, colour=colour)
        categories.append(found if category is None else renamed(category, name, colour))
    return Vocabulary(tuple(categories)), ids
