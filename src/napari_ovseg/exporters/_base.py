"""What an exporter is, and what every one of them needs."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import ExportError
from napari_ovseg.labels import count_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Exporter(ABC):
    """A file format; subclasses add their options as fields."""

    suffix: ClassVar[str]
    """Ending of the label map's file."""
    reads_parts: ClassVar[bool] = False
    """Whether ids and owners may be arrays on disk, as of Zarr or dask."""

    @property
    def name(self) -> str:
        """Name in the registry: the file stem with dashes."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    @abstractmethod
    def check(self, annotation: Annotation) -> list[str]:
        """Say in words what this format will lose; empty if nothing.

        If `write` would refuse the annotation, say why, after ``this annotation:``.
        """

    @abstractmethod
    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """Write atomically into `folder` and return the files, the label map first."""

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """Write several annotations; a format of data sets writes what they share only once.

        Raises
        ------
        ExportError
            If two would be in one file.
        """
        refuse_namesakes(safe_name(annotation.name) for annotation in annotations)
        return [file for annotation in annotations for file in self.write(annotation, folder)]


def safe_name(name: str) -> str:
    """Turn any name into a portable file stem: it never leaves its folder.

    Unchanged where it is already one; else what remains of it and eight digits of its
    hash, so that two names never meet in one file.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", unicodedata.normalize("NFKC", name))
    plain = plain.lstrip("._-").rstrip("._")[:100]  # a dash first would be an option
    reserved = _RESERVED.fullmatch(plain)
    if plain == name and plain and not reserved:
        return plain
    if reserved:  # whatever comes after the dot
        plain = plain.replace(".", "_", 1)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'image'}-{digest}"


def refuse_namesakes(stems: Iterable[str]) -> None:
    """Raise `ExportError` if two file stems are one where upper and lower case are."""
    for stem, count in Counter(stem.casefold() for stem in stems).most_common(1):
        if count > 1:
            raise ExportError(
                f"{count} images of the series are called {stem!r}; rename them, or one file "
                "would replace the other"
            )


def lost_owner(annotation: Annotation) -> list[str]:
    """Say that it will not be known who decided a pixel, if it is known now."""
    if annotation.owner is None:
        return []
    return ["who decided each pixel; keep the annotation to correct it further"]


def refuse_unlisted(annotation: Annotation) -> None:
    """Raise `ExportError` if pixels have ids that no category has."""
    labels = annotation.labels
    unlisted = sorted(count_ids(labels.ids).keys() - {0, *(c.id for c in labels.vocabulary)})
    if unlisted:
        raise ExportError(
            f"pixels of {annotation.name!r} have the ids {', '.join(map(str, unlisted[:5]))}, "
            "which no category has; add the categories to the vocabulary, or set the pixels to 0"
        )


def class_table(vocabulary: Vocabulary) -> bytes:
    """Write categories as CSV (UTF-8): id, name, colour, role, queries.

    Cells that a spreadsheet would take for a formula get a leading apostrophe, as do those
    that have one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "colour", "role", "queries"))
    for c in vocabulary:
        cells = (str(c.id), c.name, c.colour, c.role, ", ".join(c.queries))
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@'" else cell for cell in cells])
    return text.getvalue().encode()
