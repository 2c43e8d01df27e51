"""Vocabularies for common jobs: TOML files in ``vocabularies``, named by their stem."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ovseg.errors import VocabularyError
from napari_ovseg.vocabulary_files import load_vocabulary

if TYPE_CHECKING:
    from napari_ovseg.vocabulary import Vocabulary

_ENDINGS = (".toml", ".csv")


@lru_cache(maxsize=1)
def titles() -> dict[str, dict[str, str]]:
    """Say what there is: titles by name, within each domain."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(
        files("napari_ovseg").joinpath("vocabularies").iterdir(), key=lambda f: f.name
    ):
        head = tomllib.loads(file.read_text(encoding="utf-8"))
        found.setdefault(head["domain"], {})[Path(file.name).stem] = head["title"]
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """Names of all, like ``blood-smear``."""
    return tuple(name for group in titles().values() for name in group)


def ready(name: str) -> Vocabulary:
    """Read a vocabulary by its name.

    Raises
    ------
    VocabularyError
        If there is none of that name.
    """
    if name not in names():
        raise VocabularyError(
            f"there is no vocabulary {name!r}; give a file, or one of: {', '.join(names())}"
        )
    with as_file(files("napari_ovseg").joinpath("vocabularies", f"{name}.toml")) as path:
        return load_vocabulary(path)


def find(text: str) -> Vocabulary:
    """Read a vocabulary from a file, or one of `names`.

    Raises
    ------
    VocabularyError
        If it is neither.
    """
    path, is_file = Path(text), False
    with suppress(OSError):  # a name that is too long for one
        is_file = path.suffix.casefold() in _ENDINGS or path.is_file()
    return load_vocabulary(path) if is_file else ready(text)
