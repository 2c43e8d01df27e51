"""Names of images, planes, and what is told, in every format of pictures."""

import json

import numpy as np
import pytest
from defusedxml import ElementTree

import napari_ovseg as ov
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS, safe_name
from outlines import annotation, blobs

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


FORMATS = ("cityscapes", "coco", "coco-panoptic", "cvat", "geojson", "label-studio", "yolo")


def image_names(files):
    """What each data set says that its images are called."""
    content = files[-1].read_text(encoding="utf-8")
    if files[-1].suffix == ".json":
        return [image["file_name"] for image in json.loads(content)["images"]]
    if "cvat" in files[-1].name:
        return [image.get("name") for image in ElementTree.fromstring(content).iter("image")]
    return [task["data"]["image"] for task in json.loads(files[0].read_text())]


@pytest.mark.parametrize("format", ["coco", "coco-panoptic", "cvat", "label-studio"])
@pytest.mark.parametrize("name", ["Image 1", "细胞 (2)", "Screenshot 3.00\u202fPM", "a & b <c>'\""])
def test_images_are_called_what_their_files_are(tmp_path, format, name):  # noqa: A002
    files = ov.export(annotation(name=name), tmp_path, format, image_suffix=".JPG")
    assert image_names(files) == [f"{name}.JPG"]
    assert all(file.name.isascii() and " " not in file.name for file in files)
    stack = np.stack([blobs(), blobs()])
    files = ov.export(annotation(stack, name), tmp_path, format)
    assert image_names(files) == [f"{name}_0000.png", f"{name}_0001.png"]


@pytest.mark.parametrize("name", ["a/b", "..\\b", "C:b", "a\nb", "\ud800", "", "a\ufffe"])
def test_what_is_no_file_s_name_is_made_one(tmp_path, name):
    files = ov.export(annotation(name=name), tmp_path, "cvat")
    assert image_names(files) == [f"{safe_name(name)}.png"]


def test_names_within_an_address_are_encoded(tmp_path):
    files = ov.export(annotation(name="Image #1"), tmp_path, "label-studio", image_prefix="/d?d=")
    assert image_names(files) == ["/d?d=Image%20%231.png"]


def test_yolo_tells_what_the_image_is_to_be_called():
    exporter = EXPORTERS.get("yolo")()
    (told,) = set(exporter.check(annotation(name="Image 1"))) - set(exporter.check(annotation()))
    assert told == f"the name 'Image 1'; call the image {safe_name('Image 1')!r}, as its .txt is"


@pytest.mark.parametrize("name", FORMATS)
def test_planes_are_images_of_their_own(tmp_path, name):
    files = ov.export(annotation(np.stack([blobs(), blobs(seed=1)])), tmp_path, name)
    text = (
        " ".join(file.name for file in files)
        + files[-1].read_text()
        + files[0].read_bytes().decode("latin1")
    )
    assert "cells_0000" in text
    assert "cells_0001" in text
    assert any("plane" in t for t in EXPORTERS.get(name)().check(annotation(blobs()[None])))


@pytest.mark.parametrize("name", FORMATS)
def test_ids_without_a_category_are_refused(tmp_path, name):
    with pytest.raises(ExportError, match="no category has"):
        ov.export(annotation(np.full((4, 5), 2, np.uint16)), tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_that_calibration_is_lost_is_told(name):
    grid = ov.Grid.regular(2, (0.5, 0.5), units=("µm", "µm"))
    lost = EXPORTERS.get(name)().check(annotation(grid=grid))
    assert any("physical size" in text for text in lost)


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_label_map_is_written(tmp_path, name):
    assert all(p.stat().st_size or p.suffix == ".txt" for p in ov.export(annotation(np.zeros((2, 2), np.uint16)), tmp_path, name))  # fmt: skip
