"""COCO of ours, opened by pycocotools."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, RecipeError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.instances import instances_of
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.rle import encode
from outlines import WORDS, annotation, blobs, filled

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


SERIES = ("coco", "coco-panoptic", "cvat", "label-studio", "yolo")


def read_back(instances, shapes):
    """Even-odd union of the rings of (number, rings): object numbers as scikit-image fills them."""
    numbers = np.zeros(instances.shape, np.int32)
    for number, rings in shapes:
        inside = np.zeros(instances.shape, bool)
        for ring in rings:
            inside ^= filled(ring, instances.shape)
        assert not numbers[inside].any()
        numbers[inside] = number
    return numbers


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(120, 90), (2, 3), (64, 2), (33, 200)])
def test_run_lengths_are_byte_for_byte_those_of_pycocotools(seed, shape):
    ids = blobs(shape, seed) if seed else np.full(shape, 1, np.uint16)
    numbers = instances_of(ids, WORDS).numbers
    codes = encode(numbers)
    assert len(codes) == numbers.max()
    for number, code in enumerate(codes, start=1):
        mask = np.asfortranarray(numbers == number, np.uint8)
        expected = coco_mask.encode(mask)
        assert code.counts.encode() == expected["counts"]
        assert code.area == mask.sum()
        assert code.box == tuple(coco_mask.toBbox(expected))


def test_run_lengths_of_noise_and_of_nothing():
    noise = np.random.default_rng(0).integers(0, 40, (300, 500))
    for number, code in enumerate(encode(noise), start=1):
        assert code.counts.encode() == coco_mask.encode(np.asfortranarray(noise == number, np.uint8))["counts"]  # fmt: skip
    assert encode(np.zeros((5, 6), np.int32)) == []


@pytest.mark.parametrize("seed", range(5))
def test_polygons_give_the_same_pixels_back(seed):
    numbers = instances_of(blobs(seed=seed), WORDS).numbers
    parts = polygons_of(numbers)
    assert any(len(part.rings) > 1 for part in parts)
    assert any(part.mask.sum() == 1 for part in parts)
    again = read_back(numbers, ((part.number, part.rings) for part in parts))
    assert (again == numbers).all()
    rounded = ((part.number, [ring.round(1) + 0.05 for ring in part.rings]) for part in parts)
    assert (read_back(numbers, rounded) == numbers).all()


def test_polygons_of_noise_where_everything_touches_at_corners():
    noise = (np.random.default_rng(0).random((40, 40)) < 0.5).astype(np.uint16)
    numbers = instances_of(noise, WORDS).numbers
    shapes = ((part.number, part.rings) for part in polygons_of(numbers))
    assert (read_back(numbers, shapes) == numbers).all()


def test_coco_opens_in_pycocotools(tmp_path, capsys):
    given = annotation()
    (path,) = ov.export(given, tmp_path, "coco")
    assert path.name == "cells.coco.json"
    coco = COCO(path)
    assert [(c["id"], c["name"]) for c in coco.loadCats(coco.getCatIds())] == [(c.id, c.name) for c in WORDS]  # fmt: skip
    assert coco.cats[1]["color"] == [255, 0, 0]
    (image,) = coco.loadImgs(coco.getImgIds())
    assert (image["height"], image["width"], image["file_name"]) == (120, 90, "cells.png")
    ids = np.zeros((120, 90), np.uint16)
    crowds = set()
    for entry in coco.loadAnns(coco.getAnnIds()):
        mask = coco.annToMask(entry).astype(bool)
        assert not ids[mask].any()
        assert mask.sum() == entry["area"]
        ids[mask] = entry["category_id"]
        crowds.add((entry["category_id"], entry["iscrowd"]))
    assert (ids == given.labels.ids).all()
    assert crowds == {(1, 0), (7, 1), (9, 1)}
    capsys.readouterr()


def test_coco_polygons_are_close_in_pycocotools_and_holes_are_told(tmp_path, capsys):
    ids = np.zeros((80, 80), np.uint16)
    rows, cols = np.indices(ids.shape)
    ids[np.hypot(rows - 30, cols - 30) < 20] = 1
    ids[60:70, 50:75] = 7
    (path,) = ov.export(annotation(ids), tmp_path, "coco", geometry="polygon")
    coco = COCO(path)
    by_category = {a["category_id"]: a for a in coco.loadAnns(coco.getAnnIds())}
    assert isinstance(by_category[1]["segmentation"], list)
    assert isinstance(by_category[7]["segmentation"], dict)
    mask, true = coco.annToMask(by_category[1]).astype(bool), ids == 1
    assert (mask & true).sum() / (mask | true).sum() > 0.99
    assert (filled(np.reshape(by_category[1]["segmentation"][0], (-1, 2)), ids.shape) == true).all()
    exporter = EXPORTERS.get("coco")(geometry="polygon")
    assert exporter.check(annotation(ids)) == []
    ids[30, 30] = 0
    assert exporter.check(annotation(ids)) == ["the holes of 1 objects; they are filled"]
    with pytest.raises(RecipeError, match="rle, polygon"):
        EXPORTERS.get("coco")(geometry="poly")
    capsys.readouterr()


def test_a_series_is_one_coco_file(tmp_path, capsys):
    more = WORDS.with_category(ov.Category(12, "late"))
    stack = np.stack([blobs(seed=1), blobs(seed=2)])
    series = [annotation(), annotation(stack, "stack", more), annotation(blobs((20, 30)), "small")]
    (path,) = EXPORTERS.get("coco")().write_series(series, tmp_path)
    coco = COCO(path)
    assert path.name == "dataset.coco.json"
    assert [i["file_name"] for i in coco.dataset["images"]] == ["cells.png", "stack_0000.png", "stack_0001.png", "small.png"]  # fmt: skip
    assert coco.getCatIds() == [1, 7, 9, 12]
    assert len({a["id"] for a in coco.dataset["annotations"]}) == len(coco.anns)
    for image, ids in zip((1, 2, 3, 4), [blobs(), *stack, blobs((20, 30))], strict=True):
        drawn = sum(coco.annToMask(a).astype(np.uint16) * a["category_id"] for a in coco.imgToAnns[image])  # fmt: skip
        assert (drawn == ids).all()
    capsys.readouterr()


@pytest.mark.parametrize("name", SERIES)
def test_a_series_that_would_mix_images_or_categories_is_refused(tmp_path, name):
    exporter = EXPORTERS.get(name)()
    other = ov.Vocabulary((*WORDS.categories[1:], ov.Category(1, "something else")))
    renumbered = ov.Vocabulary((ov.Category(3, "nucleus"), *WORDS.categories[1:]))
    small = blobs((20, 30))
    for match, series in (
        ("called 'cells'", [annotation(small), annotation(small, "cells")]),
        ("called 'a_0000'", [annotation(small[None], "a"), annotation(small, "a_0000")]),
        ("id 1 is 'nucleus'", [annotation(small), annotation(small, "b", other)]),
        ("no common vocabulary", [annotation(small), annotation(small * 0, "b", renumbered)]),
        ("no common vocabulary", []),
    ):
        with pytest.raises(ExportError, match=match):
            exporter.write_series(series, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_panoptic_ids_and_segments_agree(tmp_path):
    given = annotation(np.random.default_rng(0).choice([0, 1], (400, 401), p=[0.9, 0.1]).astype(np.uint16))  # fmt: skip
    picture, table = ov.export(given, tmp_path, "coco-panoptic")
    with Image.open(picture) as opened:
        rgb = np.asarray(opened).astype(np.int64)
    numbers = rgb @ [1, 256, 65536]
    content = json.loads(table.read_text())
    (segments,) = content["annotations"]
    assert segments["file_name"] == picture.name
    assert numbers.max() == len(segments["segments_info"]) > 255
    areas = np.bincount(numbers.ravel())
    for info in segments["segments_info"]:
        assert areas[info["id"]] == info["area"]
    assert (np.isin(numbers, [s["id"] for s in segments["segments_info"]]) == (given.labels.ids == 1)).all()  # fmt: skip
    assert [(c["isthing"], c["color"]) for c in content["categories"]][:2] == [(1, [255, 0, 0]), (0, [0, 255, 0])]  # fmt: skip
