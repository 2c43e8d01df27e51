"""Everything that decides a result, as one frozen value that goes to TOML and back."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tomli_w

from napari_ovseg._atomic import write_atomic
from napari_ovseg._typed import build
from napari_ovseg._words import clean_all
from napari_ovseg.channels import Shown, channels_from
from napari_ovseg.display import Display
from napari_ovseg.errors import RecipeError, VocabularyError
from napari_ovseg.methods import METHODS, Method
from napari_ovseg.settings import Refinement, Tiling, WorkingSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_ovseg.vocabulary import Category, Vocabulary

CONTRAST: dict[str, tuple[str, ...]] = {
    "general": ("water", "snow"),
    "microscopy": ("background", "empty background", "tissue"),
    "medical": ("background", "dark background", "tissue"),
    "engineering": ("background", "metal", "concrete"),
    "none": (),
}
"""Words per domain that compete with the vocabulary and become unlabelled.

All are words that the starter learnt: one it does not know is near every picture a little
and would take pixels from every category.
"""

NO_GUIDE = "none"
"""Value of `Recipe.guide` that leaves the guide out."""

Precision = Literal["float16", "float32"]


@dataclass(frozen=True)
class Recipe:
    """Encoder, method and settings.

    Attributes
    ----------
    backbone
        ``starter``, ``NAME:TAG`` of open_clip (``ViT-B-16-quickgelu:openai``), or a folder.
    method
        A method or its name.
    guide
        Second encoder of ProxyCLIP and GLA-CLIP; empty for the one of the paper, ``none`` to
        do without (the backbone's own queries take its place). Never left out by itself.
    display
        How the image is shown to the encoder: one picture, or several channels together.
    working_size, tiling
        How large it is made, and how it is cut.
    refinement
        What the label map goes through afterwards.
    contrast
        Words that compete with the vocabulary and become unlabelled; they step aside where
        the vocabulary has a background category or shares a word with them.
    logit_scale
        Factor on cosines before the softmax over queries (40, SCLIP's).
    background_margin
        Logits by which a category must be ahead of the vocabulary's background, -100..100: more
        leaves more to the background. What suits the encoder if None: 0 for a CLIP of full size.
    threshold
        Probability that any category must reach, 0..1 (the papers' ``prob_thd``); a category
        may ask for more. What fails becomes the vocabulary's background, or unlabelled.
    area_threshold
        Drop categories that cover less than this share of the labelled area, 0..1.
    precision
        Type in which features are kept.
    """

    backbone: str = "starter"
    method: Method = field(default="sclip")  # type: ignore[assignment]  # a name is accepted
    guide: str = ""
    display: Shown = field(default_factory=Display)
    working_size: WorkingSize = field(default_factory=WorkingSize)
    tiling: Tiling = field(default_factory=Tiling)
    refinement: Refinement = field(default_factory=Refinement)
    contrast: tuple[str, ...] = CONTRAST["general"]
    logit_scale: float = 40.0
    background_margin: float | None = None
    threshold: float = 0.0
    area_threshold: float = 0.0
    precision: Precision = "float16"

    def __post_init__(self) -> None:
        """Turn a method's name into the method and refuse impossible values."""
        if isinstance(self.method, str):
            object.__setattr__(self, "method", METHODS.get(self.method)())
        if not str(self.backbone).strip():
            raise RecipeError(f"backbone must be a name or a folder, got {self.backbone!r}")
        try:
            object.__setattr__(self, "contrast", clean_all(self.contrast, "contrast word"))
        except VocabularyError as error:
            raise RecipeError(str(error)) from error
        if not 0 < self.logit_scale < 1e4:
            raise RecipeError(
                f"logit_scale must be above 0 and below 10000, got {self.logit_scale}"
            )
        if not -100 <= (self.background_margin or 0) <= 100:
            raise RecipeError(
                f"background_margin must be within -100..100, got {self.background_margin}"
            )
        for name in ("threshold", "area_threshold"):
            if not 0 <= getattr(self, name) < 1:
                raise RecipeError(
                    f"{name} must be at least 0 and below 1, got {getattr(self, name)}"
                )
        if self.precision not in ("float16", "float32"):
            raise RecipeError(f"precision must be 'float16' or 'float32', got {self.precision!r}")

    def contrast_for(self, categories: Iterable[Category]) -> tuple[str, ...]:
        """Contrast words that compete with these categories.

        None where one is a background; else those that share no word with them, so that
        "wall" does not take pixels from "brick wall".
        """
        categories = tuple(categories)
        if any(c.role == "background" for c in categories):
            return ()
        taken = {w for c in categories for q in (c.name, *c.queries) for w in q.casefold().split()}
        return tuple(w for w in self.contrast if not taken & set(w.casefold().split()))

    def remark(self, vocabulary: Vocabulary) -> str:
        """What a user should know of a result with these words; mostly nothing."""
        return self.method.remark(self.queries(vocabulary))

    def queries(self, vocabulary: Vocabulary) -> int:
        """How many queries and contrast words compete."""
        return sum(len(c.queries) for c in vocabulary) + len(self.contrast_for(vocabulary))

    def encoding(self) -> Recipe:
        """The part that features depend on: what only labelling uses is set to its default."""
        return self.labelling_as(Recipe(method=type(self.method)()))

    def labelling_as(self, other: Recipe) -> Recipe:
        """Take from another recipe what only labelling uses; features stay good for it."""
        method = self.method
        if type(other.method) is type(method):
            taken = {name: getattr(other.method, name) for name in method.labelling}
            method = replace(method, **taken)
        return replace(
            self,
            method=method,
            refinement=other.refinement,
            contrast=other.contrast,
            logit_scale=other.logit_scale,
            background_margin=other.background_margin,
            threshold=other.threshold,
            area_threshold=other.area_threshold,
        )

    def to_toml(self) -> str:
        """Write as TOML; unset fields are left out."""
        return tomli_w.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Turn into plain values, as in the TOML file and the JSON of ``ovseg evaluate``."""
        table = asdict(self)
        table["method"] = {"name": self.method.name, **asdict(self.method)}
        pruned = _without_none(table)
        assert isinstance(pruned, dict)
        return pruned

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """Read what `to_toml` writes; missing fields take their defaults.

        Raises
        ------
        RecipeError
            If it is not TOML, or a field is unknown, of the wrong kind or impossible.
        """
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"the recipe is not valid TOML: {error}") from error
        parts: dict[str, type] = {
            "display": Display, "working_size": WorkingSize, "tiling": Tiling,
            "refinement": Refinement,
        }  # fmt: skip
        values: dict[str, Any] = dict(table)
        shown = table.get("display")
        if isinstance(shown, dict) and "channels" in shown:
            values["display"] = channels_from(shown)
            del parts["display"]
        for name, kind in parts.items():
            if name in values:
                values[name] = build(kind, values[name], name)
        if isinstance(method := values.get("method"), str):
            values["method"] = METHODS.get(method)()
        elif isinstance(method, dict):
            options = dict(method)
            values["method"] = build(METHODS.get(options.pop("name", "")), options, "method")
        return build(cls, values, "recipe")

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a TOML file."""
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"cannot read the recipe {str(path)!r}: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write a TOML file, atomically."""
        write_atomic(Path(path), self.to_toml().encode())


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(v) for key, v in value.items() if v is not None}
    if isinstance(value, np.generic):  # who tries several values takes them from an array
        return value.item()
    return [_without_none(v) for v in value] if isinstance(value, tuple) else value
