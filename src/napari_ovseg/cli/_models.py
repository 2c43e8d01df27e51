"""The command ``ovseg models``: what encoders there are, and bringing them here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.cli._shared import drive, say
from napari_ovseg.errors import InputError

if TYPE_CHECKING:
    import argparse

NOT_OK = 1
_YES = "agree to what is shown, where there is no terminal to ask on"


def add_models(commands: Any) -> None:
    """Add ``models`` and its own commands to the parser of ``ovseg``."""
    models = commands.add_parser("models", help="list, fetch, import, verify, remove, pack")
    models.set_defaults(command=_list)
    kinds = models.add_subparsers(metavar="COMMAND")

    kinds.add_parser("list", help="all there are: size, licence, training data").set_defaults(
        command=_list
    )
    fetch = kinds.add_parser("fetch", help="download a model, or go on with it")
    bring = kinds.add_parser("import", help="take a model from a stick or a share")
    bring.set_defaults(command=_import)
    bring.add_argument("path", type=Path, metavar="PATH", help="folder, .zip, .pt or .pth")
    bring.add_argument("--name", help="what to call it")
    verify = kinds.add_parser("verify", help="hash the files again; 1 if any is not as it was")
    verify.set_defaults(command=_verify)
    verify.add_argument("name", nargs="?", metavar="NAME", help="all that are here if not given")
    remove = kinds.add_parser("remove", help="delete what was fetched or imported")
    for parser, command in ((fetch, _fetch), (remove, _remove)):
        parser.set_defaults(command=command)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--yes", action="store_true", help=_YES)
    pack = kinds.add_parser("pack", help="one file for a machine without internet")
    pack.set_defaults(command=_pack)
    pack.add_argument("name", metavar="NAME")
    pack.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.zip")


def _list(_: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    terms = "licence of the weights; training data"
    say(f"{'model':<44} {'size':>8} {'px/patch':>9} {'here':>5}  {terms}")
    for entry in manager.listing():
        here = "yes" if entry.here else "no"
        shape = f"{entry.pixels or '?'}/{entry.patch or '?'}"
        say(f"{entry.name:<44} {entry.megabytes:5.0f} MB {shape:>9} {here:>5}  {entry.terms}")
    return 0


def _fetch(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    offer = manager.offer(args.name)
    say(offer.summary)
    if not _agreed("Fetch it?", yes=args.yes):
        say("nothing was fetched")
        return NOT_OK
    try:
        folder = drive(manager.fetch_steps(offer), offer.name, unit="B")
    except KeyboardInterrupt:
        say("what has arrived is kept; the same command goes on from there", error=True)
        raise
    say(f"fetched to {folder}")
    return 0


def _import(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    name = drive(manager.import_steps(args.path, args.name), args.path.name, unit="B")
    say(f"imported; its name is {name}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    verdicts = drive(manager.verify_steps(args.name), "verify", unit="B")
    for verdict in verdicts:
        state = "no sha256 is known" if verdict.state == "unknown" else verdict.state
        say(f"{verdict.name:<44} {state}  {', '.join(verdict.files)}".rstrip())
    return NOT_OK if any(v.state in ("damaged", "missing") for v in verdicts) else 0


def _remove(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    removal = manager.removal(args.name)
    say(removal.summary)
    if not _agreed("Delete it?", yes=args.yes):
        say("nothing was deleted")
        return NOT_OK
    drive(manager.remove_steps(removal), removal.name, unit="B")
    say("removed")
    return 0


def _pack(args: argparse.Namespace) -> int:
    from napari_ovseg.backbones import manager

    if args.output.suffix != ".zip":
        raise InputError(f"{args.output.name!r} must end in .zip")
    target = drive(manager.pack_steps(args.name, args.output), args.name, unit="B")
    say(f"packed into {target}")
    return 0


def _agreed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal; without one nobody agrees but by ``--yes``."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to agree on; read the above, then add --yes")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")
