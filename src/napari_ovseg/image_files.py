"""Images from files: TIFF with its axes and pixel size, and all that Pillow reads."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.image import Image
from napari_ovseg.tiff import is_tiff, open_tiff

_PLAIN = {"L", "RGB", "I", "I;16", "I;16B", "F"}
"""Modes of Pillow whose values are what is seen."""


def open_image(path: str | Path, *, indexed: bool = False) -> Image:
    """Open a picture file: TIFF through tifffile (with its axes and pixel size), else Pillow.

    What Pillow reads is turned as its EXIF says, so a photograph stands upright.

    Parameters
    ----------
    path
        Of the file.
    indexed
        Whether numbers are kept as masks need them: those of a palette, and not its colours,
        and those of a TIFF in which 0 is white.

    Raises
    ------
    ImageError
        If there is no such file or it is not a picture.
    """
    path = Path(path)
    try:
        if is_tiff(path):
            return open_tiff(path, indexed=indexed)
        from PIL import Image as Pillow

        with Pillow.open(path) as picture:
            _refuse_deep_colours(picture, path.name)
            _refuse_several(picture, path.name)
            _turn(picture)
            plain = picture.mode in _PLAIN or (indexed and picture.mode == "P")
            return Image.of(np.asarray(picture if plain else picture.convert("RGB")), path.stem)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"cannot read {str(path)!r} as an image: {error}") from error


def _refuse_deep_colours(picture: Any, name: str) -> None:
    """Raise `ImageError` for colours of 16 bit, of which Pillow would keep only the upper half."""
    raw = [tile[3] for tile in picture.tile]
    if picture.mode in {"RGB", "RGBA", "LA"} and any("16" in str(mode) for mode in raw):
        raise ImageError(f"the colours of {name!r} have 16 bit; save them as TIFF")


def _refuse_several(picture: Any, name: str) -> None:
    """Raise `ImageError` for pictures in a row; what cameras keep beside a photograph is none."""
    count = getattr(picture, "n_frames", 1)
    if count > 1 and picture.format in {"GIF", "PNG", "WEBP"}:
        raise ImageError(f"{name!r} holds {count} pictures in a row; save them as a TIFF stack")


def _turn(picture: Any) -> None:
    """Turn a picture of Pillow in place, as cameras ask for; damaged EXIF asks for nothing."""
    from PIL import ImageOps

    with suppress(Exception):  # whatever is wrong with the pixels is told when they are taken
        ImageOps.exif_transpose(picture, in_place=True)
