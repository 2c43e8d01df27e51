"""Work on many entries in groups that fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ovseg.device import free_memory, is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from napari_ovseg.progress import Pauses

_NUMBERS = 1 << 21
"""Numbers in the largest temporary of a group: 8 MiB of float32."""


def in_groups(work: Callable[[Tensor], Tensor], x: Tensor, numbers: int) -> Pauses[Tensor]:
    """Do work that treats each entry of the first axis by itself, group by group.

    Parameters
    ----------
    work
        From (n, ...) to (n, ...).
    x : (N, ...)
    numbers
        In the largest temporary of one entry. Where memory runs out all the same, groups
        become half as large.
    """
    size, start = min(max(1, _NUMBERS // numbers), len(x)), 0
    result: Tensor | None = None
    while start < len(x):
        try:
            part = work(x[start : start + size])
            if result is None:
                result = part.new_empty(len(x), *part.shape[1:])
            result[start : start + len(part)] = part
            start += len(part)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or size == 1:
                raise
            size //= 2
        else:
            yield
            continue
        free_memory()  # outside of the except block: the exception would keep tensors alive
    return x if result is None else result
