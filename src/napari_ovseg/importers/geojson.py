"""GeoJSON of QuPath or our own: areas with a classification."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_ovseg.errors import InputError
from napari_ovseg.formats.owners import unpacked
from napari_ovseg.grid import Grid
from napari_ovseg.importers._base import Importer
from napari_ovseg.importers._found import image_shape
from napari_ovseg.importers._history import History, history_of, known_categories, vocabulary_of
from napari_ovseg.importers._json import (
    hex_colour,
    is_marked,
    load_json,
    member,
    numbers,
    typed,
)
from napari_ovseg.importers._runs import paint, runs_of_rings
from napari_ovseg.labels import Annotation, LabelMap
from napari_ovseg.vocabulary import MAX_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_ovseg.vocabulary import Category


@dataclass(frozen=True)
class GeoJSON(Importer):
    """Polygons in pixels from the image's top left corner, as QuPath exports them.

    A classification is a category. Its id is that of our own file, or else the next one above
    those, from 1 again after the last, in order of appearance. Features without an area or
    without a classification label nothing. Where areas overlap the smaller is on top.

    Attributes
    ----------
    shape
        Height and width of the image. By default those our own files tell, or else up to
        the last pixel that an area reaches.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".geojson",)
    shape: tuple[int, int] | None = None

    def read(self, path: Path) -> Annotation:
        """See `Importer.read`."""
        content = load_json(path)
        table = content if isinstance(content, dict) else {}
        features = list(_features(content))
        history = history_of(table, self.shape)
        stem = path.name[: -len(self.suffixes[0])] or path.name
        if history is None:
            shape = image_shape(self.shape or _extent(features), path.name)
            history = History(stem, shape, (), Grid.regular(2))
        history = history.alone(stem)
        rows = _rows(features, known_categories(table))
        if not rows:
            raise InputError(f"{path.name!r} holds no area with a classification")
        vocabulary, _ = vocabulary_of(rows, known_categories(table))
        ids = {name: number for number, name, _ in rows}
        shape = (history.shape[0], history.shape[1])
        regions = [(ids[f.name], runs_of_rings(f.rings, shape)) for f in features]
        painted = paint(regions, shape)
        labels, owner = (
            LabelMap(painted, vocabulary, history.grid),
            unpacked(history.owners, painted),
        )
        return Annotation(history.name, labels, owner, history.provenance)

    def owns(self, path: Path) -> bool:
        """See `Importer.owns`."""
        return is_marked(path)


@dataclass(frozen=True, eq=False, slots=True)
class _Area:
    """A polygon with the name and colour of its classification."""

    name: str
    colour: str
    rings: list[np.ndarray]


def _features(content: Any) -> Iterator[_Area]:
    """Yield the classified polygons of a collection, of a list of features, or of one."""
    if isinstance(content, dict) and content.get("type") == "FeatureCollection":
        content = member(content, "features", list, "a collection")
    for feature in content if isinstance(content, list) else [content]:
        properties, geometry = (
            typed(typed(feature, dict, "a feature").get(key) or {}, dict, f"the {key}")
            for key in ("properties", "geometry")
        )
        classification = properties.get("classification")
        if classification is None or geometry.get("type") not in ("Polygon", "MultiPolygon"):
            continue
        name, colour = _classified(classification)
        polygons = member(geometry, "coordinates", list, "a geometry")
        for polygon in polygons if geometry["type"] == "MultiPolygon" else [polygons]:
            rings = [_ring(points) for points in typed(polygon, list, "a polygon")]
            if rings:
                yield _Area(name, colour, rings)


def _classified(classification: Any) -> tuple[str, str]:
    """Name and colour; a class of QuPath that is derived from others has a list of names."""
    if isinstance(classification, str):
        return classification, ""
    told = typed(classification, dict, "a classification")
    colour = hex_colour(told.get("color", told.get("colorRGB")))  # as older versions tell it
    if "name" in classification or "names" not in classification:
        return member(classification, "name", str, "a classification"), colour
    names = member(classification, "names", list, "a classification")
    return ": ".join(typed(name, str, "each of the names") for name in names), colour


def _ring(points: Any) -> np.ndarray:
    pairs = [typed(point, list, "a point")[:2] for point in typed(points, list, "a ring")]
    if len(pairs) < 3 or any(len(pair) < 2 for pair in pairs):
        raise InputError(f"a ring needs three points with x and y or more, got {len(pairs)}")
    return numbers([value for pair in pairs for value in pair], "a ring").reshape(-1, 2)


def _extent(areas: list[_Area]) -> tuple[int, int]:
    """Height and width up to the last pixel that an area reaches."""
    if not areas:
        return 1, 1
    right, bottom = np.max([ring.max(axis=0) for area in areas for ring in area.rings], axis=0)
    return max(int(np.ceil(bottom)), 1), max(int(np.ceil(right)), 1)


def _rows(areas: list[_Area], known: dict[int, Category]) -> list[tuple[int, str, str]]:
    """Ids, names and colours: those we know first, then the others as they appear."""
    colours = {area.name: area.colour for area in reversed(areas)}
    ids = {c.name: c.id for c in known.values()}
    above = range(max(known, default=0) + 1, MAX_ID + 1)
    free = (number for number in chain(above, count(1)) if number not in known)
    for area in areas:
        if area.name not in ids:
            ids[area.name] = next(free)
    return [(number, name, colours.get(name, "")) for name, number in ids.items()]
