"""TIFF of labels, of ours and of others."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import tifffile

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.importers import read_labels
from volumes import CASES, WORDS, grid


def test_ome_tiff_of_another_program_keeps_what_ome_holds(tmp_path):
    """It writes the XML again, and leaves private tags out."""
    given = CASES["picture in um"]
    (path,) = ov.export(given, tmp_path, "ome-tiff")
    with tifffile.TiffFile(path) as file:
        xml, ids = file.ome_metadata, file.asarray()
    tifffile.imwrite(tmp_path / "again.ome.tif", ids, description=xml.encode(), metadata=None)
    got = read_labels(tmp_path / "again.ome.tif")
    held = [replace(c, definition="", threshold=0.0) for c in given.labels.vocabulary]
    assert list(got.labels.vocabulary) == held
    assert got.labels.grid.spacing == given.labels.grid.spacing
    assert got.provenance.share_by_hand == given.provenance.share_by_hand


def test_a_pixel_size_and_names_that_another_program_changed_win_over_ours(tmp_path):
    (path,) = ov.export(CASES["picture in um"], tmp_path, "ome-tiff")
    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata
    for old, new in (('PhysicalSizeX="0.5"', 'PhysicalSizeX="2.0"'), ("nucleus", "kernel")):
        assert old in xml
        xml = xml.replace(old, new, 1)
    tifffile.tiffcomment(path, xml.encode())
    got = read_labels(path).labels
    assert got.grid.spacing == (0.25, 2.0)
    first = WORDS.categories[0]
    assert got.vocabulary.categories[0] == replace(first, name="kernel")


def test_plain_tiffs_get_numbered_categories(tmp_path):
    ids = np.zeros((9, 11), np.int32)
    ids[2:4, 3], ids[5, 5] = 3, 40_000
    tifffile.imwrite(tmp_path / "mask.tif", ids)
    got = read_labels(tmp_path / "mask.tif")
    assert np.array_equal(got.labels.ids, ids)
    assert [(c.id, c.name) for c in got.labels.vocabulary] == [(3, "category 3"), (40_000, "category 40000")]  # fmt: skip
    stack = np.repeat(ids[None], 4, axis=0).astype(np.uint16)
    tifffile.imwrite(tmp_path / "stack.tiff", stack, photometric="minisblack")
    assert read_labels(tmp_path / "stack.tiff").labels.grid.axes == ("z", "y", "x")


@pytest.mark.parametrize("slices", [2, 3, 4, 5])
def test_few_slices_are_a_stack(tmp_path, slices):
    """The library, and so napari's own Save, takes three or four for planes of colours."""
    ids = np.arange(slices * 9 * 11, dtype=np.int32).reshape(slices, 9, 11)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        tifffile.imwrite(tmp_path / "a.tif", ids)
    got = read_labels(tmp_path / "a.tif").labels
    assert np.array_equal(got.ids, ids)
    assert got.grid == ov.Grid.regular(3)


def test_labels_of_imagej_keep_their_pixel_size(tmp_path):
    ids = np.ones((3, 9, 11), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", ids, imagej=True, resolution=(5, 5), metadata={"axes": "ZYX", "spacing": 1.5, "unit": "um"})  # fmt: skip
    assert read_labels(tmp_path / "a.tif").labels.grid == grid("zyx", (1.5, 0.2, 0.2), ("um",) * 3)


@pytest.mark.parametrize("pixels", [np.full((5, 5), -1, np.int16), np.full((5, 5), 70_000, np.int32), np.full((5, 5), 0.5, np.float32), np.full((5, 5), np.nan, np.float32), np.zeros((5, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5), np.complex64)])  # fmt: skip
def test_pictures_are_not_labels(tmp_path, pixels):
    rgb = {"photometric": "rgb"} if pixels.ndim == 3 else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **rgb)
    with pytest.raises(InputError):
        read_labels(tmp_path / "a.tif")
