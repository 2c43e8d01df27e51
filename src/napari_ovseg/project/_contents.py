"""What a project holds besides pixels, as JSON."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from napari_ovseg._atomic import write_atomic
from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import read_provenance
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Provenance

VERSION = 1


@dataclass(frozen=True, slots=True)
class Source:
    """The image that was labelled: where it is, its name, and its shape in pixels."""

    path: str = ""
    name: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """All of a project but its pixels.

    Attributes
    ----------
    number
        Of the generation, or of the journal that was begun last when it was told.
    name, vocabulary, provenance
        Of the annotation.
    recipe
        For the next proposal, as TOML.
    source
        The image.
    state
        Plain JSON, for whoever opens the project.
    checksum
        Of a generation's pixels.
    """

    number: int
    name: str
    vocabulary: Vocabulary
    provenance: Provenance
    recipe: str = ""
    source: Source = field(default_factory=Source)
    state: dict[str, Any] = field(default_factory=dict)
    checksum: int | None = None

    def to_json(self) -> bytes:
        """Write as JSON.

        Raises
        ------
        InputError
            If the state is not plain JSON.
        """
        words = {"version": VERSION, "vocabulary": self.vocabulary.to_toml()}
        names = ("number", "name", "recipe", "state", "checksum")
        plain = {name: getattr(self, name) for name in names}
        parts = {"provenance": asdict(self.provenance), "source": asdict(self.source)}
        try:
            return json.dumps(words | plain | parts, indent=1, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InputError(
                f"the state must be plain JSON: {error}; keep only text, finite numbers, lists "
                "and dictionaries in it"
            ) from error

    @classmethod
    def read(cls, path: Path) -> Contents:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            If the file cannot be read, is damaged, or of another version.
        """
        try:
            return _parsed(json.loads(path.read_bytes()))
        except Exception as error:
            raise InputError(
                f"cannot read {path.name!r} of a project: {type(error).__name__}: {error}; is it "
                "whole?"
            ) from error


class ContentsFile:
    """The file of a project's contents, written by several threads.

    Parameters
    ----------
    path
        Replaced whole at each writing.
    number
        Of what is in it.
    """

    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number
        self._lock, self._closed = threading.Lock(), False

    def tell(self, contents: Contents) -> None:
        """Write what is so now.

        Raises
        ------
        InputError, ExportError
            If it is closed, the state is not plain JSON, or the file cannot be written.
        """
        with self._lock:
            self._write(contents)

    def tell_if_newer(self, contents: Contents) -> None:
        """Write what was so when a generation was begun, unless it was told better meanwhile."""
        with self._lock:
            if self._number < contents.number:
                self._write(contents)

    def close(self) -> None:
        """Let nothing be written any more."""
        with self._lock:
            self._closed = True

    def _write(self, contents: Contents) -> None:
        if self._closed:
            raise InputError(f"the project {str(self._path.parent)!r} is closed; open it again")
        write_atomic(self._path, contents.to_json())
        self._number = contents.number


def _parsed(told: dict[str, Any]) -> Contents:
    if told["version"] != VERSION:
        raise InputError(f"it is of version {told['version']!r}, and this program reads {VERSION}")
    source = told["source"]
    return Contents(
        int(told["number"]),
        str(told["name"]),
        Vocabulary.from_toml(told["vocabulary"]),
        read_provenance(told["provenance"]),
        str(told["recipe"]),
        Source(str(source["path"]), str(source["name"]), tuple(map(int, source["shape"]))),
        dict(told["state"]),
        told["checksum"],
    )
