"""What an exporter is, and what every one of them needs."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Exporter(ABC):
    """A file format; subclasses add their options as fields."""

    suffix: ClassVar[str]
    """Ending of the label map's file."""

    @property
    def name(self) -> str:
        """Name in the registry: the file stem with dashes."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    @abstractmethod
    def check(self, annotation: Annotation) -> list[str]:
        """Say in words what this format will lose; empty if nothing."""

    @abstractmethod
    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """Write atomically into `folder` and return the files, the label map first."""

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """Write several annotations; a format of data sets writes what they share only once."""
        return [file for annotation in annotations for file in self.write(annotation, folder)]


def safe_name(name: str) -> str:
    """Turn any name into a portable file stem: it never leaves its folder.

    Unchanged where it is already one; else what remains of it and eight digits of its
    hash, so that two names never meet in one file.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", unicodedata.normalize("NFKC", name)).strip("._")
    plain = plain[:100]
    if plain == name and plain and not _RESERVED.fullmatch(plain):
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'image'}-{digest}"


def class_table(vocabulary: Vocabulary) -> bytes:
    """Write categories as CSV (UTF-8): id, name, colour, role, queries.

    Cells that a spreadsheet would take for a formula get a leading apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "colour", "role", "queries"))
    for c in vocabulary:
        cells = (str(c.id), c.name, c.colour, c.role, ", ".join(c.queries))
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@" else cell for cell in cells])
    return text.getvalue().encode()
