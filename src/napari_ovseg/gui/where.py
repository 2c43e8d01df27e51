"""Where a run writes: everywhere, in what is in view, or inside of shapes that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Shapes
from PIL import Image as Picture
from PIL import ImageDraw

from napari_ovseg.errors import InputError
from napari_ovseg.gui.layers import image_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer

EVERYWHERE, VIEW, SHAPES = "everywhere", "what is in view", "the shapes drawn"
PLACES = (EVERYWHERE, VIEW, SHAPES)
Plane = tuple[int, ...]


def where_to(
    place: str, viewer: ViewerModel, layer: ImageLayer, planes: Sequence[Plane]
) -> dict[Plane, np.ndarray | None]:
    """Return where of planes of a picture a run may write: (H, W) bool, None for everywhere.

    Planes that have nothing are left out. Many share an array.

    Parameters
    ----------
    place
        One of `PLACES`.

    Raises
    ------
    InputError
        If nothing is in view, or no shape lies on any of the planes.
    """
    if place == EVERYWHERE:
        return dict.fromkeys(planes)
    if place == VIEW:
        if not (seen := _in_view(layer)).any():
            raise InputError("nothing of the picture is in view; zoom to it")
        return dict.fromkeys(planes, seen)
    of_plane, of_all = _in_shapes(viewer, layer)
    found: dict[Plane, np.ndarray | None] = {
        plane: of_all | of_plane[plane] if plane in of_plane else of_all
        for plane in planes
        if plane in of_plane or of_all.any()
    }
    if not found:
        raise InputError(
            "no shape lies on the picture; draw one in a shapes layer, or write everywhere"
        )
    return found


def _in_view(layer: ImageLayer) -> np.ndarray:
    shape = image_of(layer).shape[-2:]
    where = np.zeros(shape, bool)
    corners = np.asarray(layer.corner_pixels)[:, layer.ndim - 2 : layer.ndim]
    # Of a pyramid the corners are those of the level that is drawn.
    level = layer.level_shapes[layer.data_level][-2:] if layer.multiscale else shape
    low, high = corners[0], corners[1] + 1
    scale = np.divide(shape, level)
    (top, left), (bottom, right) = np.floor(low * scale), np.ceil(high * scale)
    where[max(int(top), 0) : max(int(bottom), 0), max(int(left), 0) : max(int(right), 0)] = True
    return where


def _in_shapes(
    viewer: ViewerModel, layer: ImageLayer
) -> tuple[dict[Plane, np.ndarray], np.ndarray]:
    """Fill the shapes that are shown: by the plane that they were drawn on, and those of all."""
    shape = image_of(layer).shape[-2:]
    of_plane: dict[Plane, np.ndarray] = {}
    of_all = np.zeros(shape, bool)
    for shapes in (each for each in viewer.layers if isinstance(each, Shapes) and each.visible):
        for corners, kind in zip(shapes.data, shapes.shape_type, strict=True):
            if kind in {"line", "path"}:  # which enclose nothing
                continue
            outline = np.asarray(corners, float)
            if kind == "ellipse":
                outline = _round(outline)
            placed = np.array([layer.world_to_data(shapes.data_to_world(c)) for c in outline])
            inside = _filled(shape, placed[:, -2:])
            if not inside.any():
                continue
            # A layer of fewer axes is seen on every slice.
            lead = placed[:, :-2] if shapes.ndim >= layer.ndim else placed[:, :0]
            plane = tuple(int(place) for place in np.rint(lead.mean(0)))
            if plane:
                of_plane[plane] = of_plane.get(plane, False) | inside
            else:
                of_all |= inside
    return of_plane, of_all


def _filled(shape: tuple[int, ...], outline: np.ndarray) -> np.ndarray:
    """Fill an outline (N, 2) of rows and columns; Pillow does so a hundred times faster."""
    height, width = shape
    canvas = Picture.new("1", (width, height))
    low, high = outline.min(0), outline.max(0)  # NaN meets nothing
    if len(outline) > 2 and (high >= 0).all() and (low < shape).all():
        ImageDraw.Draw(canvas).polygon([tuple(point) for point in outline[:, ::-1]], fill=1)
    return np.asarray(canvas)


def _round(box: np.ndarray, count: int = 64) -> np.ndarray:
    """Turn the four corners around an ellipse into points on it."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    centre = box.mean(0)
    across, along = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    points: np.ndarray = centre + np.cos(turn) * across + np.sin(turn) * along
    return points
