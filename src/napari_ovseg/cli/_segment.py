"""The command ``ovseg segment``."""

from __future__ import annotations

from dataclasses import fields
from os.path import isfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import (
    BAD_INPUT,
    add_recipe,
    add_words,
    check_writable,
    drive,
    expanded,
    recipe_of,
    say,
    vocabulary_of,
)
from napari_ovseg.errors import ExportError, InputError, OvsegError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from napari_ovseg.image import Image
    from napari_ovseg.vocabulary import Vocabulary


def add_segment(commands: Any) -> None:
    """Add ``segment`` to the parser of ``ovseg``."""
    segment = commands.add_parser("segment", help="label pictures and write the labels")
    segment.set_defaults(command=_segment)
    segment.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    add_words(segment)
    segment.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    segment.add_argument(
        "--format", default="ome-tiff", help="one or more of 'ovseg exporters', by commas"
    )
    segment.add_argument(
        "--overwrite", action="store_true", help="replace labels that a person corrected, too"
    )
    add_recipe(segment)


def _segment(args: argparse.Namespace) -> int:
    from napari_ovseg.asking import asked
    from napari_ovseg.backbones.open_clip import load_backbone
    from napari_ovseg.channels import as_shown
    from napari_ovseg.exporters import EXPORTERS
    from napari_ovseg.familiar import unfamiliar
    from napari_ovseg.image_files import open_image
    from napari_ovseg.pipeline import segment_steps

    recipe, vocabulary = recipe_of(args), vocabulary_of(args)
    formats = [name.strip() for name in args.format.split(",")]
    _check_formats(formats, vocabulary)
    args.images = expanded(args.images)
    _check_files(args.images)
    backbone = load_backbone(recipe.backbone, args.device)
    for found in unfamiliar(backbone, vocabulary, recipe):
        say(f"ovseg: {found} 'ovseg models' lists models that know more.", error=True)
    asked(backbone, vocabulary, recipe)  # says before the work what no image can be asked
    check_writable(args.output / "labels")
    if remark := recipe.remark(vocabulary):
        say(f"ovseg: {remark}", error=True)
    failures, taken = 0, set[Path]()
    for path in args.images:
        try:
            image = open_image(path)
            _spare(args, formats, as_shown(image, recipe.display), vocabulary, taken)
            steps = segment_steps(image, vocabulary, recipe, args.device)
            annotation = drive(steps, path.name)
            for name in formats:
                exporter = EXPORTERS.get(name)(**_options(name, path, image))
                files = exporter.write(annotation, args.output)
                say(f"{path.name} -> {', '.join(str(f) for f in files)}")
        except OvsegError as error:
            failures += 1
            say(f"ovseg: {path.name}: {error}", error=True)
    return BAD_INPUT if failures else 0


def _options(name: str, path: Path, image: Image) -> dict[str, str]:
    """Let formats that name the image's file say its true ending."""
    from napari_ovseg.exporters import EXPORTERS

    named = any(field.name == "image_suffix" for field in fields(EXPORTERS.get(name)))
    return {"image_suffix": path.name.removeprefix(image.name)} if named else {}


def _check_formats(names: Sequence[str], vocabulary: Vocabulary) -> None:
    """Write labels of nothing: what a format lacks then, it would lack after the work."""
    import numpy as np

    from napari_ovseg.exporters import export
    from napari_ovseg.grid import Grid
    from napari_ovseg.labels import Annotation, LabelMap

    ids = np.zeros((2, 2), np.uint16)
    nothing = Annotation("nothing", LabelMap(ids, vocabulary, Grid.regular(2)))
    with TemporaryDirectory() as folder:
        for name in names:
            try:
                export(nothing, folder, name)
            except ExportError as error:
                raise ExportError(
                    f"--format {name}: {error} (only 'ovseg export' takes options)"
                ) from error


def _spare(
    args: argparse.Namespace,
    formats: Sequence[str],
    image: Image,
    vocabulary: Vocabulary,
    taken: set[Path],
) -> None:
    """Refuse what would take the place of a picture, or of labels that a person touched.

    Nor of labels of this run, whose files are `taken`; those to come are added.
    """
    import numpy as np

    from napari_ovseg.exporters import EXPORTERS, refuse_pictures
    from napari_ovseg.labels import Annotation, LabelMap

    ids = np.broadcast_to(np.uint16(0), image.shape)
    nothing = Annotation(image.name, LabelMap(ids, vocabulary, image.grid))
    for name in formats:
        exporter = EXPORTERS.get(name)()
        exporter.prepared([nothing])
        coming = [path.stem.removesuffix(".ome") for path in args.images]
        exporter.refuse_beside([nothing], args.output, coming)
        targets = exporter.targets([nothing], args.output)
        refuse_pictures(targets, args.images)
        if common := sorted(taken.intersection(targets)):
            raise ExportError(
                f"{str(common[0])!r} holds the labels of another picture of this run; run them one "
                "by one into different folders"
            )
        taken.update(targets)
        for target in () if args.overwrite else targets:
            if target.exists() and not _is_of_a_model(target, name):
                raise ExportError(
                    f"{str(target)!r} holds what a person or another program made; move it away, "
                    "choose another folder, or add --overwrite"
                )


def _is_of_a_model(path: Path, name: str) -> bool:
    """Whether labels are as a run wrote them, as far as the format can tell.

    Where another program changed any, no file tells who decided them.
    """
    from napari_ovseg.importers import IMPORTERS, read_labels

    if name not in IMPORTERS.names():
        return True
    try:
        found = read_labels(path, name)
    except InputError:
        return False
    by_model = found.owner is not None and not found.owner.any()
    return by_model and bool(found.provenance.weights)


def _check_files(images: Sequence[Path]) -> None:
    """Say before the work what would fail after it."""
    # Not by `Path`, which raises for names that are too long for a file.
    missing = [str(path) for path in images if not isfile(path)]  # noqa: PTH113
    if missing:
        raise InputError(f"there is no file {', '.join(missing)}")
    stems: dict[str, Path] = {}
    for path in images:
        stem = path.stem.removesuffix(".ome").casefold()
        if stem in stems:
            raise InputError(
                f"{stems[stem]} and {path} would write the same file; "
                "run them one by one into different folders"
            )
        stems[stem] = path
