"""Single files of open_clip, without all that the package brings along (decision 23)."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


_taking = RLock()


def part(name: str) -> ModuleType:
    """Import ``open_clip.NAME``, which is taken for itself where it needs nothing of the package.

    Raises
    ------
    ImportError
        If open_clip is not installed, or has no such file.
    """
    alone = f"napari_ovseg.backbones.open_clip_{name}"
    with _taking:
        if alone not in sys.modules and "open_clip" not in sys.modules:
            _take(name, alone)
        return sys.modules.get(alone) or import_module(f"open_clip.{name}")


def _take(name: str, alone: str) -> None:
    """Run the file as a module of that name, if it can be without its package."""
    package = find_spec("open_clip")
    if package is None or not package.origin:
        return
    spec = spec_from_file_location(alone, Path(package.origin).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        return
    sys.modules[alone] = module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, OSError):  # another version of it may need the package, or have no file
        del sys.modules[alone]
