"""Which words of a vocabulary a small model never learnt, and what is asked of it instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_ovseg.backbones._learnt import Reading

if TYPE_CHECKING:
    from napari_ovseg.backbones import Backbone
    from napari_ovseg.backbones._learnt import Learnt
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.vocabulary import Category, Vocabulary

_BACKGROUND = "background"
"""What small models are told of all that nobody asked for (`starter.batches.REST`)."""


@dataclass(frozen=True, slots=True)
class Unfamiliar:
    """A category that the model does not know by any of its words, or a contrast word.

    Attributes
    ----------
    name
        Of the category, or the contrast word.
    unknown
        Words that were never learnt.
    read_as
        What it is taken for; empty: nothing, and it gets no pixel.
    suggestion
        A learnt phrase that is spelt much the same; maybe what was meant.
    contrast
        Whether it is a contrast word.
    """

    name: str
    unknown: tuple[str, ...]
    read_as: str
    suggestion: str
    contrast: bool = False

    def __str__(self) -> str:
        """Say it to the user."""
        which = f"The contrast word “{self.name}”" if self.contrast else f"“{self.name}”"
        if self.read_as:
            return f"{which} was read as “{self.read_as}”; as it stands it was never learnt."
        what = "it does not compete" if self.contrast else "nothing is labelled so"
        meant = f" Did you mean “{self.suggestion}”?" if self.suggestion else ""
        return f"{which} was never learnt by this model; {what}.{meant}"


def queries_for(backbone: Backbone, category: Category) -> tuple[str, ...]:
    """Choose what a model is asked for a category.

    All its queries for a model that knows language. Of one that learnt few words those of
    which it knows every word; if there are none, what it makes of those whose noun it knows;
    if there are none either, a background is asked for by that word.
    """
    if backbone.learnt is None:
        return category.queries
    readings = [r for r in map(backbone.learnt.read, category.queries) if r.text]
    if not readings and category.role == "background":
        readings = [r for r in [backbone.learnt.read(_BACKGROUND)] if r.text]
    chosen = [r for r in readings if not r.unknown] or readings
    return tuple(dict.fromkeys(r.text for r in chosen))


def heard(backbone: Backbone, vocabulary: Vocabulary) -> tuple[Category, ...]:
    """Keep the categories that a model can be asked for, with the queries it is asked."""
    asked = ((category, queries_for(backbone, category)) for category in vocabulary)
    return tuple(replace(category, queries=queries) for category, queries in asked if queries)


def contrast_for(backbone: Backbone, vocabulary: Vocabulary, recipe: Recipe) -> tuple[Reading, ...]:
    """Read the contrast words that compete with what a model can be asked for.

    Those of which it knows nothing have no text.
    """
    words = recipe.contrast_for(heard(backbone, vocabulary))
    if backbone.learnt is None:
        return tuple(Reading(word, word, ()) for word in words)
    return tuple(map(backbone.learnt.read, words))


def unfamiliar(
    backbone: Backbone, vocabulary: Vocabulary, recipe: Recipe
) -> tuple[Unfamiliar, ...]:
    """Find the categories that a model knows by none of their words, and such contrast words."""
    learnt = backbone.learnt
    if learnt is None:
        return ()
    found = []
    for category in vocabulary:
        readings = [learnt.read(query) for query in category.queries]
        if any(r.text and not r.unknown for r in readings):
            continue
        read_as = next(iter(queries_for(backbone, category)), "")
        found.append(_unfamiliar(learnt, category.name, readings, read_as))
    for reading in contrast_for(backbone, vocabulary, recipe):
        if reading.unknown or not reading.text:
            told = _unfamiliar(learnt, reading.query, [reading], reading.text)
            found.append(replace(told, contrast=True))
    return tuple(found)


def _unfamiliar(learnt: Learnt, name: str, readings: list[Reading], read_as: str) -> Unfamiliar:
    unknown = tuple(dict.fromkeys(word for r in readings for word in r.unknown))
    suggestion = "" if read_as else learnt.suggestion(readings[0].query)
    return Unfamiliar(name, unknown, read_as, suggestion)
