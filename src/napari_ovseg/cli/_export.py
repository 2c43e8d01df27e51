"""The command ``ovseg export``: label maps and projects into other formats."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_origin, get_type_hints

from napari_ovseg.cli._shared import expanded, say
from napari_ovseg.errors import ExportError, InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from napari_ovseg.exporters import Exporter
    from napari_ovseg.labels import Annotation


def add_export(commands: Any) -> None:
    """Add ``export`` to the parser of ``ovseg``."""
    export = commands.add_parser("export", help="write label maps in other formats")
    export.set_defaults(command=_export)
    export.add_argument(
        "labels", nargs="+", type=Path, metavar="LABELS", help="files of labels, or projects"
    )
    export.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    export.add_argument("--format", required=True, help="of 'ovseg exporters', several by commas")
    export.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="an option of the format"
    )
    export.add_argument(
        "--overwrite", action="store_true", help="replace what another program made, too"
    )
    export.add_argument(
        "--validation", type=float, default=0.0, metavar="SHARE",
        help="put this share of them, chosen by name, into DIR/val, the rest into DIR/train",
    )  # fmt: skip


def _export(args: argparse.Namespace) -> int:
    from napari_ovseg.exporters import EXPORTERS, parts_of

    options = _options(args.set)
    names = [name.strip() for name in args.format.split(",")]
    exporters = [_with_options(EXPORTERS.get(name), options) for name in names]
    annotations = list(map(_read, expanded(args.labels)))
    for exporter in exporters:
        parts = parts_of(exporter, annotations, args.output, args.validation)
        _tell_losses(exporter, [annotation for _, part in parts for annotation in part])
        for folder, part in () if args.overwrite else parts:
            _spare(exporter, part, folder)
        for folder, part in parts:
            files = exporter.write_series(part, folder)
            say(f"{exporter.name}: {', '.join(str(file) for file in files)}")
    return 0


def _read(path: Path) -> Annotation:
    """Read a project, or labels; those whose file was renamed are called as it is."""
    from napari_ovseg.exporters import safe_name
    from napari_ovseg.importers import read_labels, reader_of
    from napari_ovseg.project import is_project, read_project

    if is_project(path):
        return read_project(path)
    annotation, importer = read_labels(path), reader_of(path)
    endings = [ending for ending in importer.suffixes if path.name.casefold().endswith(ending)]
    if importer.names_pictures or not endings:
        return annotation
    stem = path.name[: -len(max(endings, key=len))]
    plain = stem.removesuffix("_dseg") if ".nii" in endings or ".nii.gz" in endings else stem
    same = safe_name(annotation.name) in {stem, plain}
    return annotation if same else replace(annotation, name=plain)


def _spare(exporter: Exporter, annotations: Sequence[Annotation], folder: Path) -> None:
    """Refuse what would take the place of a picture, or of labels of another program.

    Raises
    ------
    ExportError
        As far as the format can tell: those that are not read back cannot.
    """
    from napari_ovseg.importers import IMPORTERS

    if exporter.name not in IMPORTERS.names():
        return
    importer = IMPORTERS.get(exporter.name)()
    for target in filter(Path.exists, exporter.targets(annotations, folder)):
        try:
            ours = importer.owns(target)
        except InputError:
            ours = False
        if not ours:
            raise ExportError(
                f"{str(target)!r} holds what another program made, perhaps the picture itself; "
                "move it away, choose another folder, or add --overwrite"
            )


def _options(given: Sequence[str]) -> dict[str, str]:
    """Take ``name=value`` apart."""
    options = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set needs NAME=VALUE, got {text!r}")
        options[name.strip()] = value
    return options


def _with_options(exporter: type[Exporter], options: dict[str, str]) -> Exporter:
    known = [field.name for field in fields(exporter)]
    if unknown := sorted(set(options) - set(known)):
        raise InputError(
            f"{exporter().name} has no option {', '.join(unknown)}; "
            f"it has: {', '.join(known) or 'none'}"
        )
    kinds = get_type_hints(exporter)
    return exporter(**{name: _value(name, text, kinds[name]) for name, text in options.items()})


def _value(name: str, text: str, kind: Any) -> Any:
    """Read a value as TOML or else as text; where text is asked for, all others are that."""
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    files = get_origin(kind) is tuple
    if kind is int and type(value) is not int:
        raise InputError(f"{name} must be a whole number, got {value!r}")
    if files and isinstance(value, list):
        if not all(isinstance(file, str) for file in value):
            raise InputError(f"{name} must be a file or a list of files, got {value}")
        return tuple(value)
    is_text = files or kind is str or get_origin(kind) is Literal
    return text if is_text and not isinstance(value, str) else value


def _tell_losses(exporter: Exporter, annotations: Sequence[Annotation]) -> None:
    """Say before the work what a format will not hold."""
    lost = {text: None for annotation in annotations for text in exporter.check(annotation)}
    for text in lost:
        say(f"ovseg: {exporter.name} does not hold {text}", error=True)
