"""Options that are files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def paths_of(given: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the paths of an option; one alone, as the command line gives it, will do."""
    if isinstance(given, (str, Path)):
        return (Path(given),) if str(given) else ()
    return tuple(map(Path, given))
