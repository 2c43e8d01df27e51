"""Generations and journals of a project folder: written whole, read newest first."""

from __future__ import annotations

import re
import shutil
import zlib
from contextlib import suppress
from dataclasses import replace
from os.path import isdir
from pathlib import Path

import numpy as np

from napari_ovseg.annotate.journal import replay
from napari_ovseg.errors import InputError, MissingDependencyError
from napari_ovseg.exporters import export
from napari_ovseg.formats.folders import atomic_folder
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Annotation
from napari_ovseg.project._contents import Contents

CONTENTS = "project.json"
"""Name of the file of `Contents`, of the project and of each generation."""
KEPT = 3
"""Generations that are kept, with their journals."""
_LABELS = "labels"
_GENERATION = re.compile(r"generation-(\d{6,18})")
_JOURNAL = re.compile(r"journal-(\d{6,18})\.bin")


def generations(folder: Path) -> dict[int, Path]:
    """Find generations by number, the oldest first."""
    return _numbered(folder, _GENERATION)


def journals(folder: Path) -> dict[int, Path]:
    """Find journals by number, the oldest first."""
    return _numbered(folder, _JOURNAL)


def journal_path(folder: Path, number: int) -> Path:
    """Return where a journal is."""
    return folder / f"journal-{number:06d}.bin"


def publish(folder: Path, annotation: Annotation, contents: Contents) -> None:
    """Write a generation, whole or not at all.

    Raises
    ------
    InputError
        If the state is not plain JSON.
    ExportError
        If the folder cannot be written.
    """
    ids, owner = annotation.labels.ids, annotation.owner
    if owner is None:
        owner = np.zeros(ids.shape, np.uint8)
    told = replace(contents, checksum=_checksum(ids, owner)).to_json()
    with atomic_folder(folder / f"generation-{contents.number:06d}") as temporary:
        export(replace(annotation, name=_LABELS, owner=owner), temporary, "ome-zarr")
        (temporary / CONTENTS).write_bytes(told)


def restore(folder: Path) -> tuple[Annotation, Contents, int]:
    """Read the newest generation that is whole, and write into it what was painted since.

    Returns
    -------
    Annotation
        Its owner is never None.
    Contents
        As last told.
    int
        The highest number in use.

    Raises
    ------
    InputError
        If no generation can be read, or the system refuses to read a journal.
    """
    saved, written = generations(folder), journals(folder)
    annotation, contents = _newest(saved)
    assert annotation.owner is not None  # see publish
    for number, path in written.items():
        if number >= contents.number:
            replay(path, annotation.labels.ids, annotation.owner)
    highest = max(*saved, *written, 0)
    with suppress(InputError):  # the generation's own will do
        told = Contents.read(folder / CONTENTS)
        highest = max(highest, told.number)
        contents = told if told.number >= contents.number else contents
    labels = replace(annotation.labels, vocabulary=contents.vocabulary)
    return (
        Annotation(contents.name, labels, annotation.owner, contents.provenance),
        contents,
        highest,
    )


def is_project(folder: Path) -> bool:
    """Whether a folder holds a project."""
    return bool(generations(folder))


def read_project(folder: str | Path) -> Annotation:
    """Read the labels of a project as they are now, open elsewhere or not; nothing is written.

    Raises
    ------
    InputError
        If there is no project, or none of its generations can be read.
    """
    folder = Path(folder)
    if not is_project(folder):
        raise InputError(f"there is no project in {str(folder)!r}; choose a project's folder")
    return restore(folder)[0]


def clear(folder: Path) -> None:
    """Remove all but the newest generations and their journals, and what killed saves left."""
    saved = generations(folder)
    oldest = list(saved)[-KEPT:][0]
    left = folder.glob(".generation-*.part")  # nobody else writes here
    for path in (*(p for number, p in saved.items() if number < oldest), *left):
        shutil.rmtree(path, ignore_errors=True)
    for number, path in journals(folder).items():
        if number < oldest:
            with suppress(OSError):
                path.unlink()


def _newest(saved: dict[int, Path]) -> tuple[Annotation, Contents]:
    faults = []
    for path in reversed(saved.values()):
        try:
            return _read(path)
        except MissingDependencyError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, there is another
            faults.append(f"{path.name}: {error}")
    raise InputError(
        f"no generation of this project can be read ({'; '.join(faults)}); restore the folder "
        "from a backup"
    )


def _read(path: Path) -> tuple[Annotation, Contents]:
    contents = Contents.read(path / CONTENTS)
    found = read_labels(path / f"{_LABELS}.ome.zarr")
    # Zarr reads zeros where a file of pixels is gone.
    if found.owner is None or _checksum(found.labels.ids, found.owner) != contents.checksum:
        raise InputError("its pixels are not those that were saved")
    return found, contents


def _checksum(ids: np.ndarray, owner: np.ndarray) -> int:
    pixels = zlib.crc32(np.ascontiguousarray(ids, "<u2").data)
    return zlib.crc32(np.ascontiguousarray(owner, np.uint8).data, pixels)


def _numbered(folder: Path, pattern: re.Pattern[str]) -> dict[int, Path]:
    if not isdir(folder):  # noqa: PTH112  # unlike Path's, it never raises
        return {}
    found = ((pattern.fullmatch(path.name), path) for path in folder.iterdir())
    return dict(sorted((int(match[1]), path) for match, path in found if match))
