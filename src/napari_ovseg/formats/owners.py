"""Who decided each pixel, as JSON in a format's free metadata."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.labels import Owner


def packed(ids: np.ndarray, owner: np.ndarray | None) -> dict[str, Any]:
    """Describe owners in JSON's types, as an entry ``owner``; nothing if they are not known.

    Parameters
    ----------
    ids : (..., H, W) uint16
        Category ids as they are written, in the order in which they come back.
    owner : (..., H, W) uint8 or None
        `Owner` of each of these pixels.

    Notes
    -----
    The checksum says which labels were decided: those that another program changes since have
    no known owner.
    """
    if owner is None:
        return {}
    pixels = zlib.compress(np.ascontiguousarray(owner, np.uint8).data)
    return {"owner": {"zlib": base64.b64encode(pixels).decode("ascii"), "ids": _checksum(ids)}}


def unpacked(entry: Any, ids: np.ndarray) -> np.ndarray | None:
    """Undo `packed`: owners of `ids`, or None if these are other labels than were written.

    Parameters
    ----------
    entry
        What `packed` keeps under ``owner``, or None.
    ids : (..., H, W) uint16
        Category ids as they came back.

    Raises
    ------
    InputError
        If the entry is damaged.
    """
    if entry is None:
        return None
    try:
        checksum, text = entry["ids"], entry["zlib"].encode("ascii")
        unpacking = zlib.decompressobj()
        # No more than is needed, whatever it would unpack to.
        pixels = unpacking.decompress(base64.b64decode(text, validate=True), ids.size + 1)
    except (AttributeError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise InputError(f"the owners of pixels in the file are damaged: {error!r}") from error
    if checksum != _checksum(ids):
        return None
    owner = np.frombuffer(pixels, np.uint8)
    if owner.size != ids.size or owner.max(initial=0) > max(Owner):
        raise InputError(
            f"the owners of pixels in the file are damaged: {ids.size} pixels, {owner.size} owners"
        )
    return owner.reshape(ids.shape).copy()


def _checksum(ids: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(ids, "<u2").data)
