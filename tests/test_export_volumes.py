"""What formats of volumes cannot hold is said before it is lost."""

from dataclasses import replace

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from volumes import annotation, grid

PLAIN = ("ome-zarr", "nifti", "seg-nrrd", "nnunet")


@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_be_held_is_said_before_and_refused(tmp_path, name):
    five = annotation((2, 2, 2, 5, 6), grid("abcyx", (1,) * 5, ("pixel",) * 5))
    exporter = EXPORTERS.get(name)()
    assert any("three of space" in text for text in exporter.check(five))
    with pytest.raises(ExportError, match="three of space"):
        exporter.write(five, tmp_path / "out")
    owned = replace(annotation((5, 6)), owner=np.ones((5, 6), np.uint8))
    told = any("who decided" in text for text in exporter.check(owned))
    assert told == (name == "nnunet")  # the others hold it
    mixed = ov.Grid(("t", "y", "x"), ((1, 0, 0, 0), (0.5, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)), ("s", "mm", "mm"))  # fmt: skip
    assert any("space and time" in text for text in exporter.check(annotation((2, 5, 6), mixed)))
    assert not (tmp_path / "out").exists()
