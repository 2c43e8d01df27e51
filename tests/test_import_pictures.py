"""What people bring back: our own files whole, those of others as far as they go, bad ones refused."""

import copy
import json
import os
import random
import tracemalloc
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from faster_coco_eval import mask as fast_mask
from PIL import Image
from pycocotools import mask as coco_mask
from skimage.measure import grid_points_in_poly

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.importers import IMPORTERS, read_labels
from napari_ovseg.importers._runs import paint, runs_of_counts, runs_of_rings

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)

WORDS = ov.Vocabulary(
    (ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), "a dark disc", "#ff0000", 0.5),
     ov.Category(7, "細胞質 <&\">", colour="#00ff00", role="stuff", threshold=0.25),
     ov.Category(300, "=danger: \u2028'{}", colour="#123456", role="background"))
)  # fmt: skip
HISTORY = ov.Provenance("method = 'sclip'", "starter", "0.1", "2026-11-21T00:00:00Z", 0.25)
BAD_FILES = int(os.environ.get("OVSEG_BAD_FILES", "300"))


def blobs(shape=(40, 50), seed=0, values=(0, 1, 7, 300)):
    rng = np.random.default_rng(seed)
    coarse = rng.choice(
        np.array(values, np.uint16), (*shape[:-2], shape[-2] // 4 + 1, shape[-1] // 4 + 1)
    )
    ids = coarse.repeat(4, -2).repeat(4, -1)[..., : shape[-2], : shape[-1]].copy()
    ids[rng.random(shape) < 0.02] = 1
    return ids


def annotation(ids=None, name="cells", vocabulary=WORDS, grid=None):
    ids = blobs() if ids is None else ids
    grid = grid or ov.Grid.regular(ids.ndim, (0.5,) * ids.ndim, units=("µm",) * ids.ndim)
    return ov.Annotation(name, ov.LabelMap(ids, vocabulary, grid), provenance=HISTORY)


def same(first, second):
    assert (first.labels.ids == second.labels.ids).all()
    assert first.labels.ids.dtype == np.uint16
    assert first.labels.vocabulary == second.labels.vocabulary
    assert first.labels.grid == second.labels.grid
    assert first.provenance == second.provenance
    assert first.name == second.name


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


def test_a_png_comes_back_with_its_table(tmp_path):
    small = ov.Vocabulary((*WORDS.categories[:2], replace(WORDS.categories[2], id=9)))
    given = annotation(blobs(values=(0, 1, 7, 9)), vocabulary=small)
    read = read_labels(ov.export(given, tmp_path, "png")[0])
    assert (read.labels.ids == given.labels.ids).all()
    same(read, given)
    stack = ov.export(annotation(given.labels.ids[None], vocabulary=small), tmp_path / "s", "png")
    assert read_labels(stack[0]).labels.vocabulary == small


def test_a_png_larger_than_pillow_takes_from_strangers_comes_back(tmp_path, monkeypatch):
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs(values=(0, 1, 7)), vocabulary=small)
    path = ov.export(given, tmp_path, "png")[0]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", given.labels.ids.size // 3)
    same(read_labels(path), given)


def test_a_png_goes_by_its_table_and_without_one_by_itself(tmp_path):
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs(values=(0, 1, 7)), vocabulary=small)
    path, table = ov.export(given, tmp_path, "png")
    words = table.read_text("utf-8").replace("nucleus", "kernel")
    table.write_text(words, "utf-8")
    changed = read_labels(path).labels.vocabulary.categories[0]
    first = small.categories[0]
    assert changed.name == "kernel"
    assert (changed.definition, changed.threshold) == (first.definition, first.threshold)
    table.unlink()
    same(read_labels(path), given)


def test_a_png_without_a_table_has_the_palettes_colours(tmp_path):
    picture = Image.fromarray(np.array([[0, 1], [200, 255]], np.uint8))
    picture.putpalette([0, 0, 0, 255, 0, 16] + [7] * 762)
    picture.save(tmp_path / "voc.png")
    read = read_labels(tmp_path / "voc.png").labels
    assert read.ids.tolist() == [[0, 1], [200, 0]]
    assert [(c.id, c.name) for c in read.vocabulary] == [(1, "category 1"), (200, "category 200")]
    assert read.vocabulary.categories[0].colour == "#ff0010"


@pytest.mark.parametrize(
    ("mode", "match"), [("RGB", "mode RGB"), ("LA", "mode LA"), ("RGBA", "mode RGBA")]
)
def test_pictures_that_are_no_labels_are_refused(tmp_path, mode, match):
    Image.new(mode, (4, 4)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match=match):
        read_labels(tmp_path / "x.png")


@pytest.mark.parametrize(
    ("values", "dtype", "read"),
    [
        ([[0, 255]], np.uint8, [[0, 255]]),  # black and white, as other programs write masks
        ([[0, 1]], bool, [[0, 1]]),
        ([[0, 700]], np.uint16, [[0, 700]]),
        ([[255, 700]], np.uint16, [[255, 700]]),  # not of a data set of bytes
        ([[3, 255]], np.uint8, [[3, 0]]),
    ],
)
def test_masks_of_other_programs_are_read(tmp_path, values, dtype, read):
    Image.fromarray(np.array(values * 4, dtype)).save(tmp_path / "x.png")
    labels = read_labels(tmp_path / "x.png").labels
    assert labels.ids.tolist() == read * 4
    assert {c.id for c in labels.vocabulary} == {v for v in read[0] if v}


def test_values_that_the_table_lacks_are_told(tmp_path):
    path, table = ov.export(annotation(np.ones((4, 4), np.uint16), vocabulary=ov.Vocabulary(WORDS.categories[:2])), tmp_path, "png")  # fmt: skip
    table.write_text(
        "\n".join(line for line in table.read_text().splitlines() if "nucleus" not in line)
    )
    with pytest.raises(InputError, match=r"values \[1\]"):
        read_labels(path)


def coco_file(
    path,
    annotations,
    categories=({"id": 3, "name": "a", "color": "#FF0000"}, {"id": 5, "name": "b"}),
    **more,
):
    image = {"id": 9, "height": 20, "width": 30, "file_name": "folder/p.jpg", **more}
    path.write_text(
        json.dumps({"images": [image], "categories": list(categories), "annotations": annotations})
    )
    return path


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


def test_geojson_of_qupath_is_read(tmp_path):
    def feature(kind, coordinates, classification):
        properties = {"objectType": "annotation", "isLocked": False, **classification}
        return {"type": "Feature", "id": "x", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}  # fmt: skip

    tumor = {"classification": {"name": "Tumor", "color": [200, 0, 0]}}
    square = [[2, 2], [12, 2], [12, 12], [2, 12], [2, 2]]
    hole = [[5.0, 5.0], [8.0, 5.0], [8.0, 8.0], [5.0, 8.0], [5.0, 5.0]]
    features = [
        feature("Polygon", [square, hole], tumor),
        feature(
            "MultiPolygon",
            [[[[15, 0], [19, 0], [19, 3], [15, 3]]]],
            {"classification": {"name": "Stroma"}},
        ),
        feature("Point", [1, 1], tumor),
        feature("Polygon", [square], {}),
    ]
    expected = np.zeros((12, 19), np.uint16)
    expected[2:12, 2:12], expected[5:8, 5:8], expected[:3, 15:19] = 1, 0, 2
    for content in ({"type": "FeatureCollection", "features": features}, features):
        (tmp_path / "slide.geojson").write_text(json.dumps(content))
        read = read_labels(tmp_path / "slide.geojson")
        assert (read.labels.ids == expected).all()
        assert [(c.id, c.name) for c in read.labels.vocabulary] == [(1, "Tumor"), (2, "Stroma")]
        assert read.labels.vocabulary.categories[0].colour == "#c80000"
        assert read.name == "slide"
    sized = IMPORTERS.get("geojson")(shape=(30, 40)).read(tmp_path / "slide.geojson")
    assert sized.labels.ids.shape == (30, 40)
    assert (sized.labels.ids[:12, :19] == expected).all()


def test_derived_classes_of_qupath_are_read(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[2, 2], [9, 2], [9, 9], [2, 9]]]}
    kinds = (
        {"names": ["Tumor", "Positive"], "color": [200, 0, 10, 128]},
        {"names": ["Stroma"]},
        "Necrosis",
        {"name": "Tumor", "names": ["Tumor"]},
        {"name": "Immune cells", "colorRGB": -6895466},  # of an older version
    )
    features = [
        {"type": "Feature", "geometry": square, "properties": {"classification": kind}}
        for kind in kinds
    ]
    (tmp_path / "slide.geojson").write_text(json.dumps(features))
    found = read_labels(tmp_path / "slide.geojson").labels.vocabulary
    assert [c.name for c in found] == [
        "Tumor: Positive",
        "Stroma",
        "Necrosis",
        "Tumor",
        "Immune cells",
    ]
    assert [found.categories[place].colour for place in (0, 4)] == ["#c8000a", "#96c896"]
    for bad in ({"names": [3]}, {"names": "x"}, {}, 3):
        features[0]["properties"]["classification"] = bad
        (tmp_path / "bad.geojson").write_text(json.dumps(features))
        with pytest.raises(InputError, match=r"classification|names"):
            read_labels(tmp_path / "bad.geojson")


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


def test_run_lengths_agree_with_faster_coco_eval():
    rng = np.random.default_rng(0)
    for density in (0.0, 0.01, 0.5, 0.99, 1.0):
        for shape in ((1, 1), (7, 5), (60, 80)):
            mask = np.asfortranarray(rng.random(shape) < density, np.uint8)
            text = fast_mask.encode(mask)["counts"]
            text = text.decode() if isinstance(text, bytes) else text
            assert (paint([(1, runs_of_counts(text, shape))], shape) == mask).all()


def mutated(text, rng):
    """Run lengths with up to three characters changed, or cut, or doubled."""
    text = list(text)
    for _ in range(rng.randint(0, 3)):
        code = rng.randint(48, 111) if rng.random() < 0.9 else rng.randint(1, 0x2FFFF)
        text[rng.randrange(len(text))] = chr(code)
    if rng.random() < 0.3:
        del text[rng.randint(len(text) // 2, len(text)) :]
    return "".join(text) * (2 if rng.random() < 0.05 else 1)


def malformed(good, rng):
    """A mask of 9 x 8 pixels with text or lengths that are wrong, or that are not even those."""
    size = [9, 8] if rng.random() < 0.9 else rng.choice([
        [8, 9], [9], [9, 8, 1], [-9, -8], [0, 0], [10**30, 1], [2**31, 2**31], [9.0, 8.0], ["9", 8], [True, 72], [], "98", None, 72, {},
    ])  # fmt: skip
    kind = rng.random()
    if kind < 0.6:
        return size, mutated(good, rng)
    if kind < 0.85:
        lengths = [rng.randint(0, 20) for _ in range(rng.randint(0, 9))]
        lengths.append(72 - sum(lengths))
        if rng.random() < 0.7:
            bad = [
                -1, -(2**63), 2**31, 2**63, 10**400, 0.5, float("nan"), float("inf"), "3", "", None, True, [], {},
            ]  # fmt: skip
            lengths.insert(rng.randint(0, len(lengths)), rng.choice(bad))
        return size, lengths
    return size, rng.choice([
        None, True, 0, 72, -1, 1e300, [], {}, [[72]], "", "0", "P", "\ud800", "é\x00", "\U0001f9ec", "o" * 10**5, "0" * 10**5, "_" * 31 + "0",
        "oooooo?", "PPPPPPP0", [0] * 10**5, [10**18] * 50, [72, *[0] * 10**4],
    ])  # fmt: skip


@pytest.mark.soak
def test_malformed_masks_are_read_as_faster_coco_eval_reads_them_or_refused(tmp_path):
    rng = random.Random(0)
    mask = np.asfortranarray(np.random.default_rng(0).random((9, 8)) < 0.3, np.uint8)
    good = coco_mask.encode(mask)["counts"].decode()
    importer, outcomes = IMPORTERS.get("coco")(), Counter()
    tracemalloc.start()
    try:
        for _ in range(BAD_FILES):
            size, counts = malformed(good, rng)
            coded = {"size": size, "counts": counts}
            row = {"image_id": 9, "category_id": 3, "segmentation": coded}
            path = coco_file(tmp_path / "x.json", [row], height=9, width=8)
            try:
                ours = importer.read(path).labels.ids > 0
            except InputError:
                outcomes["refused"] += 1
                continue
            if isinstance(counts, str):
                theirs = fast_mask.decode({"size": [9, 8], "counts": counts.encode()})
            else:
                theirs = np.repeat(np.arange(len(counts)) % 2, counts).reshape((9, 8), order="F")
            assert (theirs == ours).all(), (size, counts)
            outcomes[type(counts).__name__] += 1
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()
    assert outcomes["refused"] > BAD_FILES / 4
    assert outcomes["str"]
    assert outcomes["list"]


def test_polygons_are_filled_as_scikit_image_fills_them():
    rng = np.random.default_rng(0)
    for _ in range(200):
        rings = [rng.uniform(-10, 45, (rng.integers(3, 9), 2)) for _ in range(rng.integers(1, 4))]
        expected = np.zeros((30, 40), bool)
        for ring in rings:
            expected ^= grid_points_in_poly((30, 40), ring[:, ::-1] - 0.5, binarize=True)
        assert (paint([(1, runs_of_rings(rings, (30, 40)))], (30, 40)) == expected).all()


def test_a_polygon_that_would_fill_the_memory_is_refused():
    teeth = np.zeros((40_000, 2))
    teeth[::2, 0] = 1e8
    teeth[:, 1] = np.arange(40_000)
    with pytest.raises(InputError, match="simplify"):
        runs_of_rings([teeth], (4, 50_000))


HOSTILE = [None, True, -1, 0, 1, 2**31, 10**30, -(10**400), 0.5, 1e308, float("nan"), float("-inf"), "", "a", "P", "\udcff", "x" * 500,
           "[[category]]", "[[category]]\nname=1", "[" * 5000, [], {}, [[]], [{}], [None], [0, 0], [[0, 0, 1, 1, 2, 2]],
           {"size": [1, 1], "counts": "0"}, {"name": "a"}, {"type": "FeatureCollection"}]  # fmt: skip


def spoiled(value, rng):
    """A copy of JSON with one to three values anywhere in it replaced, removed or doubled."""
    value = copy.deepcopy(value)
    places = []

    def walk(node):
        keys = (
            node.keys()
            if isinstance(node, dict)
            else range(len(node))
            if isinstance(node, list)
            else ()
        )
        for key in list(keys):
            places.append((node, key))
            walk(node[key])

    walk(value)
    for _ in range(rng.randint(1, 3)):
        node, key = rng.choice(places)
        try:
            if rng.random() < 0.15:
                del node[key]
            elif rng.random() < 0.1 and isinstance(node, list):
                node.append(node[key])
            elif type(node[key]) in (int, float) and rng.random() < 0.5:
                node[key] = rng.choice([node[key] + 1, -node[key], node[key] * 10, node[key] / 3])
            else:
                node[key] = copy.deepcopy(rng.choice(HOSTILE))
        except (KeyError, IndexError, OverflowError):
            pass  # an earlier change removed the place, or the number has no third
    return value


def flipped(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.2 else data)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["coco", "geojson", "png"])
def test_bad_files_are_refused_and_nothing_else_happens(tmp_path, kind):
    rng = random.Random(1)
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs((9, 12), values=(0, 1, 7)), vocabulary=small)
    good, *beside = ov.export(given, tmp_path, kind)
    original = good.read_bytes()
    table = beside[0].read_bytes() if beside else b""
    importer = IMPORTERS.get(kind)()
    refused = read = 0
    for _ in range(BAD_FILES):
        if kind != "png" and rng.random() < 0.8:
            data = json.dumps(spoiled(json.loads(original), rng)).encode()
        elif kind == "png" and rng.random() < 0.5:
            data = original
            beside[0].write_bytes(flipped(table, rng))
        else:
            data = flipped(original, rng)
        good.write_bytes(data)
        try:
            labels = importer.read(good).labels
        except InputError:
            refused += 1
        else:
            assert labels.ids.dtype == np.uint16
            read += 1
        if beside:
            beside[0].write_bytes(table)
    assert refused > BAD_FILES / 4
    assert read


def test_files_that_are_no_json_are_refused(tmp_path):
    importers = [IMPORTERS.get(name)() for name in ("coco", "geojson")]
    for data in (b"", b"\xff", b"[" * 100_000, b"9" * 5000, b'{"a":', b"null", b"3", b'"a"'):
        (tmp_path / "x").write_bytes(data)
        for importer in importers:
            with pytest.raises(InputError):
                importer.read(tmp_path / "x")
