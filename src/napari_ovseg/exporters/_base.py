"""What an exporter is, and what every one of them needs."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg._registry import name_of
from napari_ovseg._words import RESERVED, guarded
from napari_ovseg.errors import ExportError, VocabularyError
from napari_ovseg.labels import count_ids
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Category


@dataclass(frozen=True)
class Exporter(ABC):
    """A file format; subclasses add their options as fields."""

    suffix: ClassVar[str]
    """Ending of the label map's file."""
    reads_parts: ClassVar[bool] = False
    """Whether ids and owners may be arrays on disk, as of Zarr or dask."""
    one_image: ClassVar[tuple[str, ...]] = ()
    """Options that tell the files of one image, so that none is for a series."""
    one_table: ClassVar[bool] = False
    """Whether one table of categories holds for all annotations of a data set."""
    one_file: ClassVar[bool] = False
    """Whether the labels of all annotations of a data set are in one file."""

    @property
    def name(self) -> str:
        """Name in the registry: the file stem, or that of the entry point, with dashes."""
        return name_of(type(self)).replace("_", "-")

    @abstractmethod
    def check(self, annotation: Annotation) -> list[str]:
        """Say in words what this format will lose; empty if nothing.

        If `write` would refuse the annotation, say why, after ``this annotation:``.
        """

    @abstractmethod
    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """Write atomically into `folder` and return the files, the label map first."""

    def stems(self, annotation: Annotation) -> set[str]:
        """Return the file stems that no other annotation of a series may have."""
        return {safe_name(annotation.name)}

    def targets(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """Return the files of labels that `write_series` would put into `folder` itself.

        No pixel is read.
        """
        stems = (stem for annotation in annotations for stem in sorted(self.stems(annotation)))
        return [folder / f"{stem}{self.suffix}" for stem in stems]

    def refuse_beside(  # noqa: B027  # most formats have no table to disagree with
        self, annotations: Sequence[Annotation], folder: Path, coming: Collection[str] = ()
    ) -> None:
        """Raise `ExportError` where labels that stay in `folder` would mean something else.

        By default none do. No pixel is read. To be called once before what is written together.

        Parameters
        ----------
        coming
            Names of images whose labels will be replaced later.
        """

    def prepared(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Return annotations as they can be written together, before they are divided into parts.

        Where a format has one table of categories, all get the same vocabulary, so that it is the
        same in every part.

        Raises
        ------
        ExportError
            If two would be in one file, an id means different categories, or an option is of
            one image only.
        """
        refuse_namesakes(stem for annotation in annotations for stem in self.stems(annotation))
        given = [option for option in self.one_image if getattr(self, option)]
        if given and len(annotations) > 1:
            raise ExportError(
                f"the option {given[0]} is of one image, got {len(annotations)} annotations; "
                "export them one by one, each with its own"
            )
        if not self.one_table:
            return list(annotations)
        vocabulary = shared_vocabulary(annotations)
        return [replace(a, labels=replace(a.labels, vocabulary=vocabulary)) for a in annotations]

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """Write several annotations; a format of data sets writes what they share only once.

        Raises
        ------
        ExportError
            If they cannot be written together, see `prepared`.
        """
        ready = self.prepared(annotations)
        return [file for annotation in ready for file in self.write(annotation, folder)]


def safe_name(name: str) -> str:
    """Turn any name into a portable file stem: it never leaves its folder.

    Unchanged where it is already one; else what remains of it and eight digits of its
    hash, so that two names never meet in one file.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", unicodedata.normalize("NFKC", name))
    plain = plain.lstrip("._-").rstrip("._")[:100]  # a dash first would be an option
    reserved = RESERVED.fullmatch(plain)
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


def refuse_pictures(targets: Iterable[Path], pictures: Iterable[Path]) -> None:
    """Raise `ExportError` if a file to be written is one of the pictures, by whatever path."""
    known = {identity for path in pictures if (identity := _identity(path))}
    for target in targets:
        if _identity(target) in known:
            raise ExportError(
                f"{str(target)!r} would replace the picture of that name; choose another folder "
                "or format"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell one file from all others; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def shared_vocabulary(annotations: Sequence[Annotation]) -> Vocabulary:
    """Unite the categories of a series: in the order of all, or else by id.

    Formats that number categories by their place thus do not depend on the order of files.

    Raises
    ------
    ExportError
        If there is no annotation, or an id or name means different categories.
    """
    found: dict[int, Category] = {}
    for annotation in annotations:
        for category in annotation.labels.vocabulary:
            first = found.setdefault(category.id, category)
            if first.name != category.name:
                raise ExportError(
                    f"id {category.id} is {first.name!r} in one image of the series and "
                    f"{category.name!r} in another; export them into different folders"
                )
    orders = {tuple(c.id for c in annotation.labels.vocabulary) for annotation in annotations}
    ids = list(found) if len(orders) == 1 else sorted(found)
    try:
        return Vocabulary(tuple(found[i] for i in ids))
    except VocabularyError as error:
        raise ExportError(f"the images of the series have no common vocabulary: {error}") from error


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

    Cells are guarded against spreadsheets, see `guarded`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "colour", "role", "queries"))
    for c in vocabulary:
        cells = (str(c.id), c.name, c.colour, c.role, ", ".join(c.queries))
        writer.writerow(map(guarded, cells))
    return text.getvalue().encode()
