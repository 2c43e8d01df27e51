"""The words that a small model learnt, and what it makes of others.

A model of hundreds of millions of captions has met every word; one that was trained on a
thousand phrases must not pretend. Distance in its own text space does not tell: tokens it
never saw all get one neutral vector, and that lies near some word or other. So words are
compared as they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from napari_ovseg.lexicon import singulars_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
_ASIDE = re.compile(r"\(([^()]*)\)")
_FRAME = re.compile(r"^((an?|the) )?(photo|photograph|picture|image|micrograph|scan) of (?=\w)")
"""What says of a query that it is one; what was learnt is what is in the picture."""
_PREPOSITIONS = frozenset(
    ("of", "in", "on", "at", "with", "without", "for", "from", "by", "around", "between", "inside")
)
_ARTICLES = frozenset(("a", "an", "the"))
_SMALL = _PREPOSITIONS | _ARTICLES
_NEGATIONS = frozenset(
    ("no", "not", "non", "never", "nor", "without", "except", "but", "lacking", "absent", "free")
)
"""Unless the phrase as a whole was learnt, it would be taken for the opposite."""
_SHORTEST = 3
"""Letters of a word that may be the singular of another: "As" is none of "a"."""
_LIKE = 0.8
"""Similarity of spelling (difflib's ratio) from which on a learnt phrase is suggested."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model makes of a query.

    Attributes
    ----------
    query
        As it was asked.
    text
        What the model should be given: the query without words it never learnt, or the
        query itself if it learnt all; empty if it does not know what is meant at all.
    unknown
        The words it never learnt.
    """

    query: str
    text: str
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Learnt:
    """Phrases a model was trained on."""

    phrases: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the phrases, in lower case."""
        return frozenset(word for words in self._spelt for word in words)

    @cached_property
    def _spelt(self) -> dict[tuple[str, ...], str]:
        """Each phrase by its words."""
        return {tuple(_words(phrase)): phrase for phrase in self.phrases}

    @cached_property
    def _nouns(self) -> frozenset[str]:
        """Words that name something, and do not only say which: no ``knee`` of a knee joint."""
        return frozenset(map(_head, self._spelt))

    def read(self, query: str) -> Reading:
        """Find out what of a query the model knows.

        The noun decides: ``pavement crack`` is read as a crack where only that word was
        learnt, but of ``crack detector`` nothing is known. Plurals are read as singulars,
        and the other way round. What was learnt as it stands is never read otherwise.
        """
        if query.casefold() in self.phrases:
            return Reading(query, query, ())
        words = _words(_FRAME.sub("", query.casefold().strip()))
        if phrase := self._spelt.get(tuple(words)):
            return Reading(query, phrase, ())
        head = _head(words)
        known = {word: _form(word, self._nouns if word == head else self.words) for word in words}
        denied = [word for word in words if word in _NEGATIONS or self._denies(word)]
        unknown = tuple(word for word in words if not known[word] or word in denied)
        if denied or not known.get(head):
            return Reading(query, "", unknown)
        left = [known[word] for word in words if known[word]]
        while left[-1] in _SMALL:  # of what was never learnt
            left.pop()
        return Reading(query, " ".join(left), unknown)

    def suggestion(self, query: str) -> str:
        """Return the learnt phrase that is spelt most like a query, or nothing.

        Few slip at the first letter; what begins with another is another word.
        """
        asked = query.casefold()
        near = [phrase for phrase in self.phrases if phrase[:1].casefold() == asked[:1]]
        return next(iter(get_close_matches(asked, near, 1, _LIKE)), "")

    def _denies(self, word: str) -> bool:
        """Whether a word that was not learnt says that something is not so: ``uninfected``."""
        bare = word.removeprefix("un").removeprefix("non")
        return bare != word and word not in self.words and bare in self.words


def _words(text: str) -> list[str]:
    """Take a text apart; what is in brackets or behind a comma says more of what is before."""
    text, _, behind = text.casefold().partition(",")
    asides = " ".join([behind, *_ASIDE.findall(text)])
    return _WORD.findall(asides) + _WORD.findall(_ASIDE.sub(" ", text))


def _head(words: Sequence[str]) -> str:
    """Return the noun of a phrase: the last word before its first preposition, if it has one.

    Numbers and single letters behind a noun count its kinds: ``cell 2``.
    """
    places = [place for place, word in enumerate(words) if word in _PREPOSITIONS and place > 0]
    before = words[: min(places, default=len(words))]
    nouns = [word for word in before if word not in _SMALL]
    named = [word for word in nouns if len(word) > 1 and not word.isdigit()]
    return next(reversed(named or nouns), "")


def _form(word: str, learnt: frozenset[str]) -> str:
    """Return a word as it was learnt, in the other number if need be; or nothing."""
    if word in _SMALL:
        return word
    plurals = [f"{word}s", f"{word}es"] if len(word) >= _SHORTEST and word[-1] != "s" else []
    singulars = [form for form in singulars_of(word) if len(form) >= _SHORTEST]
    forms = (form for form in (word, *singulars, *plurals) if form not in _SMALL)
    return next((form for form in forms if form in learnt), "")
