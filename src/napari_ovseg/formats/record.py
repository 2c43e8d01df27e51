"""What travels in a format's free metadata, so that nothing of an annotation is lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from napari_ovseg.image import Grid
from napari_ovseg.labels import Provenance
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation

KEY = "napari-ovseg"
"""Under this name a file holds the record, as JSON."""
TAG = 65_117
"""Number of the TIFF tag that holds it; those from 65000 are free for everyone."""
CHUNK = b"ovSG"
"""Name of the PNG chunk that holds it: ancillary, private, and not to be copied by programs that
change pixels."""
OWNER = "owner"
"""Under this name a folder holds who decided each pixel, as an array."""


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """All of an annotation but its pixels.

    Attributes
    ----------
    name, vocabulary, grid, provenance
        Of the annotation.
    owners
        What `formats.owners.packed` keeps under ``owner``, or None.
    shape
        Of the label map, in formats that drop axes of length 1; else empty.
    """

    name: str
    vocabulary: Vocabulary
    grid: Grid
    provenance: Provenance
    owners: Any = None
    shape: tuple[int, ...] = ()


def record_of(annotation: Annotation, grid: Grid | None = None) -> dict[str, Any]:
    """Describe an annotation in JSON's types, without its pixels and their owners.

    `grid` replaces its own where a part is written.
    """
    grid = grid or annotation.labels.grid
    return {
        "name": annotation.name,
        "vocabulary": annotation.labels.vocabulary.to_toml(),
        "grid": {"axes": grid.axes, "affine": grid.affine, "units": grid.units},
        "provenance": asdict(annotation.provenance),
    }


def read_record(data: dict[str, Any]) -> Record:
    """Read what `record_of` wrote.

    Raises
    ------
    VocabularyError, KeyError, TypeError, ValueError
        If it is damaged.
    """
    grid = data["grid"]
    axes, units = (tuple(map(str, grid[key])) for key in ("axes", "units"))
    affine = tuple(tuple(float(v) for v in row) for row in grid["affine"])
    if {len(affine), *map(len, affine)} != {len(axes) + 1} or len(units) != len(axes):
        raise ValueError(f"the affine matrix does not fit the axes {', '.join(axes)}")
    return Record(
        str(data["name"]),
        Vocabulary.from_toml(data["vocabulary"]),
        Grid(axes, affine, units),
        Provenance(**data["provenance"]),
        data.get("owner"),
        tuple(map(int, data.get("shape", ()))),
    )
