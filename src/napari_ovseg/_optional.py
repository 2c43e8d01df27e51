"""Import an optional library, or say which extra brings it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from napari_ovseg.errors import MissingDependencyError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingDependencyError` that names the extra to install."""
    try:
        return import_module(module)
    except ImportError as error:
        raise _missing(module, extra, purpose, f" ({error})") from error


def require_installed(module: str, *, extra: str, purpose: str) -> None:
    """Raise as `require` does, without the time that an import takes."""
    if find_spec(module) is None:
        raise _missing(module, extra, purpose)


def _missing(module: str, extra: str, purpose: str, why: str = "") -> MissingDependencyError:
    return MissingDependencyError(
        f"{purpose} needs the library {module!r}, which is not installed{why}; "
        f"install it with: pip install 'napari-ovseg[{extra}]'"
    )
