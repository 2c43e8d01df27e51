"""What to look for: categories, the words for each, and where they are kept.

Words typed by a person read ``nucleus, cell nucleus; cytoplasm; background``: a
semicolon or a new line between categories, a comma between synonyms. Names that hold
either are written in a TOML file.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import tomli_w

from napari_ovseg._atomic import write_atomic
from napari_ovseg._colours import default_colour, is_colour
from napari_ovseg._typed import build
from napari_ovseg._words import clean, clean_all, listed
from napari_ovseg.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["thing", "stuff", "background"]

MAX_CATEGORIES = 2000
MAX_ID = 65_535
"""Largest id a label map can hold (uint16)."""
MAX_SIZE = 1_000_000_000
"""Largest smallest size of an object, px: more than any plane has."""
BACKGROUND_NAMES = frozenset({"background", "other", "others", "rest", "everything else"})
"""Names that make a typed category the vocabulary's own background."""


@dataclass(frozen=True, slots=True)
class Category:
    """One thing to look for.

    Attributes
    ----------
    id
        Number in every label map and file, 1 to 65 535, stable for ever; 0 is *unlabelled*.
    name
        What people read.
    queries
        What the model reads: synonyms, the best of which counts. The name if empty.
    definition
        One sentence that describes it, for methods that use one.
    colour
        ``#rrggbb``; chosen by id if empty.
    threshold
        Pixels whose probability is below it stay unlabelled, 0..1.
    min_size
        Objects of fewer pixels, on one plane, go to the next best category; 0 keeps all.
    role
        A countable ``thing``, uncountable ``stuff``, or the vocabulary's ``background``.
    """

    id: int
    name: str
    queries: tuple[str, ...] = ()
    definition: str = ""
    colour: str = ""
    threshold: float = 0.0
    role: Role = "thing"
    min_size: int = 0

    def __post_init__(self) -> None:
        """Normalise the words and refuse what no file or model could hold."""
        if type(self.id) is not int or not 1 <= self.id <= MAX_ID:
            raise VocabularyError(
                f"a category id must be a whole number 1..{MAX_ID}, got {self.id!r}"
            )
        name = clean(self.name)
        queries = tuple(dict.fromkeys(clean_all(self.queries, "query"))) or (name,)
        colour = self.colour.lower() or default_colour(self.id)
        if not is_colour(colour):
            raise VocabularyError(
                f"the colour of {name!r} must read '#rrggbb', got {self.colour!r}"
            )
        if type(self.threshold) not in (int, float) or not 0 <= self.threshold < 1:
            raise VocabularyError(
                f"the threshold of {name!r} must be at least 0 and below 1, got {self.threshold!r}"
            )
        if type(self.min_size) is not int or not 0 <= self.min_size <= MAX_SIZE:
            raise VocabularyError(
                f"the smallest size of {name!r} must be a whole number of pixels, "
                f"0..{MAX_SIZE:,}, got {self.min_size!r}"
            )
        if self.role not in get_args(Role):
            raise VocabularyError(
                f"the role of {name!r} must be one of {', '.join(get_args(Role))}, "
                f"got {self.role!r}"
            )
        values = {
            "name": name,
            "queries": queries,
            "colour": colour,
            "threshold": float(self.threshold),
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Ordered categories with distinct ids and names.

    Examples
    --------
    >>> vocabulary = Vocabulary.parse("nucleus, cell nucleus; cytoplasm; background")
    >>> [(c.id, c.name, c.role) for c in vocabulary]
    [(1, 'nucleus', 'thing'), (2, 'cytoplasm', 'thing'), (3, 'background', 'background')]
    """

    categories: tuple[Category, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse an empty vocabulary, and ids or names that occur twice."""
        object.__setattr__(self, "categories", tuple(self.categories))
        if not self.categories:
            raise VocabularyError(
                "the vocabulary is empty; write at least one word, like 'nucleus'"
            )
        if len(self.categories) > MAX_CATEGORIES:
            raise VocabularyError(
                f"a vocabulary may have {MAX_CATEGORIES} categories, got {len(self.categories)}"
            )
        for attribute, shown in (("id", "id"), ("name", "name")):
            seen: set[Any] = set()
            for category in self.categories:
                value = getattr(category, attribute)
                key = value.casefold() if isinstance(value, str) else value
                if key in seen:
                    raise VocabularyError(
                        f"two categories have the {shown} {value!r}; "
                        "rename one, or make it a synonym (with a comma)"
                    )
                seen.add(key)

    def __iter__(self) -> Iterator[Category]:
        return iter(self.categories)

    def __len__(self) -> int:
        return len(self.categories)

    @property
    def background(self) -> Category | None:
        """The category with the role ``background``, if there is one."""
        return next((c for c in self.categories if c.role == "background"), None)

    @classmethod
    def parse(cls, text: str) -> Vocabulary:
        """Read words typed by a person: ids are 1, 2, 3 ... in the order given.

        Raises
        ------
        VocabularyError
            If there is no word, or one that `Category` refuses.
        """
        entries = map(listed, re.split("[;\n\uff1b\u061b]", text))
        categories = []
        for number, words in enumerate(filter(None, entries), start=1):
            queries = clean_all(words, "name")
            role: Role = "background" if queries[0].casefold() in BACKGROUND_NAMES else "thing"
            categories.append(Category(number, queries[0], queries, role=role))
        return cls(tuple(categories))

    def with_category(self, category: Category) -> Vocabulary:
        """Return a copy in which `category` replaces the one with its id, or is added."""
        if any(c.id == category.id for c in self):
            return replace(
                self, categories=tuple(category if c.id == category.id else c for c in self)
            )
        return replace(self, categories=(*self.categories, category))

    def to_toml(self) -> str:
        """Write as TOML, one ``[[category]]`` table each."""
        return tomli_w.dumps({"category": [asdict(c) for c in self]})

    @classmethod
    def from_toml(cls, text: str) -> Vocabulary:
        """Read what `to_toml` writes; only ``name`` is required, ids default to 1, 2, 3 ...

        Raises
        ------
        VocabularyError
            If it is not TOML or a field is unknown or of the wrong kind.
        """
        try:
            rows = tomllib.loads(text).get("category")
        except tomllib.TOMLDecodeError as error:
            raise VocabularyError(f"the vocabulary is not valid TOML: {error}") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise VocabularyError("a vocabulary file needs [[category]] tables, each with a name")
        return cls(
            tuple(
                build(Category, {"id": n, "name": "", **row}, f"category {n}", VocabularyError)
                for n, row in enumerate(rows, start=1)
            )
        )

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read a TOML file."""
        try:
            return cls.from_toml(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise VocabularyError(f"cannot read the vocabulary {str(path)!r}: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write a TOML file, atomically."""
        write_atomic(Path(path), self.to_toml().encode())
