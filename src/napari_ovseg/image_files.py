"""Images from files: TIFF with its axes and pixel size, and all that Pillow reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.image import Grid, Image


def open_image(path: str | Path) -> Image:
    """Open a picture file: TIFF through tifffile (with its axes and pixel size), else Pillow.

    Raises
    ------
    ImageError
        If there is no such file or it is not a picture.
    """
    path = Path(path)
    try:
        if path.suffix.lower() in {".tif", ".tiff"}:
            return _open_tiff(path)
        from PIL import Image as Pillow

        with Pillow.open(path) as picture:
            plain = picture.mode in {"L", "RGB", "I", "I;16", "I;16B", "F"}
            return Image.of(np.asarray(picture if plain else picture.convert("RGB")), path.stem)
    except ImageError:
        raise
    except Exception as error:
        raise ImageError(f"cannot read {str(path)!r} as an image: {error}") from error


def _open_tiff(path: Path) -> Image:
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        axes = series.axes.lower()
        array = series.asarray()
        rgb = axes.endswith("s") and array.shape[-1] in (3, 4)
        grid_axes = tuple(axes[:-1] if rgb else axes)
        spacing, units = _tiff_calibration(file, grid_axes)
        names = _channel_names(file)
    if len(grid_axes) < 2:
        return Image.of(array, path.stem)
    grid = Grid.regular(len(grid_axes), spacing, grid_axes, units)
    return Image((array,), rgb, grid, path.stem.removesuffix(".ome"), () if rgb else names)


def _channel_names(file: Any) -> tuple[str, ...]:
    """Read the channels' names of OME metadata; none where there are none."""
    import xml.etree.ElementTree as ET

    found = ET.fromstring(file.ome_metadata).iterfind(".//{*}Channel") if file.ome_metadata else ()
    names = tuple(str(channel.get("Name", "")) for channel in found)
    return names if all(names) else ()


def _tiff_calibration(file: Any, axes: tuple[str, ...]) -> tuple[list[float], list[str]]:
    """Read the pixel size of OME or ImageJ metadata; 1 pixel where there is none."""
    import xml.etree.ElementTree as ET

    spacing, units = [1.0] * len(axes), ["pixel"] * len(axes)
    if file.ome_metadata:
        pixels = ET.fromstring(file.ome_metadata).find(".//{*}Pixels")
        for i, axis in enumerate(axes):
            size = None if pixels is None else pixels.get(f"PhysicalSize{axis.upper()}")
            if pixels is not None and size is not None:
                spacing[i] = float(size)
                units[i] = pixels.get(f"PhysicalSize{axis.upper()}Unit", "µm")
    return spacing, units
