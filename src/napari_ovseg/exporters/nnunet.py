"""nnU-Net v2 data sets: one case after the other, ready for its planning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  # the options' types are read at run time
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_ovseg._atomic import write_atomic
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import refuse_unlisted, safe_name
from napari_ovseg.exporters._volume import VolumeExporter
from napari_ovseg.formats.folders import atomic_folder
from napari_ovseg.formats.nnunet_files import (
    case_bytes,
    ending_of,
    is_flat,
    read_channels,
)
from napari_ovseg.formats.record import KEY, record_of
from napari_ovseg.formats.space import is_calibrated, renumbered, volumes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True)
class NNUNet(VolumeExporter):
    """Adds a case to ``DatasetNNN_NAME``: ``dataset.json``, ``labelsTr``, ``imagesTr``.

    Pictures are TIFF, volumes NIfTI; time points and channels become cases of their own.
    nnU-Net wants labels 0, 1, 2 ... without gaps: categories are numbered in the order of the
    vocabulary, and ``dataset.json`` tells under ``napari-ovseg`` which id became which label.
    The first category with the role ``background`` is 0. All cases of a data set must have
    the same vocabulary; those of a series get it. The folder is published whole (see
    `atomic_folder`).

    Attributes
    ----------
    dataset, number
        Name and number (1..999) of the data set.
    images
        File of each channel of the labelled image: NIfTI for volumes, else what
        `open_image` opens. They must have the shape and place of the labels.
    channels
        Names of the channels, like "CT, PET"; by them nnU-Net chooses the normalisation.
    unlabelled
        What pixels without a category become: "background", or "ignore", which nnU-Net
        leaves out of training.
    """

    dataset: str = "ovseg"
    number: int = 1
    images: tuple[Path, ...] = ()
    channels: str = ""
    unlabelled: Literal["background", "ignore"] = "background"
    suffix: ClassVar[str] = ".nii.gz"
    one_image: ClassVar[tuple[str, ...]] = ("images",)
    one_table: ClassVar[bool] = True

    def stems(self, annotation: Annotation) -> set[str]:
        """See `Exporter.stems`; ``dataset.json`` has the annotation's."""
        names = (annotation.name, *(volume.name for volume in volumes_of(annotation)))
        return set(map(safe_name, names))

    def targets(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `Exporter.targets`: none, all is in the folder of the data set."""
        return []

    def refuse(self, annotation: Annotation) -> None:
        """See `VolumeExporter.refuse`."""
        refuse_unlisted(annotation)
        if not 1 <= self.number <= 999:
            raise ExportError(f"the number of a data set is 1..999, got {self.number}")
        if self.unlabelled not in {"background", "ignore"}:
            raise ExportError(
                f"unlabelled must be 'background' or 'ignore', got {self.unlabelled!r}"
            )

    def lost(self, annotation: Annotation) -> list[str]:
        """See `VolumeExporter.lost`."""
        lost = ["the ids and colours of categories; dataset.json tells which id became which label"]
        volumes, background = volumes_of(annotation), annotation.labels.vocabulary.background
        if not self.images:
            lost.append("the image: set the option images, or put it into imagesTr yourself")
        if (annotation.labels.ids == 0).any() and self.unlabelled == "background":
            lost.append("which pixels are unlabelled; they become background")
        if background is not None and background.name != "background":
            lost.append(f"the name {background.name!r}; nnU-Net calls label 0 'background'")
        if is_flat(annotation.labels.grid) and is_calibrated(annotation.labels.grid):
            lost.append("the physical size of pixels; nnU-Net reads none from pictures")
        if len(volumes) > 1:
            lost.append("time and channels; every volume becomes a case of its own")
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        self.refuse(annotation)
        volumes, grid = volumes_of(annotation), annotation.labels.grid
        if self.images and len(volumes) > 1:
            raise ExportError(
                f"images can be given for one case at a time, got {len(volumes)} volumes; "
                "export time points and channels one by one"
            )
        channels = read_channels(self.images, volumes[0].ids.shape, grid)
        numbers = numbers_of(annotation.labels.vocabulary, self.unlabelled)
        files = {}
        for name, ids, _ in volumes:
            case = safe_name(name)
            files[f"labelsTr/{case}{ending_of(grid)}"] = case_bytes(renumbered(ids, numbers), grid)
            for number, channel in enumerate(channels):
                file = f"imagesTr/{case}_{number:04d}{ending_of(grid)}"
                files[file] = case_bytes(channel, grid)
        target = folder / f"Dataset{self.number:03d}_{safe_name(self.dataset)}"
        with atomic_folder(target, extend=True) as temporary:
            description = {
                "channel_names": self._channel_names(channels),
                "labels": labels_of(annotation.labels.vocabulary, numbers),
                "file_ending": ending_of(grid),
            }
            # Before any file is: those of linked folders are changed where they are.
            cases = {name for name in files if name.startswith("labelsTr/")}
            text = _dataset_json(description, numbers, annotation, temporary, cases)
            _put({**files, "dataset.json": text}, temporary)
        return [target / name for name in (*files, "dataset.json")]

    def _channel_names(self, channels: list[np.ndarray]) -> dict[str, str]:
        if channels and channels[0].ndim == 4:
            names: tuple[str, ...] = ("R", "G", "B")
        else:
            many = tuple(f"channel {i}" for i in range(len(channels)))
            names = many if len(many) > 1 else ("image",)
        given = tuple(name.strip() for name in self.channels.split(",") if name.strip())
        if given and channels and len(given) != len(names):
            raise ExportError(
                f"the image has {len(names)} channels, got {len(given)} names: {self.channels!r}"
            )
        return {str(i): name for i, name in enumerate(given or names)}


def numbers_of(vocabulary: Vocabulary, unlabelled: str) -> dict[int, int]:
    """Number categories for nnU-Net: label by our id, also of 0, which is unlabelled."""
    background = vocabulary.background
    others = [c for c in vocabulary if c is not background]
    numbers = {c.id: label for label, c in enumerate(others, start=1)}
    if background is not None:
        numbers[background.id] = 0
    return {0: len(others) + 1 if unlabelled == "ignore" else 0, **numbers}


def labels_of(vocabulary: Vocabulary, numbers: dict[int, int]) -> dict[str, int]:
    """Name the labels; a category called like one of nnU-Net's own gets an underscore."""
    labels = {"background": 0}
    for category in vocabulary:
        if (label := numbers[category.id]) != 0:
            name = category.name
            while name in labels or name == "ignore":
                name += "_"
            labels[name] = label
    return {**labels, "ignore": numbers[0]} if numbers[0] else labels


def _dataset_json(
    description: dict[str, Any],
    numbers: dict[int, int],
    annotation: Annotation,
    folder: Path,
    new_files: set[str],
) -> bytes:
    """Describe the data set with its new cases, or say why they do not belong there."""
    record = record_of(annotation)
    ours = {"ids": {str(k): v for k, v in numbers.items()}, "vocabulary": record.pop("vocabulary")}
    cases = {}
    if (path := folder / "dataset.json").exists():
        try:
            old = json.loads(path.read_bytes())
            known = old[KEY]
            cases = dict(known["cases"])
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(
                "the folder holds a data set of another program; choose another number"
            ) from error
        for key, new, has in (
            *((key, value, old.get(key)) for key, value in description.items()),
            ("ids", ours["ids"], known.get("ids")),
        ):
            if new != has:
                raise ExportError(
                    f"this case does not belong into the data set: its {key} are {new}, there "
                    f"they are {has}; choose another number or name for the data set"
                )
    cases[safe_name(annotation.name)] = record
    there = {f"labelsTr/{file.name}" for file in folder.glob("labelsTr/*")}
    whole = {
        **description,
        "numTraining": len(there | new_files),
        KEY: {**ours, "cases": cases},
    }
    return json.dumps(whole, indent=1).encode()


def _put(files: dict[str, bytes], folder: Path) -> None:
    """Write files that may be links to the old folder's: those are replaced, not changed.

    Where `imagesTr` is a link to another disk, they get there, each of them whole.
    """
    for name, data in files.items():
        write_atomic(folder / name, data)
