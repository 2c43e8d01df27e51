"""GeoJSON as QuPath reads it: a feature per object, with classification and holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from napari_ovseg._atomic import write_atomic
from napari_ovseg._colours import rgb
from napari_ovseg.errors import RecipeError
from napari_ovseg.exporters._lost import lost_in_pictures
from napari_ovseg.exporters._pictures import (
    PictureExporter,
    json_bytes,
    pictures_of,
)
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.record import KEY

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.labels import Annotation

ObjectType = Literal["annotation", "detection"]


@dataclass(frozen=True)
class GeoJSON(PictureExporter):
    """One ``NAME.geojson`` per picture, in pixels of the image from its top left corner.

    Each thing is a feature of its own; stuff is one feature, a ``MultiPolygon`` where it
    has several parts. Drag the file onto the image in QuPath. A name with a colon, like
    ``tumor: necrosis``, is a subclass there.

    Attributes
    ----------
    object_type
        What QuPath makes of things: ``annotation`` can be edited, and ``detection`` is
        faster if there are thousands. Anything else is an annotation.
    """

    suffix: ClassVar[str] = ".geojson"
    object_type: ObjectType = "annotation"

    def __post_init__(self) -> None:
        """Refuse a type that QuPath does not know."""
        if self.object_type not in get_args(ObjectType):
            raise RecipeError(
                f"object_type must be one of {', '.join(get_args(ObjectType))}, "
                f"got {self.object_type!r}"
            )

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        lost = lost_in_pictures(annotation, "GeoJSON", kept=True, owned=True)
        if count := sum(pixels == 0 for pixels in annotation.labels.counts().values()):
            lost.append(
                f"the names of {count} categories without pixels; other programs do not see them"
            )
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        vocabulary = annotation.labels.vocabulary.to_toml()
        files = []
        for picture in pictures_of([annotation]):
            content = {
                "type": "FeatureCollection",
                "features": self._features(picture),
                KEY: {"vocabulary": vocabulary, **picture.history(owned=True)},
            }
            files.append(folder / f"{picture.stem}{self.suffix}")
            write_atomic(files[-1], json_bytes(content))
        return files

    def _features(self, picture: Picture) -> list[dict[str, Any]]:
        instances = picture.instances()
        polygons: dict[int, list[Any]] = {}
        for part in polygons_of(instances.numbers):
            polygons.setdefault(part.number, []).append([_closed(ring) for ring in part.rings])
        features = []
        for number, parts in polygons.items():
            category = instances.categories[number - 1]
            several = len(parts) > 1
            features.append({
                "type": "Feature",
                "geometry": {
                    "type": "MultiPolygon" if several else "Polygon",
                    "coordinates": parts if several else parts[0],
                },
                "properties": {
                    "objectType": self.object_type if category.role == "thing" else "annotation",
                    "classification": {"name": category.name, "color": rgb(category.colour)},
                },
            })  # fmt: skip
        return features


def _closed(ring: np.ndarray) -> list[list[float]]:
    """Points of a ring; GeoJSON wants the first again at the end."""
    points: list[list[float]] = ring.tolist()
    return [*points, points[0]]
