"""How names stand in the header of a ``.seg.nrrd``, for writing and reading it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_TAG = "napari-ovseg.name"
"""Tag of a segment that holds the exact name, percent-encoded."""


def plain_name(name: str, number: int) -> str:
    r"""Spell a name in ASCII as far as it goes; Slicer would read ``\n`` as a new line."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(letters.replace("\\", "/").split()) or f"category {number}"


def tag_of(name: str) -> str:
    """Write the tags of a segment, which are ``key:value|`` each."""
    return f"{NAME_TAG}:{quote(name, safe='')}|"


def name_of(segment: Mapping[str, str], number: int) -> str:
    """Return the exact name from the tags, unless the segment was renamed since."""
    name = segment.get("Name", f"category {number}")
    tags = dict(t.strip().split(":", 1) for t in segment.get("Tags", "").split("|") if ":" in t)
    exact = unquote(tags.get(NAME_TAG, ""), errors="strict")
    return exact if exact and plain_name(exact, number) == name else name
