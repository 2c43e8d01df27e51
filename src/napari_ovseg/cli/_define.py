"""The command ``ovseg define``: definitions from a language model on this machine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import add_words, check_writable, drive, say, vocabulary_of

if TYPE_CHECKING:
    import argparse


def add_define(commands: Any) -> None:
    """Add ``define`` to the parser of ``ovseg``."""
    define = commands.add_parser(
        "define", help="let a language model on this machine define words that nobody has defined"
    )
    define.set_defaults(command=_define)
    add_words(define)
    define.add_argument("--model", required=True, help="what its server calls it: llama3.2")
    define.add_argument("--server", help="address up to /v1, on this machine; ollama's otherwise")
    define.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")


def _define(args: argparse.Namespace) -> int:
    from napari_ovseg.definitions import SERVER, LocalModel, define_steps
    from napari_ovseg.vocabulary_files import save_vocabulary

    check_writable(args.output)
    model = LocalModel(args.model, args.server or SERVER)
    before = vocabulary_of(args)
    with TemporaryDirectory() as folder:  # what the file cannot hold is said before the work
        save_vocabulary(before, Path(folder) / args.output.name)
    after = drive(define_steps(before, model), args.model)
    save_vocabulary(after, args.output)
    for old, new in zip(before, after, strict=True):
        if new.definition != old.definition:
            say(f"{new.name}: {new.definition}")
    say(f"wrote {args.output}; read the definitions before you use them")
    return 0
