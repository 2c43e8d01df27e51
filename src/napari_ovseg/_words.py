"""Words that people type, as every file and every model can hold them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from napari_ovseg.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CHARACTERS = 200
"""Longest name or query: a text encoder reads at most 77 tokens anyway."""

_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet would take for the start of a formula, and the guard itself."""
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows refuses for a file, in any folder and with any ending."""
_SPECIAL_TOKEN = re.compile(r"<\s*(start|end)_of_text\s*>", re.IGNORECASE)


def clean(text: str, what: str = "name") -> str:
    """Normalise a name or query (NFKC, single spaces), or say why it cannot be used.

    Raises
    ------
    VocabularyError
        If it is empty, too long, or holds control characters or a tokenizer's marks.
    """
    if not isinstance(text, str):
        raise VocabularyError(f"a {what} must be text, got {type(text).__name__}")
    # A character may become eighteen.
    normal = unicodedata.normalize("NFKC", text[: MAX_CHARACTERS + 1])
    if (length := max(len(text), len(normal))) > MAX_CHARACTERS:
        raise VocabularyError(
            f"a {what} may have {MAX_CHARACTERS} characters, got {length}: {text[:40]!r}…; "
            "shorten it, an encoder would not read the rest"
        )
    normal = " ".join(filter(None, normal.split(" "))).strip()
    if bad := sorted({c for c in normal if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"}}):
        shown = ", ".join(f"U+{ord(c):04X}" for c in bad)
        raise VocabularyError(
            f"a {what} may not hold control or invisible characters, got {shown} in "
            f"{normal[:40]!r}; remove them"
        )
    if not normal:
        raise VocabularyError(f"a {what} may not be empty; write a word or remove the row")
    if _SPECIAL_TOKEN.search(normal):
        raise VocabularyError(
            f"a {what} may not hold a tokenizer's mark, got {normal[:40]!r}; remove the part in <>"
        )
    return normal


def listed(text: str) -> list[str]:
    """Take words apart at commas, also those of other scripts; what is empty goes."""
    return [word for word in re.split("[,\uff0c\u3001\u060c]", text) if word.strip()]


def guarded(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run, or that starts with one."""
    return f"'{cell}" if cell.startswith(_GUARDED) else cell


def unguarded(cell: str) -> str:
    """Undo `guarded`; an apostrophe before anything else is the cell's own."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_GUARDED) else cell


def clean_all(words: Sequence[str], what: str) -> tuple[str, ...]:
    """Normalise each of several names or queries.

    Raises
    ------
    VocabularyError
        If `clean` refuses one, or they are one text, whose letters would be taken for words.
    """
    if isinstance(words, str):
        raise VocabularyError(
            f"each {what} must be in a list, got the text {words[:40]!r}; use [...]"
        )
    return tuple(clean(word, what) for word in words)
