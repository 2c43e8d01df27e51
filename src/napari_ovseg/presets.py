"""Recipes with a name: some for users, and every paper's settings for its data sets."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods import METHODS
from napari_ovseg.recipe import Recipe
from napari_ovseg.settings import Refinement, Tiling, WorkingSize

DEFAULT = "balanced"
"""What a new window and the command line start with."""
_PAPER = "paper"


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    text = files("napari_ovseg").joinpath("presets.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def names() -> tuple[str, ...]:
    """Names of all presets: ``fast``, ``balanced``, ..., ``paper:METHOD:DATASET``."""
    tables = _tables()
    papers = (
        f"{_PAPER}:{method}:{data}"
        for method, sets in tables[_PAPER].items()
        for data in sets
        if data != "default"
    )
    return (*(name for name in tables if name != _PAPER), *papers)


def preset(name: str, base: Recipe | None = None) -> Recipe:
    """Lay a preset over a recipe; its encoder, display and contrast words stay.

    Parameters
    ----------
    name
        One of `names`.
    base
        What the preset does not set; ``Recipe()`` by default.

    Raises
    ------
    RecipeError
        If there is no such preset.
    """
    base = base or Recipe()
    kind, _, rest = name.partition(":")
    method, _, data = rest.partition(":")
    tables = _tables()
    if kind != _PAPER and kind in tables and not rest:
        return _user(tables[name], base)
    sets = tables[_PAPER].get(method, {})
    if kind == _PAPER and data in sets and data != "default":
        return _paper(method, {**sets["default"], **sets[data]}, base)
    listed = ", ".join(n for n in names() if not n.startswith(_PAPER))
    raise RecipeError(
        f"there is no preset {name!r}; choose {listed}, or paper:METHOD:DATASET as in "
        "'ovseg presets'"
    )


def _user(table: dict[str, Any], base: Recipe) -> Recipe:
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in table["method"].items()}
    options = {k: v for k, v in given.items() if k != "name"}
    return replace(
        base,
        method=METHODS.get(table["method"]["name"])(**options),
        guide=table.get("guide", base.guide),
        tiling=Tiling(**table["tiling"]),
        refinement=Refinement(**table["refinement"]),
    )


def _paper(name: str, values: dict[str, Any], base: Recipe) -> Recipe:
    fields = {"definition": "definition_share", "plain": "plain_share"}
    options = {fields[key]: value for key, value in values.items() if key in fields}
    return replace(
        base,
        method=METHODS.get(name)(**options),
        guide="",
        working_size=WorkingSize(short_side=values["short"]),
        tiling=Tiling(values["crop"], values["stride"], "exact", canvas=values.get("canvas")),
        refinement=Refinement(pamr_steps=values.get("pamr", 0)),
        logit_scale=values.get("scale", base.logit_scale),
        threshold=values.get("prob", 0.0),
        area_threshold=values.get("area", 0.0),
    )
