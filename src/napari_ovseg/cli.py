"""The command line ``ovseg``; asking it for help imports neither torch nor Qt."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from napari_ovseg.cli_models import add_models
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
    evaluate.epilog = "--method and --backbone may name several, separated by commas: one table."

    add_models(commands)
    lists = {"methods": _methods, "presets": _presets, "exporters": _exporters}
    for name, command in lists.items():
        text = "list file formats" if name == "exporters" else f"list {name}"
        commands.add_parser(name, help=text).set_defaults(command=command)

    demo = commands.add_parser("demo", help="open napari with a labelled photograph")
    demo.set_defaults(command=_demo)
    demo.add_argument("--headless", action="store_true", help="leave pictures in demo/ and close")
    return parser


def _add_recipe_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", type=Path, metavar="FILE.toml")
    parser.add_argument("--preset", help="one of 'ovseg presets', laid over the recipe")
    parser.add_argument("--backbone", help="starter, NAME:TAG of 'ovseg models', or a folder")
    parser.add_argument("--method", help="one of 'ovseg methods'")
    parser.add_argument("--guide", help="second encoder of proxyclip and gla_clip, or 'none'")
    parser.add_argument(
        "--domain", help="contrast words of: general, microscopy, medical, engineering, none"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _recipe(args: argparse.Namespace) -> Recipe:
    from napari_ovseg.recipe import CONTRAST, Recipe

    recipe = Recipe.load(args.recipe) if args.recipe else Recipe()
    if args.preset:
        from napari_ovseg.presets import preset

        recipe = preset(args.preset, recipe)
    changes = {k: getattr(args, k) for k in ("backbone", "method", "guide") if getattr(args, k)}
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
    from napari_ovseg.evaluate import evaluate_steps, find_datasets, report, table_row

    recipes = _recipes(args)
    data_sets = find_datasets(args.dataset)
    results: list[dict[str, dict[str, Any]]] = [{} for _ in recipes]
    if len(recipes) > 1:
        _say(table_row("mIoU", recipes))
    else:
        _say(f"{'data set':<36} {'mIoU':>6} {'accuracy':>8} {'images':>6} {'seconds':>8}")
    for data in data_sets:
        for recipe, result in zip(recipes, results, strict=True):
            with _bar(f"{data.name}, {recipe.method.name}") as watch:
                result[data.name] = _drive(evaluate_steps(data, recipe, args.device), watch)
            if args.json:
                text = json.dumps(report(recipes, results), indent=1, allow_nan=False)
                write_atomic(args.json, text.encode())
        if len(recipes) > 1:
            _say(table_row(data.name, [f"{r[data.name]['miou']:.3f}" for r in results]))
            continue
        found = results[0][data.name]
        _say(
            f"{data.name:<36} {found['miou']:6.3f} {found['pixel_accuracy']:8.3f} "
            f"{found['n_images']:6d} {found['seconds']:8.1f}"
        )
    return 0


def _recipes(args: argparse.Namespace) -> list[Recipe]:
    """Every combination of the methods and encoders that are named, separated by commas."""
    methods = (args.method or "").split(",")
    backbones = (args.backbone or "").split(",")
    return [
        _recipe(argparse.Namespace(**{**vars(args), "method": m.strip(), "backbone": b.strip()}))
        for b in backbones
        for m in methods
    ]


def _methods(args: argparse.Namespace) -> int:
    from napari_ovseg.methods import METHODS

    for name in METHODS.names():
        method = METHODS.get(name)
        needs = f"guide {method.default_guide}" if method.default_guide else ""
        cost = f"{method.passes} pass{'es' * (method.passes > 1)} per window"
        _say(f"{name:<20} {cost:<20} {needs:<17} {method.source}")
    return 0


def _presets(args: argparse.Namespace) -> int:
    from napari_ovseg.presets import names, preset

    for name in names():
        recipe = preset(name)
        _say(f"{name:<28} {recipe.method.name:<20} {recipe.guide}".rstrip())
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
