"""The command ``ovseg segment``."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import (
    BAD_INPUT,
    add_recipe,
    add_words,
    drive,
    recipe_of,
    say,
    vocabulary_of,
)
from napari_ovseg.errors import ExportError, InputError, OvsegError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

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
    add_recipe(segment)


def _segment(args: argparse.Namespace) -> int:
    from napari_ovseg.asking import asked
    from napari_ovseg.backbones.open_clip import load_backbone
    from napari_ovseg.exporters import export
    from napari_ovseg.familiar import unfamiliar
    from napari_ovseg.image_files import open_image
    from napari_ovseg.pipeline import segment_steps

    recipe, vocabulary = recipe_of(args), vocabulary_of(args)
    formats = [name.strip() for name in args.format.split(",")]
    _check_formats(formats, vocabulary)
    _check_files(args.images)
    backbone = load_backbone(recipe.backbone, args.device)
    for found in unfamiliar(backbone, vocabulary, recipe):
        say(f"ovseg: {found} 'ovseg models' lists models that know more.", error=True)
    asked(backbone, vocabulary, recipe)  # says before the work what no image can be asked
    if remark := recipe.remark(vocabulary):
        say(f"ovseg: {remark}", error=True)
    failures = 0
    for path in args.images:
        try:
            steps = segment_steps(open_image(path), vocabulary, recipe, args.device)
            annotation = drive(steps, path.name)
            for name in formats:
                files = export(annotation, args.output, name)
                say(f"{path.name} -> {', '.join(str(f) for f in files)}")
        except OvsegError as error:
            failures += 1
            say(f"ovseg: {path.name}: {error}", error=True)
    return BAD_INPUT if failures else 0


def _check_formats(names: Sequence[str], vocabulary: Vocabulary) -> None:
    """Write labels of nothing: what a format lacks then, it would lack after the work."""
    import numpy as np

    from napari_ovseg.exporters import export
    from napari_ovseg.image import Grid
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


def _check_files(images: Sequence[Path]) -> None:
    """Say before the work what would fail after it."""
    missing = [str(path) for path in images if not path.is_file()]
    if missing:
        raise InputError(f"there is no file {', '.join(missing)}")
    stems: dict[str, Path] = {}
    for path in images:
        stem = path.stem.removesuffix(".ome")
        if stem in stems:
            raise InputError(
                f"{stems[stem]} and {path} would write the same file; "
                "run them one by one into different folders"
            )
        stems[stem] = path
