"""YOLO segmentation: a line of text per polygon, and names in ``data.yaml``."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from os.path import isfile
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg._atomic import write_atomic
from napari_ovseg.exporters._base import safe_name, shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures, lost_in_polygons
from napari_ovseg.exporters._pictures import (
    SeriesExporter,
    pictures_of,
    refuse_renumbering,
    staying,
)
from napari_ovseg.formats.polygons import polygons_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class Yolo(SeriesExporter):
    """``NAME.txt`` for every picture and one ``data.yaml``; the images belong beside them.

    Categories are numbered from 0 in the order of the vocabulary. The background is left
    out: to YOLO it is what no polygon covers. A folder has one ``data.yaml``, so all
    images of a data set are to be exported as one series, or with one vocabulary. A folder
    ``train`` or ``val`` is one part of a data set: its ``data.yaml`` names both.
    """

    suffix: ClassVar[str] = ".txt"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        vocabulary = annotation.labels.vocabulary
        lost = ["the ids and colours of categories, which are numbered from 0"]
        if (stem := safe_name(annotation.name)) != annotation.name:
            lost.append(f"the name {annotation.name!r}; call the image {stem!r}, as its .txt is")
        if vocabulary.background is not None:
            lost.append(f"the category {vocabulary.background.name!r}; the background is left out")
        lost += lost_in_polygons(annotation, {"thing", "stuff"}, parts=True)
        return [*lost, *lost_in_pictures(annotation, "YOLO")]

    def refuse_beside(
        self, annotations: Sequence[Annotation], folder: Path, coming: Collection[str] = ()
    ) -> None:
        """See `Exporter.refuse_beside`: numbers mean what ``data.yaml`` says."""
        table = folder / "data.yaml"
        if isfile(table):  # noqa: PTH113  # which no name of a folder makes raise
            kept = table.read_text("utf-8", "replace").partition("names:\n")[2].splitlines()
            told = _rows(_countable(shared_vocabulary(annotations)))
            labels = filter(_is_labels, folder.glob(f"*{self.suffix}"))
            left = staying(labels, self.suffix, self.targets(annotations, folder), coming)
            refuse_renumbering(_by_number(kept), _by_number(told), left)

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `SeriesExporter.write_series`."""
        vocabulary = _countable(shared_vocabulary(annotations))
        pictures, table = pictures_of(annotations), folder / "data.yaml"
        files = [folder / f"{picture.stem}{self.suffix}" for picture in pictures]
        for file, picture in zip(files, pictures, strict=True):
            write_atomic(file, _lines(picture, vocabulary).encode("ascii"))
        write_atomic(table, _data_yaml(_rows(vocabulary), folder.name).encode())
        return [*files, table]


def _countable(vocabulary: Vocabulary) -> dict[int, str]:
    """Ids and names of all but the background, in order: the place is YOLO's number."""
    return {c.id: c.name for c in vocabulary if c.role != "background"}


def _lines(picture: Picture, names: dict[int, str]) -> str:
    """Write ``number x y x y ...`` with coordinates from 0 to 1 for each outline."""
    number_of = {category_id: number for number, category_id in enumerate(names)}
    instances = picture.instances()
    height, width = picture.ids.shape
    lines = []
    for part in polygons_of(instances.numbers):
        category = instances.categories[part.number - 1]
        if category.id in number_of:
            points = (part.rings[0] / (width, height)).ravel()
            lines.append(" ".join([str(number_of[category.id]), *(f"{v:.7f}" for v in points)]))
    return "".join(f"{line}\n" for line in lines)


def _is_labels(file: Path) -> bool:
    """Whether a text file holds outlines, or nothing: people keep notes in such folders, too."""
    with suppress(OSError), file.open(encoding="utf-8", errors="replace") as text:
        return re.fullmatch(r"(\d+( [\d.eE+-]+){4,}\s*)?", text.readline()) is not None
    return False


def _by_number(rows: Sequence[str]) -> dict[int, str]:
    return {number: row.partition(": ")[2] for number, row in enumerate(rows)}


def _rows(names: dict[int, str]) -> list[str]:
    return [f"  {number}: {_quoted(name)}" for number, name in enumerate(names.values())]


def _data_yaml(rows: list[str], folder: str) -> str:
    """Name the categories, and the folders of images as seen from that of the file.

    Without ``path`` they are looked for there, and not where a training is started.
    """
    train, val = ("../train", "../val") if folder in {"train", "val"} else (".", ".")
    return "\n".join([f"train: {train}", f"val: {val}", "names:", *rows, ""])


def _quoted(text: str) -> str:
    """Quote for YAML, which is JSON but for how it escapes characters that do not print."""
    return re.sub(
        r"[^ -~]",
        lambda found: found[0] if found[0].isprintable() else f"\\U{ord(found[0]):08x}",
        json.dumps(text, ensure_ascii=False),
    )
