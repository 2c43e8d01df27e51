"""Pictures and polygons: read back with pycocotools, Pillow, lxml, PyYAML and scikit-image."""

import json

import numpy as np
import pytest
import yaml
from defusedxml import ElementTree
from lxml import etree
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from skimage.measure import grid_points_in_poly

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, RecipeError
from napari_ovseg.exporters import EXPORTERS, safe_name
from napari_ovseg.formats.instances import instances_of
from napari_ovseg.formats.polygons import polygons_of
from napari_ovseg.formats.rle import encode

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)

FORMATS = ("cityscapes", "coco", "coco-panoptic", "cvat", "geojson", "label-studio", "yolo")
SERIES = ("coco", "coco-panoptic", "cvat", "label-studio", "yolo")
WORDS = ov.Vocabulary(
    (ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), colour="#ff0000"),
     ov.Category(7, "細胞質 <&\">", colour="#00ff00", role="stuff", threshold=0.25),
     ov.Category(9, "=danger: \u2028\ufffe'{}", colour="#0000ff", role="background"))
)  # fmt: skip


def blobs(shape=(120, 90), seed=0):
    """Things of all sizes, with holes, touching corners and the borders; stuff in two parts."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(shape)
    ids = np.full(shape, 9, np.uint16)
    ids[:, 60:75] = 7
    for _ in range(25):
        r, c, size = rng.integers(0, shape[0]), rng.integers(0, shape[1]), rng.uniform(0.5, 14)
        away = np.hypot(rows - r, (cols - c) * rng.uniform(0.5, 2))
        ids[(away <= size) & (away > rng.choice([-1, size / 2]))] = 1
    ids[rng.random(shape) < 0.01] = 1
    ids[rng.random(shape) < 0.01] = 0
    return ids


def annotation(ids=None, name="cells", vocabulary=WORDS, grid=None):
    ids = blobs() if ids is None else ids
    return ov.Annotation(name, ov.LabelMap(ids, vocabulary, grid or ov.Grid.regular(ids.ndim)))


def filled(ring, shape):
    """Pixels whose centres lie in a ring (x, y), by scikit-image."""
    return grid_points_in_poly(shape, np.asarray(ring)[:, ::-1] - 0.5, binarize=True)


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
