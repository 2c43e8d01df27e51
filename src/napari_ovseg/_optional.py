"""Import an optional library, or say which extra brings it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from napari_ovseg.errors import MissingDependencyError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingDependencyError` that names the extra to install."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs the library {module!r}, which is not installed ({error}); "
            f"install it with: pip install 'napari-ovseg[{extra}]'"
        ) from error
