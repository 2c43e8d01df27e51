"""Annotations as formats of flat pictures see them: every plane of a stack is an image."""

from __future__ import annotations

import json
import re
import unicodedata
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import (
    Exporter,
    refuse_namesakes,
    refuse_unlisted,
    safe_name,
)
from napari_ovseg.formats.instances import Instances, instances_of
from napari_ovseg.formats.owners import packed
from napari_ovseg.formats.record import record_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from napari_ovseg.labels import Annotation

_NO_TEXT = {"Cc", "Cs", "Cn", "Zl", "Zp"}
"""Unicode's categories of control characters, halves of others, no characters and line ends."""
SERIES = "dataset"
"""File stem of a series of several annotations."""


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """One plane of an annotation.

    Attributes
    ----------
    stem
        File stem, unlike that of any other picture of the series.
    image_stem
        What the image's own file is called, for other programs to find it: the name of the
        annotation as it is, or `stem` where that would be no name of a file.
    ids : (H, W) uint16
        Category ids.
    owner : (H, W) uint8 or None
        `Owner` of each pixel, if it is known.
    plane
        Its index in the stack, empty if there is no stack.
    annotation
        What it is a plane of.
    """

    stem: str
    image_stem: str
    ids: np.ndarray
    owner: np.ndarray | None
    plane: tuple[int, ...]
    annotation: Annotation

    def instances(self) -> Instances:
        """Number its objects."""
        return instances_of(self.ids, self.annotation.labels.vocabulary)

    def history(self, *, owned: bool = False) -> dict[str, Any]:
        """What our importers read back: the record but for the vocabulary, and the place in it.

        Owners are `owned` by formats from which every pixel comes back as it was.
        """
        record = record_of(self.annotation) | (packed(self.ids, self.owner) if owned else {})
        del record["vocabulary"]  # a series writes it once
        return {**record, "shape": self.annotation.labels.ids.shape, "plane": self.plane}


class PictureExporter(Exporter):
    """A format of flat pictures; every plane of a stack has files of its own."""

    def stems(self, annotation: Annotation) -> set[str]:
        """See `Exporter.stems`."""
        return {picture.stem for picture in planes_of(annotation)}


@dataclass(frozen=True)
class SeriesExporter(PictureExporter):
    """A format in which a data set of many images has one table of categories."""

    one_table: ClassVar[bool] = True

    def targets(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `Exporter.targets`."""
        if self.one_file:
            return [folder / f"{series_stem(annotations)}{self.suffix}"]
        return super().targets(annotations, folder)

    @abstractmethod
    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """Write several annotations as one data set, atomically file by file.

        Raises
        ------
        ExportError
            If there is none, two have one name, or an id means different categories.
        """

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`: the series of one."""
        return self.write_series([annotation], folder)


def staying(
    files: Iterable[Path], suffix: str, replaced: Collection[Path], coming: Collection[str]
) -> set[Path]:
    """Leave out files that are replaced, and those of images to come or of their planes."""
    stems = {safe_name(name) for name in coming}
    left = {file: file.name.removesuffix(suffix) for file in files if file not in replaced}
    return {
        file for file, stem in left.items() if not {stem, re.sub(r"_\d{4,}$", "", stem)} & stems
    }


def refuse_renumbering(
    kept: Mapping[int, str], told: Mapping[int, str], left: Collection[Path]
) -> None:
    """Refuse to replace a table of categories beside labels in which a number means another.

    Parameters
    ----------
    kept, told
        Names by number, as the table holds them and is to.
    left
        Labels beside it that are not written anew.

    Raises
    ------
    ExportError
        If there are any, and a number would get another name.
    """
    if left and any(told.get(number) != name for number, name in kept.items()):
        one, names = min(left), ", ".join(kept.values())
        raise ExportError(
            f"{one.name!r} in {str(one.parent)!r} was numbered by other categories: {names[:80]}; "
            "export all labels of that folder together, remove those, or choose another folder"
        )


def pictures_of(annotations: Sequence[Annotation]) -> list[Picture]:
    """Take annotations apart into pictures; planes are called ``NAME_0000``, ``NAME_0001`` ...

    Raises
    ------
    ExportError
        If two would be called the same, or pixels have ids that no category has.
    """
    pictures: list[Picture] = []
    for annotation in annotations:
        refuse_unlisted(annotation)
        pictures += planes_of(annotation)
    refuse_namesakes(picture.stem for picture in pictures)
    return pictures


def planes_of(annotation: Annotation) -> Iterator[Picture]:
    """Yield the pictures of one annotation, whatever their pixels are."""
    ids, owner, stem = annotation.labels.ids, annotation.owner, safe_name(annotation.name)
    image_stem = annotation.name if _is_file_name(annotation.name) else stem
    for number, plane in enumerate(np.ndindex(ids.shape[:-2])):
        place = f"_{number:04d}" if ids.ndim > 2 else ""
        decided = None if owner is None else owner[plane]
        yield Picture(
            f"{stem}{place}", f"{image_stem}{place}", ids[plane], decided, plane, annotation
        )


def _is_file_name(name: str) -> bool:
    """Whether a name leads nowhere else, and holds nothing that JSON or XML could not."""
    kinds = {unicodedata.category(character) for character in name}
    return bool(name) and not set(name) & set("/\\:") and not kinds & _NO_TEXT


def series_stem(annotations: Sequence[Annotation]) -> str:
    """File stem of what is written once for a series: the name of the only one, or ``dataset``."""
    return safe_name(annotations[0].name) if len(annotations) == 1 else SERIES


def json_bytes(content: Any) -> bytes:
    """Write JSON in ASCII: names of any script, and of damaged file systems, survive."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
