"""The images of a folder, labelled one after the other, and their labels beside them.

::

    a.tif  b.png              read, never written
    ovseg/a.tif.ome.zarr      labels, owners, words and recipe of a.tif
    ovseg/b.png.ome.zarr      those of b.png
    ovseg/.lock, .lock.json   held while a window has the folder; by whom
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg._optional import require
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import export, safe_name
from napari_ovseg.image_files import open_image
from napari_ovseg.importers import read_labels
from napari_ovseg.importers.ome_zarr import OMEZarr
from napari_ovseg.progress import Progress, Steps
from napari_ovseg.vocabulary import MAX_CATEGORIES, Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ovseg.image import Image
    from napari_ovseg.labels import Annotation, Provenance

LABELS = "ovseg"
"""Name of the folder of labels, within that of the images."""
SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")


class State(StrEnum):
    """How far the work on an image is."""

    NEW = "new"
    LABELLED = "labelled"
    CORRECTED = "corrected"
    UNREADABLE = "cannot be read"


@dataclass
class FolderQueue:
    """Images in their natural order, and how far each is; made by `open_steps`.

    Attributes
    ----------
    folder, files
        Of the images, and these, at least one.
    states
        By image.
    vocabulary
        Of the labels that were saved last; None where there are none.
    words
        Categories of any labels here, each id once, as the labels that were saved last have it.
    highest
        The largest id of any category of any labels here, 0 where there are none.
    """

    folder: Path
    files: tuple[Path, ...]
    states: dict[Path, State] = field(default_factory=dict)
    vocabulary: Vocabulary | None = None
    words: tuple[Category, ...] = ()
    highest: int = 0

    @classmethod
    def open_steps(cls, folder: str | Path) -> Steps[FolderQueue]:
        """List a folder; no pixel is read.

        Raises
        ------
        InputError
            If the folder cannot be listed, or holds no image.
        MissingDependencyError
            If labels cannot be kept.
        """
        require("zarr", extra="ome", purpose="keeping the labels of a folder")
        queue = cls(Path(folder), find_pictures(Path(folder)))
        found: list[tuple[float, Vocabulary]] = []
        for done, file in enumerate(queue.files):
            yield Progress("folder", done, len(queue.files))
            path = queue.labels_path(file)
            queue.states[file] = State.LABELLED if path.exists() else State.NEW
            record = None
            with suppress(InputError):  # what is wrong is told when the image's turn comes
                record = OMEZarr().record(path) if path.exists() else None
            if record is not None:
                queue.states[file] = _state(record.provenance)
                found.append((path.stat().st_mtime, record.vocabulary))
        found.sort(key=itemgetter(0))
        queue.vocabulary = found[-1][1] if found else None
        words = {c.id: c for _, vocabulary in found for c in vocabulary}
        queue.words, queue.highest = tuple(words.values()), max(words, default=0)
        return queue

    def all_words(self) -> tuple[Category, ...]:
        """Categories of all labels here, each name once: those saved last come first."""
        known = {c.name.casefold(): c for c in self.vocabulary or ()}
        ids = {c.id for c in known.values()}
        for c in self.words:
            if c.id not in ids:
                known.setdefault(c.name.casefold(), c)
        return tuple(known.values())[:MAX_CATEGORIES]

    def labels_path(self, file: Path) -> Path:
        """Return where the labels of an image are kept."""
        return self.folder / LABELS / f"{safe_name(file.name)}.ome.zarr"

    def read(self, file: Path) -> tuple[Image, Annotation | None]:
        """Read an image and its labels, if it has any.

        Raises
        ------
        ImageError
            If it is no picture.
        InputError
            If its labels cannot be read, or are not of its shape.
        """
        self.states[file] = State.UNREADABLE  # until it is read
        image, annotation = open_image(file), self._labels(file)
        if annotation is not None and annotation.labels.ids.shape != image.shape:
            raise InputError(
                f"its labels have the shape {annotation.labels.ids.shape}, and the image has "
                f"{image.shape}; move {str(self.labels_path(file))!r} away, or bring the old "
                "image back"
            )
        self.states[file] = State.NEW if annotation is None else _state(annotation.provenance)
        return image, annotation

    def _labels(self, file: Path) -> Annotation | None:
        if not (path := self.labels_path(file)).exists():
            return None
        try:
            return read_labels(path)
        except InputError as error:
            raise InputError(f"its labels are damaged: {error}; move {str(path)!r} away") from error

    def save(self, file: Path, annotation: Annotation) -> None:
        """Keep the labels of an image, in the place of those that were kept before.

        Raises
        ------
        ExportError
            If they cannot be written; the old ones are then still there.
        """
        annotation = replace(annotation.named(), name=file.name)
        export(annotation, self.folder / LABELS, "ome-zarr")
        self.states[file] = _state(annotation.provenance)
        self.highest = max(self.highest, *(c.id for c in annotation.labels.vocabulary))

    def first(self) -> Path:
        """Return the image to begin with: the first new one, or the first."""
        return next((f for f in self.files if self.states[f] == State.NEW), self.files[0])

    def onward(self, file: Path, by: int) -> list[Path]:
        """List an image, and those behind it (1) or before it (-1) that can be read."""
        at = self.files.index(file)
        others = self.files[at + 1 :] if by > 0 else self.files[:at][::-1]
        return [file, *(f for f in others if self.states[f] != State.UNREADABLE)]

    def beside(self, file: Path, by: int) -> Path | None:
        """Return the next image (1) or the previous one (-1) that can be read; None at an end."""
        return next(iter(self.onward(file, by)[1:]), None)

    def refuse_other(self, words: Sequence[Category]) -> None:
        """Raise InputError if words mean another category by an id than the labels here do."""
        names = {c.id: c.name for c in words}
        for category in self.words:
            if (name := names.get(category.id, category.name)) != category.name:
                raise InputError(
                    f"in the labels of this folder {category.id} is {category.name!r}, and in the "
                    f"table it is {name!r}; empty the table, which then takes the folder's words, "
                    "or give both the same name"
                )


def find_pictures(folder: Path) -> tuple[Path, ...]:
    """List the images of a folder, 2 before 10; those in folders within it are not listed.

    Raises
    ------
    InputError
        If it cannot be listed, or holds no image.
    """
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
    except OSError as error:
        raise InputError(
            f"cannot list the folder {str(folder)!r}: {error.strerror}; choose another"
        ) from error
    shown = [path for path in found if not path.name.startswith(".")]
    if not shown:
        raise InputError(
            f"there is no image in {str(folder)!r}; known endings: {', '.join(SUFFIXES)}"
        )
    return tuple(sorted(shown, key=_natural))


def fitted(
    annotation: Annotation, words: Sequence[Category]
) -> tuple[Annotation, tuple[Category, ...]]:
    """Fit labels of another day to the words in use.

    An id means one thing in all labels of a folder, so a category has the name that the words
    in use give its id. One whose id is gone from them gets the id of its name; if its name is
    gone, too, it comes back.

    Parameters
    ----------
    words
        In use; none if all of them are to come from the labels.

    Returns
    -------
    Annotation
        Its vocabulary are the words below.
    tuple of Category
        The words to use from now on.
    """
    labels = annotation.labels
    used = {c.id for c in words}
    by_name = {c.name.casefold(): c.id for c in words}
    gone = [c for c in labels.vocabulary if c.id not in used]
    back = [c for c in gone if c.name.casefold() not in by_name]
    table = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    for category in gone:
        table[category.id] = by_name.get(category.name.casefold(), category.id)
    vocabulary = Vocabulary((*words, *back))
    fits = replace(labels, ids=table[labels.ids], vocabulary=vocabulary)
    return replace(annotation, labels=fits), vocabulary.categories


def _state(provenance: Provenance) -> State:
    return State.CORRECTED if provenance.share_by_hand > 0 else State.LABELLED


def _natural(path: Path) -> tuple[list[str | int], str]:
    parts = re.split(r"([0-9]+)", path.name.casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)], path.name
