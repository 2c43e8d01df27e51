"""Where to compute, and what to do when memory runs out."""

from __future__ import annotations

import gc
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from napari_ovseg.errors import ComputeError, OutOfMemoryError, OvsegError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from napari_ovseg.progress import Steps

R = TypeVar("R")
P = ParamSpec("P")

_MEMORY_WORDS = (
    "out of memory", "not enough memory", "can't allocate", "cannot allocate memory",
    "failed to allocate", "invalid buffer size", "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)  # fmt: skip
"""What errors of torch, CUDA, Metal and the system say where memory ran out, in small letters."""


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of a name: ``auto`` takes cuda, then mps, then cpu.

    Raises
    ------
    RecipeError
        If the device is unknown or not there.
    """
    import torch

    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, present in there.items() if present))
    kind = name.partition(":")[0]
    if not there.get(kind, False):
        present = ", ".join(k for k, yes in there.items() if yes)
        raise RecipeError(f"there is no device {name!r} here; use auto or one of: {present}")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """Name a device in one line, with its memory where it has its own."""
    import torch

    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    return "Apple GPU (MPS)" if device.type == "mps" else f"CPU, {torch.get_num_threads()} threads"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python means that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error).lower() for w in _MEMORY_WORDS)


def translated(error: BaseException, doing: str) -> OvsegError:
    """Turn an error of torch into one of ours that says what was being done."""
    if isinstance(error, OvsegError):
        return error
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"memory ran out while {doing}; choose a smaller working size or the device cpu"
        )
    return ComputeError(f"torch failed while {doing}: {type(error).__name__}: {error}")


def guarded(
    doing: str,
) -> Callable[[Callable[P, Steps[R]]], Callable[P, Steps[R]]]:
    """Decorate a generator function so that no ``RuntimeError`` of torch leaves it.

    Parameters
    ----------
    doing
        What to say was being done: "encoding the image".
    """

    def decorate(function: Callable[P, Steps[R]]) -> Callable[P, Steps[R]]:
        @wraps(function)
        def steps(*args: P.args, **kwargs: P.kwargs) -> Steps[R]:
            try:
                return (yield from function(*args, **kwargs))
            except (RuntimeError, MemoryError) as error:
                raise translated(error, doing) from error

        return steps

    return decorate


def free_memory() -> None:
    """Give cached device memory back."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
