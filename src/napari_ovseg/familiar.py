"""Which words of a vocabulary a small model never learnt, and what is asked of it instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_ovseg.backbones import Backbone
    from napari_ovseg.vocabulary import Category, Vocabulary


@dataclass(frozen=True, slots=True)
class Unfamiliar:
    """A category that the model does not know by any of its words.

    Attributes
    ----------
    name
        Of the category.
    unknown
        Words that were never learnt.
    read_as
        What it is taken for; empty: nothing, and no pixel is labelled so.
    suggestion
        A learnt phrase that is spelt much the same; maybe what was meant.
    """

    name: str
    unknown: tuple[str, ...]
    read_as: str
    suggestion: str

    def __str__(self) -> str:
        """Say it to the user."""
        if self.read_as:
            return f"“{self.name}” was read as “{self.read_as}”: the rest was never learnt."
        meant = f" Did you mean “{self.suggestion}”?" if self.suggestion else ""
        return f"“{self.name}” was never learnt by this model; nothing is labelled so.{meant}"


def queries_for(backbone: Backbone, category: Category) -> tuple[str, ...]:
    """Choose what a model is asked for a category.

    All its queries for a model that knows language. Of one that learnt few words those of
    which it knows every word; if there are none, what it makes of those whose noun it knows.
    """
    if backbone.learnt is None:
        return category.queries
    readings = [r for r in map(backbone.learnt.read, category.queries) if r.text]
    chosen = [r for r in readings if not r.unknown] or readings
    return tuple(dict.fromkeys(r.text for r in chosen))


def unfamiliar(backbone: Backbone, vocabulary: Vocabulary) -> tuple[Unfamiliar, ...]:
    """Find the categories that a model does not know by any of their words."""
    if backbone.learnt is None:
        return ()
    found = []
    for category in vocabulary:
        readings = [backbone.learnt.read(query) for query in category.queries]
        if any(r.text and not r.unknown for r in readings):
            continue
        unknown = tuple(dict.fromkeys(word for r in readings for word in r.unknown))
        read_as = next((r.text for r in readings if r.text), "")
        suggestion = "" if read_as else backbone.learnt.suggestion(category.queries[0])
        found.append(Unfamiliar(category.name, unknown, read_as, suggestion))
    return tuple(found)
