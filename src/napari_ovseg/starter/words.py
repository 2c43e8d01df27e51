"""Every category the starter learns, and all words for each."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from napari_ovseg.starter.looks import FAMILIES, LOOKS, NATURAL, Look
from napari_ovseg.starter.textures import SURFACES


def looks() -> dict[str, Look]:
    """Every look of every family, by name."""
    for family in FAMILIES:
        import_module(f"napari_ovseg.starter.{family}")
    return LOOKS


@lru_cache(maxsize=1)
def words() -> dict[str, tuple[str, ...]]:
    """Words by category: surfaces first, then each family's; the first word is the name.

    What two families name alike is one category, with the words of both.
    """
    found = {name: (name, *surface.synonyms) for name, surface in SURFACES.items()}
    for family in FAMILIES:
        for name, phrases in import_module(f"napari_ovseg.starter.{family}").WORDS.items():
            found[name] = tuple(dict.fromkeys((*found.get(name, (name,)), *phrases)))
    return found


@lru_cache(maxsize=1)
def phrases() -> tuple[str, ...]:
    """All words of all categories in a fixed order; what several share is there once."""
    return tuple(dict.fromkeys(phrase for group in words().values() for phrase in group))


@lru_cache(maxsize=1)
def vocabularies() -> dict[str, frozenset[str]]:
    """Names of the categories of each family, ``natural`` first."""
    modules = {family: import_module(f"napari_ovseg.starter.{family}") for family in FAMILIES}
    return {
        NATURAL: frozenset(SURFACES),
        **{family: frozenset(module.WORDS) for family, module in modules.items()},
    }


@lru_cache(maxsize=1)
def categories() -> tuple[str, ...]:
    """Names in a fixed order."""
    return tuple(words())


@lru_cache(maxsize=1)
def numbers() -> dict[str, int]:
    """Place of each category in `categories`."""
    return {name: number for number, name in enumerate(categories())}
