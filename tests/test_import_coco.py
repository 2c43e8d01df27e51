"""COCO of ours and of others."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

import napari_ovseg as ov
from cells import annotation, coco_file
from napari_ovseg.errors import InputError
from napari_ovseg.importers import read_labels

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def test_coco_of_others_is_read(tmp_path):
    mask = np.zeros((20, 30), np.uint8, order="F")
    mask[4:9, 5:9] = 1
    counts = np.diff(np.flatnonzero(np.diff(mask.ravel("F"), prepend=9, append=9)))
    rle = {"size": [20, 30], "counts": coco_mask.encode(mask)["counts"].decode()}
    plain = {"size": [20, 30], "counts": counts.tolist()}
    for segmentation in (
        rle,
        plain,
        [[5, 4, 9, 4, 9, 9, 5, 9]],
        [[5, 4, 9, 4, 9, 6, 5, 6], [5, 6, 9, 6, 9, 9, 5, 9]],
    ):
        path = coco_file(tmp_path / "x.json", [
            {"image_id": 9, "category_id": 5, "segmentation": segmentation},
            {"image_id": 9, "category_id": 3, "segmentation": [[0, 0, 30, 0, 30, 20, 0, 20]]},
        ])  # fmt: skip
        read = read_labels(path)
        assert (read.labels.ids == np.where(mask, 5, 3)).all()  # the smaller is on top
        assert read.name == "p"
        assert [(c.id, c.name, c.colour) for c in read.labels.vocabulary] == [(3, "a", "#ff0000"), (5, "b", ov.Category(5, "b").colour)]  # fmt: skip


def test_coco_that_counts_from_zero_is_numbered_anew(tmp_path):
    rows = [{"image_id": 9, "category_id": 0, "segmentation": [[0, 0, 30, 0, 30, 20, 0, 20]]}]
    categories = ({"id": 4, "name": "b"}, {"id": 0, "name": "a"})
    read = read_labels(coco_file(tmp_path / "x.json", rows, categories)).labels
    assert [(c.id, c.name) for c in read.vocabulary] == [(1, "b"), (2, "a")]
    assert (read.ids == 2).all()


def test_what_another_program_renamed_or_added_is_taken_over(tmp_path):
    (path,) = ov.export(annotation(), tmp_path, "coco")
    content = json.loads(path.read_text())
    content["categories"][0].update(name="core", color=[1, 2, 3])
    content["categories"].append({"id": 12, "name": "new"})
    path.write_text(json.dumps(content))
    first, *_, last = read_labels(path).labels.vocabulary
    assert (first.name, first.colour, first.queries) == (
        "core",
        "#010203",
        ("nucleus", "cell nucleus"),
    )
    assert (last.id, last.name) == (12, "new")


@pytest.mark.parametrize(("change", "match"), [
    ({"segmentation": []}, "no segmentation"), ({"segmentation": None}, "no segmentation"),
    ({"segmentation": [[1, 2, 3, 4]]}, "three pairs"), ({"segmentation": [[1, 2, 3, 4, 5, "6"]]}, "numbers"),
    ({"segmentation": [[1, 2, 3, 4, 5, 1e300]]}, "numbers"), ({"category_id": 4}, "does not list"),
    ({"image_id": 1}, "does not list"), ({"image_id": True}, "must be a int"),
    ({"segmentation": {"size": [2, 3], "counts": "0"}}, "of size"),
    ({"segmentation": {"size": [20, 30], "counts": [600, 1]}}, "fill 20 x 30"),
    ({"segmentation": {"size": [20, 30], "counts": [-1, 601]}}, "run lengths"),
    ({"segmentation": {"size": [20, 30], "counts": ""}}, "fill 20 x 30"),
    ({"segmentation": {"size": [20, 30], "counts": "ooooooooooo0"}}, "damaged"),
    ({"segmentation": {"size": [20, 30], "counts": "P"}}, "damaged"),
    ({"segmentation": {"size": [20, 30], "counts": "é\x00"}}, "damaged"),
])  # fmt: skip
def test_bad_masks_are_told(tmp_path, change, match):
    row = {"image_id": 9, "category_id": 3, "segmentation": [[0, 0, 3, 0, 3, 3]], **change}
    with pytest.raises(InputError, match=match):
        read_labels(coco_file(tmp_path / "x.json", [row]))


@pytest.mark.parametrize(
    "size", [{"width": 10**9}, {"width": 0}, {"height": -3}, {"height": 10**5, "width": 10**5}]
)
def test_impossible_sizes_are_told(tmp_path, size):
    with pytest.raises(InputError, match="size of image 9"):
        read_labels(coco_file(tmp_path / "x.json", [], **size))


def test_background_is_the_background_whatever_the_format(tmp_path):
    file = coco_file(
        tmp_path / "c.json", [], categories=({"id": 1, "name": "cell"}, {"id": 2, "name": "Rest"})
    )
    assert [c.role for c in read_labels(file, "coco").labels.vocabulary] == ["thing", "background"]
