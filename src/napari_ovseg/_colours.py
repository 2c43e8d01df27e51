"""Colours that tell categories apart."""

from __future__ import annotations

import colorsys
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIRST = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#8c564b",
    "#7f3fbf", "#17becf",
)  # fmt: skip
"""Okabe and Ito's set for colour-blind readers, and three that stay apart from it."""

_HEX = re.compile(r"#[0-9a-f]{6}")
_GOLDEN = 0.618034


def default_colour(category_id: int) -> str:
    """Return the colour of an id as ``#rrggbb``: always the same, unlike its neighbours."""
    if category_id <= len(_FIRST):
        return _FIRST[category_id - 1]
    hue = (category_id * _GOLDEN) % 1
    value = (0.95, 0.7, 0.85)[category_id % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.85, 0.6)[category_id % 2], value)
    return hex_of(round(255 * part) for part in (red, green, blue))


def is_colour(text: str) -> bool:
    """Whether `text` reads ``#rrggbb``."""
    return _HEX.fullmatch(text) is not None


def rgb(colour: str) -> tuple[int, int, int]:
    """Turn ``#rrggbb`` into three integers 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hex_of(parts: Iterable[int]) -> str:
    """Write three integers 0..255 as ``#rrggbb``."""
    return "#" + bytes(map(int, parts)).hex()
