"""NIfTI of ours, read by ITK."""

import csv
import io

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name

import napari_ovseg as ov
from affines import itk_affine
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.exporters.nifti import dseg_table
from napari_ovseg.formats.space import full, millimetre_affine
from volumes import CASES, MM, annotation

FLOAT32 = 1e-6


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c].labels.ids.ndim < 5])
def test_nifti_in_itk(tmp_path, case):
    given = CASES[case]
    path, table = ov.export(given, tmp_path, "nifti")
    image = sitk.ReadImage(path)
    ids = sitk.GetArrayFromImage(image)
    assert ids.dtype == (np.uint16 if case == "300 categories" else np.uint8)
    whole = full(given.labels.ids, given.labels.grid.axes)[0]
    assert np.array_equal(ids, whole if ids.ndim > 3 else whole[0])
    if image.GetDimension() == 3:
        expected = millimetre_affine(given.labels.grid)
        np.testing.assert_allclose(itk_affine(image), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())  # fmt: skip
    loaded = nibabel.load(path)
    expected = millimetre_affine(given.labels.grid)
    size = np.abs(expected).max()
    np.testing.assert_allclose(loaded.affine, expected, rtol=FLOAT32, atol=FLOAT32 * size)
    assert loaded.header.get_intent()[0] == "label"
    assert loaded.header.extensions[0].get_code() == 6
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"), newline=""), delimiter="\t"))
    assert [int(r["index"]) for r in rows] == [c.id for c in given.labels.vocabulary]
    assert [r["color"] for r in rows] == [c.colour for c in given.labels.vocabulary]
    assert [r["name"].removeprefix("'") for r in rows] == [c.name for c in given.labels.vocabulary]


def test_nifti_units_and_time(tmp_path):
    path, _ = ov.export(CASES["oblique in time"], tmp_path, "nifti")
    header = nibabel.load(path).header
    assert header.get_xyzt_units() == ("mm", "sec")
    assert header.get_zooms()[3] == 1.5
    path, _ = ov.export(CASES["volume"], tmp_path, "nifti")
    assert nibabel.load(path).header.get_xyzt_units()[0] == "unknown"
    assert any("no size" in text for text in EXPORTERS.get("nifti")().check(CASES["volume"]))
    assert EXPORTERS.get("nifti")().check(CASES["oblique"]) == []


def test_nifti_of_a_sheared_grid_and_of_a_long_one(tmp_path):
    shear = ov.Grid(
        ("z", "y", "x"), ((1, 0.5, 0, 4), (0, 1, 0.25, 5), (0, 0, 1, 6), (0, 0, 0, 1)), MM
    )
    loaded = nibabel.load(ov.export(annotation((3, 4, 5), shear), tmp_path, "nifti")[0])
    np.testing.assert_array_equal(loaded.affine, millimetre_affine(shear))
    assert loaded.header["qform_code"] == 0
    long = annotation((2, 33_000))
    loaded = nibabel.load(ov.export(long, tmp_path, "nifti")[0])
    assert np.array_equal(np.asarray(loaded.dataobj)[..., 0].T, long.labels.ids)


def test_table_cells_survive_tabs_lines_and_formulas():
    names = ("=1+1", "'quoted", "'=x", "@a", 'say "x"', "a\u2028b", "-", "plain'")
    words = ov.Vocabulary(tuple(ov.Category(i, n) for i, n in enumerate(names, start=1)))
    text = dseg_table(words).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    assert [row[1] for row in rows[1:]] == ["'=1+1", "''quoted", "''=x", "'@a", 'say "x"', "a\u2028b", "'-", "plain'"]  # fmt: skip
