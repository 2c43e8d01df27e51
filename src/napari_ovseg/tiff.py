"""TIFF of any program: its axes, pixel size, channels' names and colours."""

from __future__ import annotations

import logging
import math
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.grid import MICROMETRE, Grid
from napari_ovseg.image import Image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAGIC = {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}
"""First bytes of TIFF and BigTIFF, little and big endian."""
_OF_ANYTHING = {"generic", "uniform", "shaped", "ome"}
"""Kinds of files, as tifffile calls them, whose further pictures are no slide's previews."""
_PAGED = {"generic", "uniform"}
"""Those whose pages are grouped by their compression, too."""
_PREVIEW = re.compile("label|macro|thumb|overview|preview", re.IGNORECASE)
_CUT = re.compile(r"invalid (page offset|offset to)|corrupted tag list of page")
"""What tifffile notes where a page that should follow is not there."""


def is_tiff(path: Path) -> bool:
    """Tell a TIFF by its first bytes: microscopes call theirs ``.lsm``, ``.stk``, ``.btf`` ..."""
    with path.open("rb") as file:
        return file.read(4) in _MAGIC


def open_tiff(path: Path, *, indexed: bool = False) -> Image:
    """Open all pictures of a TIFF that are of one size, with axes and pixel size.

    Parameters
    ----------
    path
        Of the file.
    indexed
        Whether numbers are kept, see `open_image`.

    Raises
    ------
    ImageError
        If it is cut off, or holds what is no grey or colours, or pictures of several sizes.
    """
    import tifffile

    with _whole(path.name), tifffile.TiffFile(path) as file:
        several, series = pictures_of(file, path.name), file.series[0]
        kind = series.keyframe.photometric
        if kind == tifffile.PHOTOMETRIC.SEPARATED:
            raise ImageError(f"{path.name!r} holds colours of print (CMYK); save it as RGB")
        array, axes = _samples_last(*_stacked(several), path.name)
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


def pictures_of(file: Any, name: str) -> list[Any]:
    """Return the pictures of a file that is open in tifffile: all that are like the first.

    Several that were written one by one are pages, in their order, and else series.

    Raises
    ------
    ImageError
        If there are others besides, which are neither smaller copies nor previews.
    """
    first, *others = file.series
    paged = first.kind in _PAGED
    others = [each for each in others if not _is_shown_besides(each)]
    alike = [each for each in others if _form(each, paged) == _form(first, paged)]
    strange = [each for each in others if each not in alike and not _is_level(each, first)]
    if strange and first.kind in _OF_ANYTHING:
        sizes = " and ".join(str(each.shape) for each in (first, strange[0]))
        raise ImageError(
            f"{name!r} holds {len(file.series)} pictures of several kinds, as {sizes}; save each "
            "as a file of its own"
        )
    if alike and paged:
        pages = [page.aspage() for each in (first, *alike) for page in each.pages]
        return sorted(pages, key=lambda page: page.index)
    return [first, *alike]


def _stacked(pictures: list[Any]) -> tuple[np.ndarray, str]:
    """Read pictures into one array; its axes in lower case."""
    first, axes = pictures[0], pictures[0].axes.lower()
    if len(pictures) == 1:
        return first.asarray(), axes
    stack = np.empty((len(pictures), *first.shape), first.dtype)
    for place, picture in enumerate(pictures):
        stack[place] = picture.asarray()
    return stack, ("q" if "i" in axes else "i") + axes


def _form(series: Any, paged: bool) -> tuple[Any, ...]:
    of = series.keyframe if paged else series
    return of.shape, of.axes, of.dtype, series.keyframe.photometric


def _is_shown_besides(series: Any) -> bool:
    """Whether a picture is a smaller copy, a mask, or what a scanner or program shows besides."""
    page = series.keyframe
    return bool(page.is_reduced or page.is_mask or _PREVIEW.search(series.name or ""))


def _is_level(series: Any, of: Any) -> bool:
    """Whether a picture is as much smaller than another along rows as along columns."""
    sides = [(other.keyframe.imagelength, other.keyframe.imagewidth) for other in (of, series)]
    rows, columns = (large / small for large, small in zip(*sides, strict=True))
    return bool(rows >= 1.5 and math.isclose(rows, columns, rel_tol=0.05))


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """Raise `ImageError` where tifffile only notes that pages are missing at the end."""
    told, thread = [], threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and _CUT.search(record.getMessage()):
                told.append(record.getMessage())

    listener, logger = Listener(logging.WARNING), logging.getLogger("tifffile")
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)
    if told:
        raise ImageError(f"{name!r} is not whole: {told[0]}; copy it anew")


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
