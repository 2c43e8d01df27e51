"""3D Slicer's segmentations."""

import nrrd
import numpy as np
import pytest
import slicerio

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.importers import read_labels
from volumes import CASES, WORDS, annotation


def test_a_segment_renamed_or_added_in_slicer(tmp_path):
    path = ov.export(CASES["oblique"], tmp_path, "seg-nrrd")[0]
    segmentation = slicerio.read_segmentation(str(path))
    segmentation["segments"][1].update(name="cytosol", color=[0, 0, 1.0])
    segmentation["segments"].append({"id": "new", "name": "nucleus", "labelValue": 77, "color": [1.0, 0.5, 0]})  # fmt: skip
    segmentation["voxels"][0, 0, 0] = 77
    slicerio.write_segmentation(str(tmp_path / "edited.seg.nrrd"), segmentation)
    got = read_labels(tmp_path / "edited.seg.nrrd").labels
    names = {c.id: (c.name, c.colour) for c in got.vocabulary}
    assert names[7] == ("cytosol", "#0000ff")
    assert names[77] == ("nucleus (77)", "#ff8000")
    assert names[9] == (WORDS.categories[2].name, "#010203")
    np.testing.assert_allclose(got.grid.affine, CASES["oblique"].labels.grid.affine, rtol=1e-12)


def test_names_that_were_swapped_in_slicer_stay_as_they_are(tmp_path):
    words = ov.Vocabulary.parse("liver; spleen; kidney")
    given = annotation((4, 9, 11), vocabulary=words)
    path = ov.export(given, tmp_path, "seg-nrrd")[0]
    segmentation = slicerio.read_segmentation(str(path))
    for segment, name in zip(segmentation["segments"], ("Spleen", "liver"), strict=False):
        segment["name"] = name
    slicerio.write_segmentation(str(tmp_path / "edited.seg.nrrd"), segmentation)
    got = read_labels(tmp_path / "edited.seg.nrrd").labels.vocabulary
    assert [c.name for c in got] == ["Spleen", "liver", "kidney"]
    assert [c.queries for c in got] == [c.queries for c in words]


def slicer_layers(path, overlap, **header):
    voxels = np.zeros((2, 4, 5, 6), np.uint8)
    voxels[0, 1] = 1
    voxels[1, 1 if overlap else 2] = 1
    header = {
        "space": "left-posterior-superior", "kinds": ["list", "domain", "domain", "domain"],
        "space directions": np.vstack([[np.nan] * 3, np.diag([1.0, 2, 3])]), "space origin": np.zeros(3),
        "Segment0_ID": "a", "Segment0_Name": "liver", "Segment0_LabelValue": "1", "Segment0_Layer": "0",
        "Segment1_ID": "b", "Segment1_Name": "spleen", "Segment1_LabelValue": "1", "Segment1_Layer": "1",
        **header,
    }  # fmt: skip
    nrrd.write(str(path), voxels, header)


def test_layers_of_slicer_become_ids_unless_they_overlap(tmp_path):
    slicer_layers(tmp_path / "a.seg.nrrd", overlap=False)
    got = read_labels(tmp_path / "a.seg.nrrd").labels
    assert [(c.id, c.name) for c in got.vocabulary] == [(1, "liver"), (2, "spleen")]
    assert got.ids.shape == (6, 5, 4)
    assert (got.ids[:, :, 1] == 1).all()
    assert (got.ids[:, :, 2] == 2).all()
    assert got.grid.spacing == (3, 2, 1)
    slicer_layers(tmp_path / "b.seg.nrrd", overlap=True)
    with pytest.raises(InputError, match="overlaps"):
        read_labels(tmp_path / "b.seg.nrrd")


def test_older_slicers_have_a_layer_for_each_segment(tmp_path):
    slicer_layers(tmp_path / "new.seg.nrrd", overlap=False)
    voxels, header = nrrd.read(str(tmp_path / "new.seg.nrrd"))
    older = {key: v for key, v in header.items() if not key.endswith(("_Layer", "_LabelValue"))}
    nrrd.write(str(tmp_path / "old.seg.nrrd"), voxels, older)
    new, old = (read_labels(tmp_path / f"{name}.seg.nrrd").labels for name in ("new", "old"))
    assert np.array_equal(old.ids, new.ids)
    assert old.vocabulary == new.vocabulary
