"""What several commands of ``ovseg`` share: options, a progress bar, lines to read."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from glob import glob
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from napari_ovseg.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from napari_ovseg.progress import Progress, Steps
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.vocabulary import Vocabulary

R = TypeVar("R")
BAD_INPUT = 2


def add_words(parser: argparse.ArgumentParser) -> None:
    """Let a command be given words, or a file of them."""
    words = parser.add_mutually_exclusive_group(required=True)
    words.add_argument(
        "--words", help='categories and synonyms: "nucleus, cell nucleus; cytoplasm"'
    )
    words.add_argument(
        "--vocabulary", metavar="FILE", help="a TOML or CSV file, or one of 'ovseg vocabularies'"
    )


def vocabulary_of(args: argparse.Namespace) -> Vocabulary:
    """Read the words of a command."""
    from napari_ovseg.ready import find
    from napari_ovseg.vocabulary import Vocabulary

    return Vocabulary.parse(args.words) if args.words is not None else find(args.vocabulary)


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Let a command be given a recipe, and changes of it."""
    parser.add_argument("--recipe", type=Path, metavar="FILE.toml")
    parser.add_argument(
        "--preset", help="one of 'ovseg presets', laid over the recipe; balanced without either"
    )
    parser.add_argument("--backbone", help="starter, NAME:TAG of 'ovseg models', or a folder")
    parser.add_argument("--method", help="one of 'ovseg methods'")
    parser.add_argument("--guide", help="second encoder of proxyclip and gla_clip, or 'none'")
    parser.add_argument(
        "--domain", help="contrast words of: general, microscopy, medical, engineering, none"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def recipe_of(args: argparse.Namespace) -> Recipe:
    """Assemble the recipe of a command."""
    from napari_ovseg.presets import DEFAULT, preset
    from napari_ovseg.recipe import CONTRAST, Recipe

    recipe = Recipe.load(args.recipe) if args.recipe else preset(DEFAULT)
    if args.preset:
        recipe = preset(args.preset, recipe)
    changes = {k: getattr(args, k) for k in ("backbone", "method", "guide") if getattr(args, k)}
    if args.domain is not None:
        if args.domain not in CONTRAST:
            raise InputError(
                f"there is no domain {args.domain!r}; choose from: {', '.join(CONTRAST)}"
            )
        changes["contrast"] = CONTRAST[args.domain]
    return replace(recipe, **changes)


def drive(steps: Steps[R], name: str, *, unit: str = "it") -> R:
    """Run steps to their end, with a bar on stderr where that is a terminal."""
    from tqdm import tqdm

    from napari_ovseg.progress import run

    quiet = not sys.stderr.isatty()
    # Closed at once on Ctrl-C, so that what must not stay is gone before the program is.
    with (
        closing(steps),
        tqdm(desc=name, leave=False, disable=quiet, unit=unit, unit_scale=unit == "B") as bar,
    ):

        def watch(progress: Progress) -> None:
            bar.set_postfix_str(progress.stage, refresh=False)
            bar.total, bar.n = progress.total, progress.done
            bar.refresh()

        return run(steps, watch)


def expanded(paths: Sequence[Path]) -> list[Path]:
    """Replace patterns by the files that match, as shells do but that of Windows."""
    found: list[Path] = []
    for path in paths:
        # Not by `Path`, to whose `glob` hidden files match, and which raises for long names.
        there = exists(path)  # noqa: PTH110
        matches = [] if there else sorted(glob(str(path)))  # noqa: PTH207
        found += map(Path, matches) if matches else [path]
    return found


def check_writable(target: Path) -> None:
    """Say before the work, not after it, where a file cannot be written.

    Raises
    ------
    ExportError
        If the system refuses it.
    """
    from napari_ovseg._atomic import half_written

    # Not by `Path`, which raises where nobody may look.
    there = next(folder for folder in target.parents if exists(folder))  # noqa: PTH110
    with half_written(there / target.name, "probe") as probe:  # folders are made after the work
        probe.touch()


def say(text: str, *, error: bool = False) -> None:
    """Write a line."""
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
