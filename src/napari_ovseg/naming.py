"""Names of categories that have none yet, or one that another has: files and layers bring both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ovseg.vocabulary import BACKGROUND_NAMES, MAX_CATEGORIES, Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_LONGEST = 180
"""Characters of a name that leave room for its number."""


def free_name(name: str, number: int, taken: Collection[str]) -> str:
    """Name a category: with its number where another has the name, by it where there is none.

    Parameters
    ----------
    name
        Clean, or empty.
    number
        Id of the category.
    taken
        Names of the others, casefolded.
    """
    name = name or f"category {number}"
    while name.casefold() in taken:
        name = f"{name[:_LONGEST]} ({number})"
    return name


def category_named(
    number: int, name: str, taken: Collection[str] = (), colour: str = ""
) -> Category:
    """Make a category of a name that was found somewhere; see `free_name`.

    A name like ``background`` or ``rest`` makes it the background, as typed words do.

    Raises
    ------
    VocabularyError
        If it cannot be a name.
    """
    name = free_name(name, number, taken)
    role = "background" if name.casefold() in BACKGROUND_NAMES else "thing"
    return Category(number, name, colour=colour, role=role)  # type: ignore[arg-type]


def with_every_id(vocabulary: Vocabulary, ids: Iterable[int]) -> Vocabulary:
    """Return a copy in which ids above 0 have a category each, as far as there may be more."""
    names = {c.name.casefold() for c in vocabulary}
    nameless = sorted(set(ids) - {c.id for c in vocabulary} - {0})
    new = [Category(number, free_name("", number, names)) for number in nameless]
    return Vocabulary((*vocabulary, *new)[:MAX_CATEGORIES])
