"""Short definitions of common words, for methods that describe a word to the model.

They are read from ``lexicon.toml``, which lies beside this file; nothing is fetched.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, get_args

from napari_ovseg.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Domain = Literal["microscopy", "medical", "engineering", "natural"]

DOMAINS: tuple[Domain, ...] = get_args(Domain)
"""In the order of precedence: the first that knows a word defines it."""

_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""))


def definition_of(word: str, domain: Domain | None = None) -> str | None:
    """Look up what a word looks like in an image.

    Parameters
    ----------
    word
        Singular or plural, in any case: ``nucleus``, ``Red blood cells``.
    domain
        Where to look first. The others follow in their usual order.

    Returns
    -------
    definition
        A line without an article, such as fits "a photo of a ..."; None for unknown words.

    Raises
    ------
    InputError
        If there is no such domain.
    """
    if domain is not None and domain not in DOMAINS:
        raise InputError(f"a domain must be one of {', '.join(DOMAINS)}; got {domain!r}")
    tables = _tables()
    # Sorting is stable: the other domains keep their usual order.
    order = sorted(DOMAINS, key=lambda name: name != domain)
    asked = " ".join(word.lower().split())
    for form in (asked, *singulars_of(asked)):
        for name in order:
            if form in tables[name]:
                return tables[name][form]
    return None


def singulars_of(word: str) -> Iterator[str]:
    """Yield what a word in lower case may be the plural of; only its last part changes."""
    rest, space, last = word.rpartition(" ")
    if last in (plurals := _tables()["plurals"]):
        yield f"{rest}{space}{plurals[last]}"
    for ending, singular in _ENDINGS:
        if last.endswith(ending):
            yield f"{rest}{space}{last.removesuffix(ending)}{singular}"


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    text = files("napari_ovseg").joinpath("lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
