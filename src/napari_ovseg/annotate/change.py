"""What a step of work replaced, packed small enough to be kept a hundred times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numcodecs import Blosc

if TYPE_CHECKING:
    from napari_ovseg.annotate.box import Box

_CODEC = Blosc("zstd", 1, Blosc.SHUFFLE)


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """Pixels of a box that were changed, with the ids and owners they hold on the other side.

    Attributes
    ----------
    box
        Where, on all axes.
    changed : packed bool
        Which pixels of the box.
    ids, owner : packed
        What they held; 0 at pixels that did not change, which are never written back.
    dtype
        Of the ids.
    """

    box: Box
    changed: bytes
    ids: bytes
    owner: bytes
    dtype: str

    @classmethod
    def pack(cls, box: Box, changed: np.ndarray, ids: np.ndarray, owner: np.ndarray) -> Change:
        """Keep `ids` and `owner` of a box (its shape each) where `changed`."""
        return cls(
            box,
            _CODEC.encode(np.packbits(changed)),
            _CODEC.encode(np.where(changed, ids, ids.dtype.type(0))),
            _CODEC.encode(np.where(changed, owner, np.uint8(0))),
            ids.dtype.str,
        )

    def unpack(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return changed (bool), ids and owner (uint8), each of the shape of the box."""
        shape = tuple(s.stop - s.start for s in self.box)
        bits = np.frombuffer(_CODEC.decode(self.changed), np.uint8)
        changed = np.unpackbits(bits, count=int(np.prod(shape))).astype(bool)
        ids = np.frombuffer(_CODEC.decode(self.ids), self.dtype)
        owner = np.frombuffer(_CODEC.decode(self.owner), np.uint8)
        return changed.reshape(shape), ids.reshape(shape), owner.reshape(shape)

    @property
    def nbytes(self) -> int:
        """Memory it takes, bytes."""
        return len(self.changed) + len(self.ids) + len(self.owner)
