"""Images from files: TIFF with its axes and pixel size, and all that Pillow reads."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.grid import MICROMETRE, Grid
from napari_ovseg.image import Image

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
        if path.suffix.lower() in {".tif", ".tiff"}:
            return _open_tiff(path, indexed)
        from PIL import Image as Pillow

        with Pillow.open(path) as picture:
            _refuse_deep_colours(picture, path.name)
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


def _turn(picture: Any) -> None:
    """Turn a picture of Pillow in place, as cameras ask for; damaged EXIF asks for nothing."""
    from PIL import ImageOps

    with suppress(Exception):  # whatever is wrong with the pixels is told when they are taken
        ImageOps.exif_transpose(picture, in_place=True)


def _open_tiff(path: Path, indexed: bool) -> Image:
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        kind = series.keyframe.photometric
        if kind == tifffile.PHOTOMETRIC.SEPARATED:
            raise ImageError(f"{path.name!r} holds colours of print (CMYK); save it as RGB")
        array, axes = _samples_last(series.asarray(), series.axes.lower(), path.name)
        palette = series.keyframe.colormap
        if kind == tifffile.PHOTOMETRIC.PALETTE and palette is not None and not indexed:
            array, axes = _coloured(array, palette), f"{axes}s"
        rgb = axes.endswith("s")
        grid_axes = tuple(axes.removesuffix("s"))
        spacing, units = _tiff_calibration(file, grid_axes)
        names = _channel_names(file)
    if kind == tifffile.PHOTOMETRIC.MINISWHITE and not indexed and array.dtype.kind in "bu":
        array = np.invert(array)
    if len(grid_axes) < 2:
        return Image.of(array, path.stem)
    grid = Grid.regular(len(grid_axes), spacing, grid_axes, units)
    return Image((array,), rgb, grid, path.stem.removesuffix(".ome"), () if rgb else names)


def _coloured(numbers: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Give numbers (...) the colours of a TIFF's palette (3, n): (..., 3) uint8."""
    deep = palette.max() > 255  # as the format asks for; some programs write 8 bit
    table = (palette >> 8 if deep else palette).astype(np.uint8)
    index = numbers.astype(np.uint8) if numbers.dtype == bool else numbers  # of 1 bit
    colours: np.ndarray = table.T[index]
    return colours


def _samples_last(array: np.ndarray, axes: str, name: str) -> tuple[np.ndarray, str]:
    """Move the values of a pixel to the end, wherever they are kept; grey loses its alpha.

    Raises
    ------
    ImageError
        If there are more values than colours and alpha.
    """
    if "s" not in axes:
        return array, axes
    array, axes = np.moveaxis(array, axes.index("s"), -1), axes.replace("s", "")
    if (samples := array.shape[-1]) > 4:
        raise ImageError(
            f"a pixel of {name!r} holds {samples} values, neither grey nor colours; save them as "
            "channels, each a picture of its own"
        )
    return (array, f"{axes}s") if samples > 2 else (array[..., 0], axes)


def _channel_names(file: Any) -> tuple[str, ...]:
    """Read the channels' names of OME metadata; none where there are none."""
    import xml.etree.ElementTree as ET

    found = ET.fromstring(file.ome_metadata).iterfind(".//{*}Channel") if file.ome_metadata else ()
    names = tuple(str(channel.get("Name", "")) for channel in found)
    return names if all(names) else ()


def _tiff_calibration(file: Any, axes: tuple[str, ...]) -> tuple[list[float], list[str]]:
    """Read the pixel size of OME or ImageJ metadata; 1 pixel where there is none."""
    told = _ome_sizes(file.ome_metadata) if file.ome_metadata else _imagej_sizes(file)
    sizes = [told.get(axis, (1.0, "pixel")) for axis in axes]
    return [size for size, _ in sizes], [unit for _, unit in sizes]


def _ome_sizes(xml: str) -> dict[str, tuple[float, str]]:
    """Size and unit by axis."""
    import xml.etree.ElementTree as ET

    pixels = ET.fromstring(xml).find(".//{*}Pixels")
    told = {} if pixels is None else pixels.attrib
    keys = {axis: f"PhysicalSize{axis.upper()}" for axis in "zyx"}
    return {
        axis: (float(told[key]), told.get(f"{key}Unit", "µm"))
        for axis, key in keys.items()
        if 0 < float(told.get(key, 0)) < math.inf
    }


def _imagej_sizes(file: Any) -> dict[str, tuple[float, str]]:
    """Size and unit by axis; without a unit of length its resolution is that of a printer."""
    told, tags = file.imagej_metadata or {}, file.pages.first.tags
    sizes = {"z": told.get("spacing")}
    for axis, tag in (("y", "YResolution"), ("x", "XResolution")):
        pixels, length = tags.valueof(tag, (0, 1))
        sizes[axis] = length / pixels if pixels else None
    units = {axis: _unescaped(str(told.get(f"{axis}unit", told.get("unit")))) for axis in sizes}
    return {
        axis: (float(size), units[axis])
        for axis, size in sizes.items()
        if isinstance(size, int | float)
        and 0 < size < math.inf
        and units[axis].casefold() in MICROMETRE
    }


def _unescaped(text: str) -> str:
    """Undo what ImageJ writes for characters beyond ASCII: four digits after a backslash."""
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda code: chr(int(code[1], 16)), text)
