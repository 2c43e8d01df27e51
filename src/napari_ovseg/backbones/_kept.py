"""Keep what was loaded last, because loading takes seconds."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from napari_ovseg.device import translated
from napari_ovseg.errors import OvsegError

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

M = TypeVar("M")
_KEEP = 2


class Kept(Generic[M]):
    """The last two that were loaded, by name and device.

    Parameters
    ----------
    what
        What to call them in errors: "the model".
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._loaded: dict[tuple[str, str, int], M] = {}
        self._lock = Lock()

    def get(self, name: str, device: torch.device, load: Callable[[str, torch.device], M]) -> M:
        """Return what was kept, or load it; errors of torch become ours."""
        key = (name, device.type, device.index or 0)  # "cuda" and "cuda:0" are one
        with self._lock:
            if key not in self._loaded:
                try:
                    new = load(name, device)
                except OvsegError:
                    raise
                except (RuntimeError, MemoryError) as error:
                    raise translated(error, f"loading {self._what} {name!r}") from error
                while len(self._loaded) >= _KEEP:
                    del self._loaded[next(iter(self._loaded))]
                self._loaded[key] = new
            return self._loaded[key]

    def forget(self, name: str) -> None:
        """Load it anew when it is asked for again: its files may be others then."""
        with self._lock:
            for key in [key for key in self._loaded if key[0] == name]:
                del self._loaded[key]
