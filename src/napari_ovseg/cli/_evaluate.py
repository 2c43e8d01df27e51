"""The command ``ovseg evaluate``: one recipe, or several side by side."""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import add_recipe, check_writable, drive, recipe_of, say

if TYPE_CHECKING:
    from napari_ovseg.datasets import DataSet
    from napari_ovseg.recipe import Recipe

_SEVERAL = ("preset", "backbone", "method", "guide")


def add_evaluate(commands: Any) -> None:
    """Add ``evaluate`` to the parser of ``ovseg``."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure recipes on pictures with masks",
        epilog=f"{', '.join('--' + o for o in _SEVERAL)} may name several, separated by commas: "
        "then one table has a column for each, and the share of pixels labelled as in the first.",
    )
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("dataset", type=Path, metavar="DATASET_DIR")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    add_recipe(evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    from napari_ovseg._atomic import write_atomic
    from napari_ovseg.datasets import find_datasets
    from napari_ovseg.evaluate import Agreement, evaluate_steps, report

    names, recipes = _recipes(args)
    sets = find_datasets(args.dataset)
    if args.json:
        check_writable(args.json)
    results: list[dict[str, dict[str, Any]]] = [{} for _ in recipes]
    say(_HEADER if len(recipes) == 1 else _row("mIoU", names, names))
    for data in sets:
        first = Agreement() if len(recipes) > 1 else None
        for name, recipe, result in zip(names, recipes, results, strict=True):
            steps = evaluate_steps(data, recipe, args.device, first)
            result[data.name] = drive(steps, f"{data.name}, {name}")
            if args.json:
                text = json.dumps(report(recipes, results), indent=1, allow_nan=False)
                write_atomic(args.json, text.encode())
        found = [result[data.name] for result in results]
        _show(data, found, names)
        for note in dict.fromkeys(note for figures in found for note in figures["notes"]):
            say(f"  {note}")
    return 0


_HEADER = f"{'data set':<36} {'mIoU':>6} {'95 %':>13} {'accuracy':>8} {'images':>6} {'seconds':>8}"


def _show(data: DataSet, found: list[dict[str, Any]], names: list[str]) -> None:
    if len(found) == 1:
        figures = found[0]
        low, high = figures["interval"]
        say(
            f"{data.name:<36} {figures['miou']:6.3f}  {low:.3f}-{high:.3f} "
            f"{figures['pixel_accuracy']:8.3f} "
            f"{figures['n_images']:6d} {figures['seconds']:8.1f}"
        )
        return
    say(_row(data.name, [f"{figures['miou']:.3f}" for figures in found], names))
    say(_row("  95 %", ["{:.3f}-{:.3f}".format(*f["interval"]) for f in found], names))
    say(_row("  labelled as in the first", [f"{f['agreement']:.1%}" for f in found], names))


def _row(first: str, cells: list[str], names: list[str]) -> str:
    widths = [max(12, len(name)) for name in names]
    return f"{first:<36} " + " ".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))


def _recipes(args: argparse.Namespace) -> tuple[list[str], list[Recipe]]:
    """Every combination of what is named, and what to call it: the options that differ."""
    given = {o: [t.strip() for t in (getattr(args, o) or "").split(",")] for o in _SEVERAL}
    names, recipes = [], []
    for values in product(*given.values()):
        chosen = dict(zip(_SEVERAL, values, strict=True))
        recipe = recipe_of(argparse.Namespace(**{**vars(args), **chosen}))
        varied = [v for o, v in chosen.items() if len(given[o]) > 1]
        names.append("/".join(varied) or recipe.method.name)
        recipes.append(recipe)
    return names, recipes
