"""Files of pictures are read back whole."""

import json

import numpy as np
import pytest

import napari_ovseg as ov
from cells import annotation, blobs, same
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.importers import IMPORTERS, read_labels

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


@pytest.mark.parametrize("name", ["cells", "../ядро \u202e", "\udcff", "a.b c"])
@pytest.mark.parametrize("kind", ["coco", "geojson"])
def test_our_own_files_come_back_whole(tmp_path, kind, name):
    given = annotation(name=name)
    same(read_labels(ov.export(given, tmp_path, kind)[0]), given)


def test_a_stack_comes_back_whole_from_coco_and_plane_by_plane_from_geojson(tmp_path):
    given = annotation(blobs((2, 3, 20, 30)), "stack")
    same(read_labels(ov.export(given, tmp_path, "coco")[0]), given)
    files = ov.export(given, tmp_path, "geojson")
    planes = [read_labels(file) for file in files]
    assert (
        np.stack([p.labels.ids for p in planes]).reshape(2, 3, 20, 30) == given.labels.ids
    ).all()
    assert planes[1].name == "stack_0001"
    assert planes[1].labels.grid == ov.Grid.regular(2, (0.5, 0.5), units=("µm", "µm"))


def test_a_series_comes_back_from_coco_one_by_one(tmp_path):
    series = [annotation(), annotation(blobs((3, 20, 30)), "stack"), annotation(blobs(seed=2), "c")]
    (path,) = EXPORTERS.get("coco")().write_series(series, tmp_path)
    importer = IMPORTERS.get("coco")()
    for read, given in zip(importer.read_series(path), series, strict=True):
        same(read, given)
    with pytest.raises(InputError, match="3 images"):
        importer.read(path)


def test_polygons_of_our_coco_come_back_but_for_holes(tmp_path):
    ids = np.zeros((40, 50), np.uint16)
    ids[3:30, 3:30], ids[10:20, 10:20], ids[13:17, 13:17] = 1, 0, 7
    expected = ids.copy()
    expected[3:30, 3:30] = 1
    expected[13:17, 13:17] = 7
    (path,) = ov.export(annotation(ids), tmp_path, "coco", geometry="polygon")
    assert (read_labels(path).labels.ids == expected).all()


def test_a_class_that_another_program_added_leaves_all_other_ids_as_they_were(tmp_path):
    words = ov.Vocabulary((ov.Category(1, "a", role="stuff"), ov.Category(65_535, "b", ("b", "c"))))
    given = annotation(blobs(values=(0, 1, 65_535)), vocabulary=words)
    (path,) = ov.export(given, tmp_path, "geojson")
    content = json.loads(path.read_text())
    square = {"type": "Polygon", "coordinates": [[[2, 2], [9, 2], [9, 9], [2, 9]]]}
    for name in ("new", "newer", "new"):
        properties = {"classification": {"name": name}}
        content["features"].append({"type": "Feature", "geometry": square, "properties": properties})  # fmt: skip
        square = {**square, "coordinates": [[[20, 20], [25, 20], [25, 25], [20, 25]]]}
    path.write_text(json.dumps(content))
    labels = read_labels(path).labels
    assert labels.vocabulary.categories[:2] == words.categories
    assert [(c.id, c.name) for c in labels.vocabulary][2:] == [(2, "new"), (3, "newer")]
    changed = np.isin(labels.ids, (2, 3))
    assert changed.any()
    assert (labels.ids == given.labels.ids)[~changed].all()
