"""Weights that are published as a pickle, turned into safetensors without running its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from napari_ovseg._atomic import atomic_path
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

Tensors: TypeAlias = "dict[str, Tensor]"


def convert(pickled: Path, target: Path) -> None:
    """Write the tensors of a pickled checkpoint as safetensors; see `read_pickled`."""
    from safetensors.torch import save_file

    tensors = read_pickled(pickled)
    with atomic_path(target) as temporary:
        save_file(tensors, temporary)


def read_pickled(pickled: Path) -> Tensors:
    """Read the tensors of a pickled checkpoint, without running anything in it.

    Torch's restricted reader makes tensors and plain containers only; a file that names any
    other object is refused by it (decision 7).

    Parameters
    ----------
    pickled
        What ``torch.save`` wrote: tensors by name, maybe as ``state_dict`` or ``model`` of a
        training run.

    Returns
    -------
    dict
        Tensors of their own memory each: safetensors refuses those that share some.

    Raises
    ------
    WeightsError
        If the file is damaged, or holds anything but tensors by name.
    """
    import torch

    try:
        told: Any = torch.load(pickled, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"the pickled weights are damaged or hold more than tensors, and are not read "
            f"({type(error).__name__}); fetch or copy them again"
        ) from error
    for run in ("state_dict", "model"):
        told = told.get(run, told) if isinstance(told, dict) else None
    tensors = told if isinstance(told, dict) else None
    if not tensors or not all(isinstance(t, torch.Tensor) for t in tensors.values()):
        raise WeightsError("the pickled weights are no tensors by name; they are another model's")
    return {
        str(name).removeprefix("module."): t.clone().contiguous() for name, t in tensors.items()
    }
