"""The commands ``ovseg methods``, ``presets``, ``vocabularies`` and ``exporters``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import say

if TYPE_CHECKING:
    import argparse


def add_lists(commands: Any) -> None:
    """Add the lists to the parser of ``ovseg``."""
    lists = {
        "methods": _methods,
        "presets": _presets,
        "vocabularies": _vocabularies,
        "exporters": _exporters,
    }
    for name, command in lists.items():
        text = "list file formats" if name == "exporters" else f"list {name}"
        commands.add_parser(name, help=text).set_defaults(command=command)


def _methods(_: argparse.Namespace) -> int:
    from napari_ovseg.methods import METHODS

    for name in METHODS.names():
        method = METHODS.get(name)()
        needs = f"guide {method.default_guide}" if method.default_guide else ""
        cost = f"{method.passes} pass{'es' * (method.passes > 1)} per window"
        say(f"{name:<20} {cost:<20} {needs:<17} {method.source}")
    return 0


def _presets(_: argparse.Namespace) -> int:
    from napari_ovseg.presets import names, preset

    for name in names():
        recipe = preset(name)
        say(f"{name:<28} {recipe.method.name:<20} {recipe.guide}".rstrip())
    return 0


def _vocabularies(_: argparse.Namespace) -> int:
    from napari_ovseg.ready import ready, titles

    for domain, group in titles().items():
        for name, title in group.items():
            words = ", ".join(c.name for c in ready(name))
            say(f"{name:<26} {domain:<12} {title}: {words}")
    return 0


def _exporters(_: argparse.Namespace) -> int:
    from napari_ovseg.exporters import EXPORTERS

    for name in EXPORTERS.names():
        say(f"{name:<12} {(EXPORTERS.get(name).__doc__ or '').splitlines()[0]}")
    return 0
