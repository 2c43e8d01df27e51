"""Data sets of pictures, masks and words.

The layout is described in ``docs/datasets.md``: ``dataset.toml``, ``images/``, ``masks/``.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import Any

from napari_ovseg.errors import InputError
from napari_ovseg.vocabulary import Category, Vocabulary

IGNORE = 255


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures with masks, and the words for the mask's values.

    Attributes
    ----------
    folder
        With ``dataset.toml``.
    name
        Of the data set.
    classes
        Tables with id, name, queries, background.
    pictures
        Tables with file, and maybe ``ask``: the ids that were annotated there.
    ignore
        Mask value that is left out.
    """

    folder: Path
    name: str
    classes: list[dict[str, Any]]
    pictures: list[dict[str, Any]]
    ignore: int

    def place(self, value: int) -> int:
        """Say which of the classes has this mask value."""
        return next(place for place, c in enumerate(self.classes) if c["id"] == value)

    def asked(self, picture: dict[str, Any]) -> list[int]:
        """Say which mask values were annotated in a picture."""
        return list(picture.get("ask", [c["id"] for c in self.classes]))

    def vocabulary(self, picture: dict[str, Any]) -> tuple[Vocabulary, list[int]]:
        """Words to ask for in a picture, and the mask value of each category in turn."""
        asked = [c for c in self.classes if c["id"] in self.asked(picture)]
        categories = (
            Category(
                number,
                c["name"],
                c.get("queries", ()),
                role="background" if c.get("background") else "thing",
            )
            for number, c in enumerate(asked, start=1)
        )
        return Vocabulary(tuple(categories)), [c["id"] for c in asked]


def find_datasets(folder: Path) -> list[DataSet]:
    """Read a data set, or every one in a folder of them.

    Raises
    ------
    InputError
        If there is none with pictures, or a ``dataset.toml`` cannot be read.
    """
    files = [folder / "dataset.toml"]
    if not isfile(files[0]):  # noqa: PTH113  # unlike Path's, it never raises
        files = sorted(folder.glob("*/dataset.toml"))
    if not files:
        raise InputError(
            f"{str(folder)!r} holds no dataset.toml, nor do its folders; see docs/datasets.md"
        )
    found = [data_set for file in files if (data_set := _read(file)).pictures]
    for name, count in Counter(data_set.name for data_set in found).most_common(1):
        if count > 1:
            raise InputError(
                f"{count} data sets in {str(folder)!r} are called {name!r}; rename all but one"
            )
    if not found:
        raise InputError(
            f"the dataset.toml in {str(folder)!r} lists no pictures; add a table [[images]] for "
            "each, see docs/datasets.md"
        )
    return found


def _read(file: Path) -> DataSet:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        classes, pictures = table["classes"], table.get("images", [])
        for entry in classes:
            Category(_id(entry["id"]) + 1, entry["name"], entry.get("queries", ()))
        for picture in pictures:
            Path(picture["file"])
            list(map(_id, picture.get("ask", ())))
        name, ignore = table.get("name", file.parent.name), _id(table.get("ignore_value", IGNORE))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot use {str(file)!r} as a data set: {error!r}") from error
    data = DataSet(file.parent, name, classes, pictures, ignore)
    if problem := _problem(data):
        raise InputError(f"{str(file)!r} {problem}")
    return data


def _problem(data: DataSet) -> str:
    """Say what is wrong with it as a whole, or nothing."""
    ids = [entry["id"] for entry in data.classes]
    if not ids:
        return "lists no classes; add a table [[classes]] for each"
    if data.ignore in ids:
        return (
            f"gives a class the id {data.ignore}, the value of pixels that are left out; "
            "tell another ignore_value, as -1 where every pixel counts"
        )
    names = [entry["name"] for entry in data.classes]
    files = [picture["file"] for picture in data.pictures]
    for what, values in (("classes of id", ids), ("classes", names), ("pictures", files)):
        if twice := [value for value, count in Counter(values).items() if count > 1]:
            return f"lists several {what} {twice[0]!r}; leave one of them"
    return next(filter(None, (_asked_wrongly(data, picture) for picture in data.pictures)), "")


def _asked_wrongly(data: DataSet, picture: dict[str, Any]) -> str:
    asked = data.asked(picture)
    if not asked:
        return f"asks of {picture['file']} for nothing; leave 'ask' out, or name ids in it"
    unlisted = sorted(set(asked) - {entry["id"] for entry in data.classes})
    return f"asks of {picture['file']} for {unlisted[0]}, which no class has" if unlisted else ""


def _id(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"an id must be a whole number, got {value!r}")
    return value
