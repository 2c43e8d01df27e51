"""What the window of models has done on a worker's thread; `Runner` adds `stop` to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ovseg.gui.preload import import_engine, window_first
from napari_ovseg.progress import Progress, Steps, Stop

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.backbones.catalogue import Entry
    from napari_ovseg.backbones.manager import Offer, Removal, Verdict


def _imported() -> Steps[None]:
    yield Progress("looking", 0, 1)
    with window_first():
        import_engine()


def list_steps(_: Stop) -> Steps[list[Entry]]:
    """List all models there are."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return manager.listing()


def offer_steps(name: str, _: Stop) -> Steps[Offer]:
    """Say what a fetch would bring; asks nobody."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return manager.offer(name)


def fetch_steps(agreed: Offer, _: Stop) -> Steps[str]:
    """Fetch what was agreed to; its name."""
    from napari_ovseg.backbones import manager

    yield from manager.fetch_steps(agreed)
    return agreed.name


def import_steps(path: Path, _: Stop) -> Steps[str]:
    """Import a folder or a file; its name."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return (yield from manager.import_steps(path))


def verify_steps(name: str | None, _: Stop) -> Steps[list[Verdict]]:
    """Hash the files of one model, or of all that are here."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return (yield from manager.verify_steps(name))


def removal_steps(name: str, _: Stop) -> Steps[Removal]:
    """Say what removing a model would delete."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return manager.removal(name)


def remove_steps(agreed: Removal, _: Stop) -> Steps[str]:
    """Delete what was agreed to; its name."""
    from napari_ovseg.backbones import manager

    yield from manager.remove_steps(agreed)
    return agreed.name


def pack_steps(name: str, target: Path, _: Stop) -> Steps[Path]:
    """Write a model as one file."""
    yield from _imported()
    from napari_ovseg.backbones import manager

    return (yield from manager.pack_steps(name, target))
