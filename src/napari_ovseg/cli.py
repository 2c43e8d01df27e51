"""The command line ``ovseg``; asking it for help imports neither torch nor Qt."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from napari_ovseg.errors import InputError, MissingDependencyError, OvsegError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari_ovseg.progress import Progress, Steps
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.vocabulary import Vocabulary

R = TypeVar("R")
BAD_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``ovseg``; returns the exit code: 0, or 2 with one line on stderr for bad input."""
    args = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except OvsegError as error:
        _say(f"ovseg: {error}", error=True)
        return BAD_INPUT
    except KeyboardInterrupt:
        _say("ovseg: interrupted; files already written are complete", error=True)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ovseg", description="Label images by your own words.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    segment = commands.add_parser("segment", help="label pictures and write the labels")
    segment.set_defaults(command=_segment)
    segment.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    words = segment.add_mutually_exclusive_group(required=True)
    words.add_argument(
        "--words", help='categories and synonyms: "nucleus, cell nucleus; cytoplasm"'
    )
    words.add_argument("--vocabulary", type=Path, metavar="FILE.toml")
    segment.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    segment.add_argument(
        "--format", default="ome-tiff", help="one or more of 'ovseg exporters', by commas"
    )
    _add_recipe_options(segment)

    evaluate = commands.add_parser("evaluate", help="measure a recipe on pictures with masks")
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("dataset", type=Path, metavar="DATASET_DIR")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    _add_recipe_options(evaluate)

    models = commands.add_parser("models", help="list encoders, or fetch one")
    models.set_defaults(command=_models)
    models.add_argument("--fetch", metavar="NAME:TAG", help="download the weights of a model")
    models.add_argument(
        "--to", type=Path, metavar="DIR", help="as a folder to carry to another machine"
    )
    for name, text in (("methods", "list methods"), ("exporters", "list file formats")):
        commands.add_parser(name, help=text).set_defaults(
            command=_methods if name == "methods" else _exporters
        )

    demo = commands.add_parser("demo", help="open napari with a labelled photograph")
    demo.set_defaults(command=_demo)
    demo.add_argument("--headless", action="store_true", help="leave pictures in demo/ and close")
    return parser


def _add_recipe_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", type=Path, metavar="FILE.toml")
    parser.add_argument("--backbone", help="starter, NAME:TAG of 'ovseg models', or a folder")
    parser.add_argument("--method", help="one of 'ovseg methods'")
    parser.add_argument(
        "--domain", help="contrast words of: general, microscopy, medical, engineering, none"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _recipe(args: argparse.Namespace) -> Recipe:
    from napari_ovseg.recipe import CONTRAST, Recipe

    recipe = Recipe.load(args.recipe) if args.recipe else Recipe()
    changes = {k: getattr(args, k) for k in ("backbone", "method") if getattr(args, k)}
    if args.domain is not None:
        if args.domain not in CONTRAST:
            raise InputError(
                f"there is no domain {args.domain!r}; choose from: {', '.join(CONTRAST)}"
            )
        changes["contrast"] = CONTRAST[args.domain]
    return replace(recipe, **changes)


def _vocabulary(args: argparse.Namespace) -> Vocabulary:
    from napari_ovseg.vocabulary import Vocabulary

    return (
        Vocabulary.parse(args.words) if args.words is not None else Vocabulary.load(args.vocabulary)
    )


def _segment(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones.open_clip import load_backbone
    from napari_ovseg.exporters import EXPORTERS, export
    from napari_ovseg.image import open_image
    from napari_ovseg.pipeline import segment_steps

    recipe, vocabulary = _recipe(args), _vocabulary(args)
    formats = [name.strip() for name in args.format.split(",")]
    for name in formats:
        EXPORTERS.get(name)
    _check_files(args.images)
    load_backbone(recipe.backbone, args.device)
    failures = 0
    for path in args.images:
        try:
            with _bar(path.name) as watch:
                annotation = _drive(
                    segment_steps(open_image(path), vocabulary, recipe, args.device), watch
                )
            for name in formats:
                files = export(annotation, args.output, name)
                _say(f"{path.name} -> {', '.join(str(f) for f in files)}")
        except OvsegError as error:
            failures += 1
            _say(f"ovseg: {path.name}: {error}", error=True)
    return BAD_INPUT if failures else 0


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


def _evaluate(args: argparse.Namespace) -> int:
    from napari_ovseg._atomic import write_atomic
    from napari_ovseg.evaluate import evaluate_steps, find_datasets, report

    recipe = _recipe(args)
    results: dict[str, dict[str, Any]] = {}
    data_sets = find_datasets(args.dataset)
    _say(f"{'data set':<36} {'mIoU':>6} {'accuracy':>8} {'images':>6} {'seconds':>8}")
    for data in data_sets:
        with _bar(data.name) as watch:
            result = _drive(evaluate_steps(data, recipe, args.device), watch)
        results[data.name] = result
        _say(
            f"{data.name:<36} {result['miou']:6.3f} {result['pixel_accuracy']:8.3f} "
            f"{result['n_images']:6d} {result['seconds']:8.1f}"
        )
        if args.json:
            text = json.dumps(report(recipe, results), indent=1, allow_nan=False)
            write_atomic(args.json, text.encode())
    return 0


def _models(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import catalogue

    if args.to and not args.fetch:
        raise InputError("--to needs --fetch NAME:TAG: which model shall be put there?")
    if args.fetch:
        from napari_ovseg.backbones._hub import fetch

        _say(f"fetched to {fetch(args.fetch, args.to)}")
        return 0
    _say(f"{'model':<44} {'size':>8} {'px/patch':>9} {'here':>5}  licence of the weights")
    for entry in catalogue.entries():
        here = "yes" if entry.here else "no"
        shape = f"{entry.pixels}/{entry.patch}"
        _say(f"{entry.name:<44} {entry.megabytes:5.0f} MB {shape:>9} {here:>5}  {entry.licence}")
    return 0


def _methods(args: argparse.Namespace) -> int:
    from napari_ovseg.methods import METHODS

    for name in METHODS.names():
        method = METHODS.get(name)
        _say(f"{name:<22} {method.passes} pass per window   {method.source}")
    return 0


def _exporters(args: argparse.Namespace) -> int:
    from napari_ovseg.exporters import EXPORTERS

    for name in EXPORTERS.names():
        _say(f"{name:<12} {(EXPORTERS.get(name).__doc__ or '').splitlines()[0]}")
    return 0


def _demo(args: argparse.Namespace) -> int:
    from napari_ovseg._optional import require

    demo = require("napari_ovseg.gui.demo", extra="all", purpose="the demo")
    try:
        demo.main(headless=args.headless, say=_say)
    except ImportError as error:
        raise MissingDependencyError(
            f"the demo opens napari, which is not installed ({error}); "
            "install it with: pip install 'napari-ovseg[all]'"
        ) from error
    return 0


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Progress], None]]:
    """Show a progress bar on stderr while the block runs."""
    from tqdm import tqdm

    with tqdm(desc=name, leave=False, disable=not sys.stderr.isatty()) as bar:

        def watch(progress: Progress) -> None:
            bar.set_postfix_str(progress.stage, refresh=False)
            bar.total, bar.n = progress.total, progress.done
            bar.refresh()

        yield watch


def _drive(steps: Steps[R], watch: Callable[[Progress], None]) -> R:
    from napari_ovseg.progress import run

    return run(steps, watch)


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
