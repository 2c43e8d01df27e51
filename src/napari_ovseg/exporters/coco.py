"""COCO instances: one JSON file with run-length masks, and all else in keys of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from napari_ovseg._atomic import write_atomic
from napari_ovseg.errors import RecipeError
from napari_ovseg.exporters._base import shared_vocabulary
from napari_ovseg.exporters._lost import lost_in_pictures, lost_in_polygons
from napari_ovseg.exporters._pictures import (
    SeriesExporter,
    json_bytes,
    pictures_of,
    series_stem,
)
from napari_ovseg.formats.coco import category_row, data_set
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.record import KEY
from napari_ovseg.formats.rle import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_ovseg.exporters._pictures import Picture
    from napari_ovseg.labels import Annotation

Geometry = Literal["rle", "polygon"]


@dataclass(frozen=True)
class Coco(SeriesExporter):
    """One ``NAME.coco.json`` per annotation, or ``dataset.coco.json`` for a series.

    Things are annotations with ``iscrowd`` 0. Stuff and background are one annotation of
    each image, with ``iscrowd`` 1 and always run-length coded, as COCO's own tools ask for.
    Categories have a ``color`` [r, g, b], which COCO leaves free.

    Attributes
    ----------
    geometry
        ``rle`` is exact. ``polygon`` fills holes, and is for tools that read nothing else.
    image_suffix
        Ending of the image's ``file_name``, which is the name of the annotation.
    """

    suffix: ClassVar[str] = ".coco.json"
    one_file: ClassVar[bool] = True
    geometry: Geometry = "rle"
    image_suffix: str = ".png"

    def __post_init__(self) -> None:
        """Refuse a geometry that there is not."""
        if self.geometry not in get_args(Geometry):
            raise RecipeError(
                f"geometry must be one of {', '.join(get_args(Geometry))}, got {self.geometry!r}"
            )

    @property
    def exact(self) -> bool:
        """Whether pixels come back as they were, so that their owners are kept."""
        return self.geometry == "rle"

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        lost = lost_in_pictures(annotation, "COCO", kept=True, owned=self.exact)
        if not self.exact:
            lost += lost_in_polygons(annotation, {"thing"})
        return lost

    def write_series(self, annotations: Sequence[Annotation], folder: Path) -> list[Path]:
        """See `SeriesExporter.write_series`."""
        vocabulary = shared_vocabulary(annotations)
        images: list[dict[str, Any]] = []
        objects: list[dict[str, Any]] = []
        for number, picture in enumerate(pictures_of(annotations), start=1):
            height, width = picture.ids.shape
            images.append({
                "id": number, "width": width, "height": height,
                "file_name": f"{picture.image_stem}{self.image_suffix}",
                KEY: picture.history(owned=self.exact),
            })  # fmt: skip
            for entry in self._objects(picture):
                objects.append({"id": len(objects) + 1, "image_id": number, **entry})
        content = data_set(vocabulary, [category_row(c) for c in vocabulary], images, objects)
        path = folder / f"{series_stem(annotations)}{self.suffix}"
        write_atomic(path, json_bytes(content))
        return [path]

    def _objects(self, picture: Picture) -> Iterator[dict[str, Any]]:
        instances = picture.instances()
        polygons = {}
        if not self.exact:
            parts = polygons_of(instances.numbers)
            polygons = {part.number: [part.rings[0].ravel().tolist()] for part in parts}
        encoded = encode(instances.numbers)
        pairs = zip(instances.categories, encoded, strict=True)
        for number, (category, code) in enumerate(pairs, start=1):
            crowd = category.role != "thing"
            rle = {"size": picture.ids.shape, "counts": code.counts}
            yield {
                "category_id": category.id,
                "segmentation": rle if crowd else polygons.get(number, rle),
                "area": code.area,
                "bbox": code.box,
                "iscrowd": int(crowd),
            }
