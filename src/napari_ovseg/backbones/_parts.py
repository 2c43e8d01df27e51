"""Single files of open_clip, without all that the package brings along (decision 23)."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


@cache
def part(name: str) -> ModuleType:
    """Import ``open_clip.NAME``, which is taken for itself where it needs nothing of the package.

    Raises
    ------
    ImportError
        If open_clip is not installed, or has no such file.
    """
    package = None if "open_clip" in sys.modules else find_spec("open_clip")
    if package is not None and package.origin:
        file = Path(package.origin).with_name(f"{name}.py")
        spec = spec_from_file_location(f"open_clip_{name}", file)
        if spec is not None and spec.loader is not None and file.is_file():
            module = module_from_spec(spec)
            try:
                spec.loader.exec_module(module)
            except ImportError:  # another version of it may need the package
                return import_module(f"open_clip.{name}")
            return module
    return import_module(f"open_clip.{name}")
