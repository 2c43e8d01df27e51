"""What travels in a format's free metadata, so that nothing of an annotation is lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.errors import ImageError
from napari_ovseg.grid import Grid
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
CLASSES = "napari-ovseg/classes"
"""Namespace of OME's map annotation {category id: JSON of name, colour, queries, role}."""
PROVENANCE = "napari-ovseg/provenance"
"""Namespace of the map annotation of the provenance's fields."""
TABLE = ".classes.csv"
"""Ending of the table of categories beside pictures."""
DSEG = "_dseg.tsv"
"""Ending of BIDS' table of categories beside a volume."""
OWNER = "owner"
"""Under this name a folder holds who decided each pixel, as an array."""
CHECKSUM = "checksum"
"""Under this name the record of a folder tells the ids for which these owners hold."""
FURTHEST = 1e15
"""Largest number of a place that is believed."""


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
    return Record(
        str(data["name"]),
        Vocabulary.from_toml(data["vocabulary"]),
        read_grid(data["grid"]),
        read_provenance(data["provenance"]),
        data.get("owner"),
        tuple(map(int, data.get("shape", ()))),
    )


def read_grid(table: dict[str, Any]) -> Grid:
    """Read the grid of a record.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is damaged, or maps different pixels to one place.
    """
    axes, units, rows = table["axes"], table["units"], table["affine"]
    if not all(isinstance(text, str) for text in (*axes, *units)):
        raise TypeError(f"axes and units must be text, got {str((axes, units))[:80]}")
    values = [value for row in rows for value in row]
    if not all(type(value) in {int, float} and abs(value) <= FURTHEST for value in values):
        raise ValueError(
            f"the affine matrix must hold numbers up to {FURTHEST:.0e}, got {str(rows)[:80]}"
        )
    if {len(rows), *map(len, rows)} != {len(axes) + 1} or len(units) != len(axes):
        raise ValueError(f"the affine matrix does not fit the axes {', '.join(axes)}")
    try:
        return Grid.of(axes, np.array(rows, float), units)
    except ImageError as error:  # which tells of an image, and is not of this file
        raise ValueError(f"the affine matrix cannot be used: {error}") from error


def read_provenance(table: dict[str, Any]) -> Provenance:
    """Read the provenance of a record.

    Raises
    ------
    TypeError
        If it is damaged.
    """
    found = Provenance(**table)
    texts, share = (found.recipe, found.weights, found.versions, found.created), found.share_by_hand
    whole = all(isinstance(text, str) for text in texts)
    if not whole or type(share) not in {int, float} or not abs(share) <= FURTHEST:
        raise TypeError(f"the provenance must be texts and a share, got {str(table)[:80]}")
    return found
