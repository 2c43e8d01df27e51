"""What formats of flat pictures lose, said before anything is written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import lost_owner, refuse_unlisted
from napari_ovseg.exporters._pictures import planes_of
from napari_ovseg.formats.polygons import polygons_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_ovseg.labels import Annotation
    from napari_ovseg.vocabulary import Role


def lost_in_pictures(
    annotation: Annotation, name: str, *, kept: bool = False, owned: bool = False
) -> list[str]:
    """Say what a format of flat pictures loses.

    Parameters
    ----------
    annotation
        What would be written.
    name
        Of the format.
    kept
        Whether `Picture.history` is in the file, which only this program reads.
    owned
        Whether owners are in it.
    """
    try:
        refuse_unlisted(annotation)
    except ExportError as error:
        return [f"this annotation: {error}"]
    lost = []
    reader = "other programs do not see it" if kept else f"{name} has no place for it"
    if any(unit != "pixel" for unit in annotation.labels.grid.units):
        lost.append(f"the physical size of pixels; {reader}")
    if annotation.labels.ids.ndim > 2:
        lost.append("the order of axes; every plane becomes an image of its own")
    return lost if owned else lost + lost_owner(annotation)


def lost_in_polygons(
    annotation: Annotation, roles: Collection[Role], *, parts: bool = False
) -> list[str]:
    """Say what polygons without holes lose.

    Parameters
    ----------
    annotation
        What would be written.
    roles
        Of the categories that become polygons.
    parts
        Whether it is also lost which parts are one object.
    """
    holes = split = 0
    for picture in planes_of(annotation):
        instances = picture.instances()
        found = [
            part
            for part in polygons_of(instances.numbers)
            if instances.categories[part.number - 1].role in roles
        ]
        holes += len({part.number for part in found if len(part.rings) > 1})
        split += sum(n > 1 for n in Counter(part.number for part in found).values())
    lost = [f"the holes of {holes} objects; they are filled"] if holes else []
    if parts and split:
        lost.append(f"which parts belong together, of {split} regions that have several")
    return lost
