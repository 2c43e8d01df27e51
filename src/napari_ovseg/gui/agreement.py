"""What a table may become while labels have its ids: no pixel gets another name unasked."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from napari_ovseg._colours import default_colour
from napari_ovseg._words import clean
from napari_ovseg.errors import InputError, VocabularyError
from napari_ovseg.naming import free_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_ovseg.vocabulary import Category, Vocabulary


def name_beside(taken: Iterable[Category], name: str, number: int) -> str:
    """Name a category beside others; one that cannot be used is as good as none."""
    try:
        name = clean(name)
    except VocabularyError:
        name = ""
    return free_name(name, number, {c.name.casefold() for c in taken})


def disagreements(mine: Sequence[Category], words: Iterable[Category]) -> list[str]:
    """Say which ids mean other words in a table than they do in a layer, or words other ids."""
    names = {c.id: c.name for c in mine}
    ids = {c.name.casefold(): c.id for c in mine}
    found = []
    for c in words:
        if names.get(c.id, c.name).casefold() != c.name.casefold():
            found.append(f"{c.id} is “{names[c.id]}” in the table and “{c.name}” in the layer")
        elif ids.get(c.name.casefold(), c.id) != c.id:
            number = ids[c.name.casefold()]
            found.append(f"“{c.name}” is {number} in the table and {c.id} in the layer")
    return found


def added_to(mine: Sequence[Category], words: Iterable[Category]) -> list[Category]:
    """Add to a table the categories of a layer whose ids it does not have."""
    rows = list(mine)
    for category in words:
        if all(category.id != c.id for c in rows):
            name = name_beside(rows, category.name, category.id)
            queries = category.queries if name == category.name else ()
            rows.append(replace(category, name=name, queries=queries))
    return rows


def joined(mine: Sequence[Category], words: Vocabulary) -> list[Category]:
    """Add to a table the words of a project, where both mean the same by an id.

    Raises
    ------
    InputError
        If they do not.
    """
    if found := disagreements(mine, words):
        raise InputError(
            f"the words of this project are not those of the other labels: {found[0]}; remove "
            "those labels from the viewer first, or give both the same names"
        )
    return added_to(mine, words)


def fitted(words: Iterable[Category], mine: Sequence[Category], highest: int) -> list[Category]:
    """Fit words that take the place of others to labels that have the ids of those.

    A word that has an id keeps it. Every other one gets an id that no label has ever had, as
    undo may bring its pixels back.

    Parameters
    ----------
    mine
        All categories that labels may have.
    highest
        Of all ids that are anywhere.
    """
    ids = {c.name.casefold(): c.id for c in mine}
    free = count(highest + 1)
    rows = []
    for c in words:
        number = ids.get(c.name.casefold()) or next(free)
        own = c.colour != default_colour(c.id)
        rows.append(replace(c, id=number, colour=c.colour if own else ""))
    return rows
