"""Files for training and for other tools: YOLO, Cityscapes, QuPath, Label Studio, CVAT."""

import json

import numpy as np
import pytest
import yaml
from defusedxml import ElementTree
from lxml import etree
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, RecipeError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.instances import instances_of
from outlines import WORDS, annotation, filled

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def test_yolo_lines_fill_what_they_should(tmp_path):
    ids = np.zeros((50, 70), np.uint16)
    ids[5:20, 5:30], ids[10:14, 10:20] = 1, 0
    ids[11, 12] = 1
    ids[30:40, 3:9] = ids[30:40, 60:] = 7
    ids[45] = 9
    lines, table = ov.export(annotation(ids), tmp_path, "yolo")
    names = yaml.safe_load(table.read_text(encoding="utf-8"))["names"]
    assert names == {0: "nucleus", 1: WORDS.categories[1].name}
    rows = [line.split() for line in lines.read_text().splitlines()]
    assert [row[0] for row in rows] == ["0", "1", "1", "0"]
    drawn = np.zeros(ids.shape, np.uint16)
    for number, *values in rows:
        drawn[filled(np.reshape(np.array(values, float), (-1, 2)) * (70, 50), ids.shape)] = int(number) + 1  # fmt: skip
    expected = np.where(ids == 7, 2, 0)
    expected[5:20, 5:30] = 1
    assert (drawn == expected).all()
    lost = EXPORTERS.get("yolo")().check(annotation(ids))
    assert any("holes of 1 objects" in text for text in lost)
    assert any("1 regions" in text for text in lost)
    assert any("=danger" in text for text in lost)


def test_yolo_validates_with_what_it_was_not_trained_with(tmp_path):
    """A relative ``path`` would be looked for where the training is started."""
    for folder, train, val in (("all", ".", "."), ("train", "../train", "../val"), ("val", "../train", "../val")):  # fmt: skip
        *_, table = ov.export(annotation(), tmp_path / folder, "yolo")
        told = yaml.safe_load(table.read_text(encoding="utf-8"))
        assert ("path" in told, told["train"], told["val"]) == (False, train, val)
        assert (table.parent / told["train"]).resolve().name == ("all" if train == "." else "train")


def test_cityscapes_ids_and_their_limits(tmp_path):
    given = annotation()
    labels, instances, table = ov.export(given, tmp_path, "cityscapes")
    assert [labels.name, instances.name, table.name] == ["cells_labelIds.png", "cells_instanceIds.png", "labels.json"]  # fmt: skip
    with Image.open(labels) as opened:
        assert (np.asarray(opened) == given.labels.ids).all()
    with Image.open(instances) as opened:
        values = np.asarray(opened)
    assert values.dtype == np.uint16
    assert (np.where(values < 1000, values, values // 1000) == given.labels.ids).all()
    count = sum(c.id == 1 for c in instances_of(given.labels.ids, WORDS).categories)
    assert set(values[values >= 1000]) == set(range(1000, 1000 + count))
    assert json.loads(table.read_text())[1]["name"] == WORDS.categories[1].name
    many = np.zeros((80, 80), np.uint16)
    many[::2, ::2] = 1
    for match, ids, words in (
        ("999 objects", many, WORDS),
        ("up to 64", np.full((4, 4), 66, np.uint16), WORDS.with_category(ov.Category(66, "x"))),
        ("up to 254", np.zeros((4, 4), np.uint16), WORDS.with_category(ov.Category(255, "x"))),
    ):
        with pytest.raises(ExportError, match=match):
            ov.export(annotation(ids, vocabulary=words), tmp_path / "out", "cityscapes")
    assert not (tmp_path / "out").exists()


def test_geojson_is_what_qupath_reads(tmp_path):
    given = annotation()
    (path,) = ov.export(given, tmp_path, "geojson", object_type="detection")
    content = json.loads(path.read_text())
    assert content["type"] == "FeatureCollection"
    ids, kinds = np.zeros((120, 90), np.uint16), set()
    by_name = {c.name: c.id for c in WORDS}
    for feature in content["features"]:
        geometry, properties = feature["geometry"], feature["properties"]
        several = geometry["type"] == "MultiPolygon"
        for rings in geometry["coordinates"] if several else [geometry["coordinates"]]:
            assert all(ring[0] == ring[-1] for ring in rings)
            inside = np.zeros(ids.shape, bool)
            for ring in rings:
                inside ^= filled(ring[:-1], ids.shape)
            ids[inside] = by_name[properties["classification"]["name"]]
        kinds.add((properties["classification"]["name"], properties["objectType"]))
        assert len(properties["classification"]["color"]) == 3
    assert (ids == given.labels.ids).all()
    assert kinds == {("nucleus", "detection"), (WORDS.categories[1].name, "annotation"), (WORDS.categories[2].name, "annotation")}  # fmt: skip
    with pytest.raises(RecipeError, match="detection"):
        EXPORTERS.get("geojson")(object_type="cell")


def test_label_studio_polygons_and_interface(tmp_path):
    ids = np.full((60, 60), 9, np.uint16)
    for margin, number in (
        (10, 1),
        (14, 7),
        (18, 1),
        (22, 9),
        (26, 1),
    ):  # one in the hole of another
        ids[margin:-margin, margin:-margin] = number
    given = annotation(ids)
    tasks, interface = ov.export(
        given, tmp_path, "label-studio", image_prefix="/data/local-files/?d="
    )
    root = etree.parse(interface).getroot()
    colours = {e.get("value"): e.get("background") for e in root.iter("Label")}
    control, picture = root.find("PolygonLabels"), root.find("Image")
    (task,) = json.loads(tasks.read_text())
    assert task["data"][picture.get("value")[1:]] == "/data/local-files/?d=cells.png"
    drawn = np.zeros(ids.shape, np.uint16)
    by_colour = {c.colour: c.id for c in WORDS}
    for region in task["annotations"][0]["result"]:
        assert (region["from_name"], region["to_name"]) == (
            control.get("name"),
            picture.get("name"),
        )
        ring = np.array(region["value"]["points"]) * (region["original_width"], region["original_height"]) / 100  # fmt: skip
        drawn[filled(ring, drawn.shape)] = by_colour[colours[region["value"]["polygonlabels"][0]]]
    assert (drawn == ids).all()  # a filled hole is under what is in it
    assert any("holes" in text for text in EXPORTERS.get("label-studio")().check(given))


def test_cvat_polygons_and_masks(tmp_path):
    given = annotation()
    (path,) = ov.export(given, tmp_path, "cvat")
    root = ElementTree.parse(path).getroot()
    assert root.findtext("version") == "1.1"
    colours = {e.findtext("name"): e.findtext("color") for e in root.iter("label")}
    by_colour = {c.colour: c.id for c in WORDS}
    (image,) = root.findall("image")
    assert (image.get("name"), image.get("width"), image.get("height")) == (
        "cells.png",
        "90",
        "120",
    )
    drawn = np.zeros((120, 90), np.uint16)
    assert {shape.tag for shape in image} == {"polygon", "mask"}
    for shape in image:
        if shape.tag == "polygon":
            ring = [[float(v) for v in pair.split(",")] for pair in shape.get("points").split(";")]
            inside = filled(ring, drawn.shape)
        else:
            left, top, width, height = (
                int(shape.get(k)) for k in ("left", "top", "width", "height")
            )
            counts = [int(n) for n in shape.get("rle").split(",")]
            flat = np.repeat(np.arange(len(counts)) % 2, counts)
            inside = np.zeros(drawn.shape, bool)
            inside[top : top + height, left : left + width] = flat.reshape(height, width)
        assert not drawn[inside].any()
        drawn[inside] = by_colour[colours[shape.get("label")]]
    assert (drawn == given.labels.ids).all()
    assert colours["nucleus"] == "#ff0000"
    assert any(r"\ufffe" in name for name in colours)
