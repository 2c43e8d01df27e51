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

_WORD = re.compile(r"\w+")
_PREPOSITIONS = frozenset(
    ("of", "in", "on", "at", "with", "without", "for", "from", "by", "around", "between", "inside")
)
_ARTICLES = frozenset(("a", "an", "the"))
_NEGATIONS = frozenset(("no", "not", "non", "free"))
"""Left out, the rest would say the opposite."""
_LIKE = 0.7
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
        return frozenset(w for phrase in self.phrases for w in _WORD.findall(phrase.casefold()))

    def read(self, query: str) -> Reading:
        """Find out what of a query the model knows.

        The noun decides: ``pavement crack`` is read as a crack where only that word was
        learnt, but of ``crack detector`` nothing is known. Plurals are read as singulars,
        and the other way round.
        """
        words = _WORD.findall(query.casefold())
        known = {word: self._known(word) for word in words}
        unknown = tuple(word for word in words if not known[word])
        if not known.get(_head(words)) or _NEGATIONS & set(unknown):
            return Reading(query, "", unknown)
        if all(known[word] == word for word in words):
            return Reading(query, query, ())
        left = [known[word] for word in words if known[word]]
        while left[-1] in _ARTICLES | _PREPOSITIONS:  # of what was never learnt
            left.pop()
        return Reading(query, " ".join(left), unknown)

    def suggestion(self, query: str) -> str:
        """Return the learnt phrase that is spelt most like a query, or nothing."""
        return next(iter(get_close_matches(query.casefold(), self.phrases, 1, _LIKE)), "")

    def _known(self, word: str) -> str:
        """Return a word as it was learnt, in the other number if need be; or nothing."""
        forms = [word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")]
        if word.endswith("ies"):
            forms.append(f"{word.removesuffix('ies')}y")
        if word in _ARTICLES | _PREPOSITIONS:
            return word
        return next((form for form in forms if form in self.words), "")


def _head(words: list[str]) -> str:
    """Return the noun of a phrase: the last word before its first preposition."""
    places = [place for place, word in enumerate(words) if word in _PREPOSITIONS and place > 0]
    before = words[: min(places, default=len(words))]
    nouns = [word for word in before if word not in _ARTICLES | _PREPOSITIONS]
    return nouns[-1] if nouns else ""
