"""3D Slicer's segmentations of ours, read by slicerio and ITK."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import slicerio

import napari_ovseg as ov
from affines import LPS, itk_affine
from napari_ovseg.formats.space import full, millimetre_affine
from volumes import CASES, WORDS, annotation


@pytest.mark.parametrize("case", CASES)
def test_seg_nrrd_in_slicerio_and_itk(tmp_path, case):
    given = CASES[case]
    paths = ov.export(given, tmp_path, "seg-nrrd")
    stack = full(given.labels.ids, given.labels.grid.axes)
    expected = millimetre_affine(given.labels.grid)
    for path, ids in zip(paths, stack.reshape(-1, *stack.shape[2:]), strict=True):
        header = path.read_bytes().split(b"\n\n", 1)[0]
        assert header.isascii()
        segmentation = slicerio.read_segmentation(str(path))
        assert np.array_equal(segmentation["voxels"].T, ids)
        np.testing.assert_allclose(LPS @ segmentation["ijkToLPS"], expected, rtol=1e-12)
        assert [s["labelValue"] for s in segmentation["segments"]] == [c.id for c in given.labels.vocabulary]  # fmt: skip
        for segment, category in zip(
            segmentation["segments"], given.labels.vocabulary, strict=True
        ):
            colour = "#" + bytes(round(255 * v) for v in segment["color"]).hex()
            assert colour == category.colour
        image = sitk.ReadImage(path)
        assert np.array_equal(sitk.GetArrayFromImage(image), ids)
        np.testing.assert_allclose(itk_affine(image), expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())  # fmt: skip


def test_no_name_can_add_a_field_to_a_header(tmp_path):
    """Annotation names may hold new lines, categories separators; no field comes of them."""
    plain = ov.export(annotation((5, 6), vocabulary=WORDS), tmp_path, "seg-nrrd")[0]
    evil = ov.Vocabulary(tuple(replace(c, name=n, queries=(n,)) for c, n in zip(WORDS, (r"a\nSegment0_ID:=x", "|:=", "space: x\u2029y", "Ωμέγα"), strict=True)))  # fmt: skip
    given = annotation((5, 6), vocabulary=evil, name="x\n\nspace: evil\nSegment9_ID:=a")
    path = ov.export(given, tmp_path, "seg-nrrd")[0]
    fields = [
        {line.split(b":")[0] for line in p.read_bytes().split(b"\n\n", 1)[0].split(b"\n") if line[:1] != b"#"}
        for p in (plain, path)
    ]  # fmt: skip
    assert fields[0] == fields[1]
    names = [s["name"] for s in slicerio.read_segmentation(str(path))["segments"]]
    assert names == ["a/nSegment0_ID:=x", "|:=", "space: xy", "category 12"]
