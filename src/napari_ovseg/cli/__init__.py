"""The command line ``ovseg``; asking it for help imports neither torch nor Qt."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING

from napari_ovseg._leftovers import sweep_dead
from napari_ovseg.cli._define import add_define
from napari_ovseg.cli._evaluate import add_evaluate
from napari_ovseg.cli._export import add_export
from napari_ovseg.cli._lists import add_lists
from napari_ovseg.cli._models import add_models
from napari_ovseg.cli._segment import add_segment
from napari_ovseg.cli._shared import BAD_INPUT, say
from napari_ovseg.errors import MissingDependencyError, OvsegError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED, CLOSED = 130, 141
"""Exit codes of programs that Ctrl-C ends, and of those whose output nobody reads any more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``ovseg``; returns the exit code: 0, or 2 with one line on stderr for bad input."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot print is spelt
            stream.reconfigure(errors="backslashreplace")
    args = parser().parse_args(arguments)
    sweep_dead()
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except OvsegError as error:
        say(f"ovseg: {error}", error=True)
        return BAD_INPUT
    except KeyboardInterrupt:
        say("ovseg: interrupted; files already written are complete", error=True)
        return INTERRUPTED
    except BrokenPipeError:  # as of `ovseg vocabularies | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at its end
        return CLOSED
    except OSError as error:  # as of a folder in which nobody may look
        say(f"ovseg: {error}", error=True)
        return BAD_INPUT


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    made = argparse.ArgumentParser(prog="ovseg", description="Label images by your own words.")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_segment, add_export, add_evaluate, add_define, add_models, add_lists):
        add(commands)
    demo = commands.add_parser("demo", help="open napari with a labelled photograph")
    demo.set_defaults(command=_demo)
    demo.add_argument("--headless", action="store_true", help="leave pictures in demo/ and close")
    return made


def _demo(args: argparse.Namespace) -> int:
    from napari_ovseg._optional import require

    demo = require("napari_ovseg.gui.demo", extra="all", purpose="the demo")
    try:
        demo.main(headless=args.headless, say=say)
    except ImportError as error:
        raise MissingDependencyError(
            f"the demo opens napari, which is not installed ({error}); "
            "install it with: pip install 'napari-ovseg[all]'"
        ) from error
    return 0
