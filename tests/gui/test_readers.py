"""What napari's Save writes, napari's Open brings back; files of others are left to others."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.gui.layers import KEY, annotation_of
from napari_ovseg.gui.readers import get_reader
from napari_ovseg.gui.writers import write_labels
from napari_ovseg.importers import read_labels

pytestmark = pytest.mark.gui
WORDS = ov.Vocabulary(
    (ov.Category(3, "Zellkern", ("nucleus",), colour="#ff0000"), ov.Category(9, "細胞質", colour="#00ff80"))
)  # fmt: skip
ENDINGS = (".ome.tif", ".png", ".ome.zarr", ".nii.gz", ".seg.nrrd", ".coco.json", ".geojson")


@pytest.fixture
def plugin(npe2pm):
    from npe2 import PluginManifest

    with npe2pm.tmp_plugin(manifest=PluginManifest.from_distribution("napari-ovseg")):
        yield


def labelled():
    ids = np.zeros((20, 30), np.uint16)
    ids[2:9, 3:12] = 3
    ids[12:, 20:] = 9
    grid = ov.Grid.regular(2, (0.5, 0.25), units=("um", "um"))
    owner = np.zeros((20, 30), np.uint8)
    owner[5:, 3:12], owner[:, 25:] = ov.Owner.PERSON, ov.Owner.LOCKED
    return ov.Annotation("cells", ov.LabelMap(ids, WORDS, grid), owner)


def test_labels_whose_owners_a_file_does_not_tell_are_a_persons(tmp_path):
    path = ov.export(replace(labelled(), owner=None), tmp_path)[0]
    ((ids, options, kind),) = get_reader(str(path))(str(path))
    assert kind == "labels"
    assert "owner" not in options["metadata"][KEY]
    assert (annotation_of(Labels(ids, **options)).owner == (ids > 0)).all()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_layer_saved_and_opened_is_the_same(make_napari_viewer, tmp_path, plugin, ending):
    viewer = make_napari_viewer()
    given = labelled()
    first = ov.export(given, tmp_path / "first", "ome-tiff")[0]
    (layer,) = viewer.open(str(first), plugin="napari-ovseg")
    written = layer.save(str(tmp_path / f"my cells{ending}"), plugin="napari-ovseg")
    (back,) = viewer.open(written[0], plugin="napari-ovseg")
    assert (np.asarray(back.data) == given.labels.ids).all()
    result = annotation_of(back)
    names = [(c.id, c.name, c.colour) for c in result.labels.vocabulary]
    assert names == [(c.id, c.name, c.colour) for c in WORDS]
    assert list(back.features["category"]) == ["unlabelled", "Zellkern", "細胞質"]
    assert np.allclose(back.extent.step[-2:], (0.5, 0.25))
    assert np.allclose(np.diff(back.extent.world, axis=0), np.diff(layer.extent.world, axis=0))
    assert (result.owner == given.owner).all()
    assert "owner" in back.metadata[KEY]


def test_files_of_others_are_left_to_others(tmp_path):
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    (tmp_path / "c.coco.json").write_text("no json")
    (tmp_path / "d.zarr").mkdir()
    (tmp_path / "e.txt").write_text("text")
    ours = ov.export(labelled(), tmp_path, "png")[0]
    others = [str(tmp_path / n) for n in ("a.png", "b.geojson", "c.coco.json", "d.zarr", "e.txt")]
    assert [get_reader(path) for path in (*others, str(tmp_path / "gone.png"))] == [None] * 6
    assert get_reader(str(ours)) is not None
    assert get_reader([str(ours), others[0]]) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["", "cell", "cell"], ["cell", "cell (2)"]), (["", np.nan, ""], ["category 1", "category 2"]),
     (["", "cell", "rest"], ["cell", "rest"])],
)  # fmt: skip
def test_layers_that_are_not_ours_are_saved_with_names_that_can_be(tmp_path, names, expected):
    ids = np.array([[0, 1], [2, 2]])
    meta = {"features": pd.DataFrame({"index": [0, 1, 2], "area": [9, 1, 2], "category": names})}
    (file,) = write_labels(str(tmp_path / "a.ome.tif"), ids, meta)
    words = read_labels(file).labels.vocabulary
    assert [c.name for c in words] == expected
    assert [c.role for c in words][1] == ("background" if "rest" in names else "thing")


@pytest.mark.parametrize("table", [{"index": [0, 1], "cell type": ["", "T cell"]}, {"label": [0, 1], "name": ["", "T cell"]}])  # fmt: skip
def test_names_are_in_a_column_of_text(tmp_path, table):
    meta = {"features": pd.DataFrame(table)}
    (file,) = write_labels(str(tmp_path / "a.ome.tif"), np.array([[0, 1]] * 2), meta)
    assert [c.name for c in read_labels(file).labels.vocabulary] == ["T cell"]
