"""NIfTI of others, with BIDS tables, and ours after another tool moved it."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name

import napari_ovseg as ov
from napari_ovseg.importers import read_labels
from volumes import CASES, WORDS, same


def test_foreign_nifti_with_a_bids_table(tmp_path):
    ids = np.zeros((4, 5, 6), np.uint8)
    ids[1, 2, 3], ids[3, 4, 5] = 2, 5
    image = sitk.GetImageFromArray(ids)
    image.SetSpacing((0.5, 0.7, 3))
    image.SetOrigin((10, 20, 30))
    sitk.WriteImage(image, tmp_path / "scan.nii.gz")
    (tmp_path / "scan_dseg.tsv").write_text("index\tname\tcolor\n0\tnone\t#000000\n2\t'=x\t#ABCDEF\n8\t\"a \"\"b\"\"\"\t\n", encoding="utf-8")  # fmt: skip
    got = read_labels(tmp_path / "scan.nii.gz")
    assert np.array_equal(got.labels.ids, ids)
    assert got.labels.grid.axes == ("z", "y", "x")
    np.testing.assert_allclose(got.labels.grid.spacing, (3, 0.7, 0.5), rtol=1e-6)
    # ITK's world is LPS, ours is RAS: x and y change sign.
    np.testing.assert_allclose(np.asarray(got.labels.grid.affine)[:-1, -1], (30, -20, -10), rtol=1e-6)  # fmt: skip
    names = {c.id: (c.name, c.colour) for c in got.labels.vocabulary}
    assert names[2] == ("=x", "#abcdef")
    assert names[8][0] == 'a "b"'
    assert names[5][0] == "category 5"


@pytest.mark.parametrize(
    ("unit", "millimetres", "told"),
    [("micron", 1e-3, "mm"), ("meter", 1e3, "mm"), ("mm", 1, "mm"), ("unknown", 1, "pixel")],
)
def test_the_unit_of_a_nifti_is_heeded(tmp_path, unit, millimetres, told):
    image = nibabel.Nifti1Image(np.ones((3, 4, 5), np.uint8), np.diag([10.0, 10, 25, 1]))
    image.affine[:3, 3] = (1, 2, 3)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "a.nii")
    grid = read_labels(tmp_path / "a.nii").labels.grid
    assert grid.units == (told,) * 3
    np.testing.assert_allclose(grid.spacing, np.multiply((25, 10, 10), millimetres))
    np.testing.assert_allclose(np.asarray(grid.affine)[:-1, -1], np.multiply((3, 2, 1), millimetres))  # fmt: skip


def test_our_nifti_in_another_unit_is_where_it_was(tmp_path):
    given = CASES["oblique"]
    image = nibabel.load(ov.export(given, tmp_path, "nifti")[0])
    metres = np.diag([1e-3, 1e-3, 1e-3, 1]) @ image.affine
    again = nibabel.Nifti1Image(np.asanyarray(image.dataobj), metres, image.header)
    again.header.set_xyzt_units("meter")
    nibabel.save(again, tmp_path / "again.nii.gz")
    same(read_labels(tmp_path / "again.nii.gz"), given)


def test_foreign_nifti_in_time(tmp_path):
    image = nibabel.Nifti1Image(np.ones((3, 4, 5, 2), np.uint8), np.diag([1.0, 2, 3, 1]))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 2.5
    nibabel.save(image, tmp_path / "a.nii")
    got = read_labels(tmp_path / "a.nii").labels
    assert got.grid.axes == ("t", "z", "y", "x")
    assert got.grid.units == ("sec", "mm", "mm", "mm")
    assert (got.ids.shape, got.grid.spacing) == ((2, 5, 4, 3), (2.5, 3, 2, 1))


def test_a_place_that_another_tool_changed_wins_over_ours(tmp_path):
    path = ov.export(CASES["oblique"], tmp_path, "nifti")[0]
    image = nibabel.load(path)
    moved = np.diag([1.0, 2, 3, 1])
    image.set_sform(moved)
    image.set_qform(moved)
    nibabel.save(nibabel.Nifti1Image(image.get_fdata().astype(np.uint8), moved, image.header), tmp_path / "moved.nii.gz")  # fmt: skip
    got = read_labels(tmp_path / "moved.nii.gz")
    assert got.labels.grid.spacing == (3, 2, 1)
    assert got.labels.vocabulary == WORDS


@pytest.mark.parametrize("case", ["picture in um", "time series"])
def test_flat_labels_that_another_tool_moved_come_back_as_a_volume(tmp_path, case):
    path = ov.export(CASES[case], tmp_path, "nifti")[0]
    image = nibabel.load(path)
    moved = np.diag([1.0, 2, 3, 1])
    image.set_sform(moved)
    image.set_qform(moved)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), moved, image.header), tmp_path / "moved.nii.gz")  # fmt: skip
    got, given = read_labels(tmp_path / "moved.nii.gz"), CASES[case]
    assert got.labels.grid.axes == ("t", "z", "y", "x")[-got.labels.ids.ndim :]
    assert got.labels.grid.spacing[-3:] == (3, 2, 1)
    assert np.array_equal(np.squeeze(got.labels.ids), given.labels.ids)
    assert (got.labels.vocabulary, got.provenance) == (WORDS, given.provenance)
