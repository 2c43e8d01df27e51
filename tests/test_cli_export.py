"""The command line writes other formats."""

import io
import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.cli import main
from napari_ovseg.exporters import split
from napari_ovseg.importers import IMPORTERS, read_labels


def test_export_tells_what_is_lost_and_writes_every_format(tmp_path, capsys):
    ids = np.zeros((20, 30), np.uint16)
    ids[3:9, 4:20] = 1
    words = ov.Vocabulary.parse("cell; wall")
    given = []
    for name in ("a", "b", "c"):
        grid = ov.Grid.regular(2, (0.5, 0.5), units=("um", "um"))
        given += ov.export(ov.Annotation(name, ov.LabelMap(ids, words, grid)), tmp_path / "in")
    asked = ["export", *map(str, given), "-o", str(tmp_path / "out"), "--format"]
    assert main([*asked, "png,coco", "--validation", "0.4"]) == 0
    told = capsys.readouterr()
    assert "png does not hold the physical size of pixels" in told.err
    parts = {p.parent.name for p in (tmp_path / "out").rglob("*.png")}
    assert parts <= {"train", "val"}
    assert len(list((tmp_path / "out").rglob("*.png"))) == 3
    assert main([*asked, "coco", "--set", "geometry=polygon"]) == 0
    (series,) = (tmp_path / "out").glob("*.coco.json")
    assert len(json.loads(series.read_text())["images"]) == 3
    assert main([*asked, "coco", "--set", "shape=round"]) == 2
    assert "coco has no option shape; it has: " in capsys.readouterr().err
    assert main([*asked, "png", "--set", "shape"]) == 2
    assert main(["export", str(tmp_path / "gone.tif"), "-o", str(tmp_path), "--format", "png"]) == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.fixture
def cells(tmp_path):
    """A file of labels."""
    ids = np.ones((20, 30), np.uint16)
    given = ov.Annotation("cells", ov.LabelMap(ids, ov.Vocabulary.parse("cell"), ov.Grid.regular(2)))  # fmt: skip
    return str(ov.export(given, tmp_path / "in")[0])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_export_replaces_no_picture(tmp_path, cells, capsys, mode):
    file = tmp_path / "in" / "cells.png"
    Image.new(mode, (30, 20)).save(file)
    before = file.read_bytes()
    command = ["export", cells, "-o", str(file.parent), "--format", "png"]
    assert main(command) == 2
    assert "another program made" in capsys.readouterr().err
    assert {path.name for path in file.parent.iterdir()} == {"cells.ome.tif", "cells.png"}
    assert file.read_bytes() == before
    assert main([*command, "--overwrite"]) == 0
    assert file.read_bytes() != before
    assert main(command) == 0  # what is ours is written anew


@pytest.mark.parametrize(
    ("name", "option", "told"),
    [
        ("nnunet", "number=two", "number must be a whole number, got 'two'"),
        ("nnunet", "number=1.5", "number must be a whole number, got 1.5"),
        ("nnunet", "number=true", "number must be a whole number, got True"),
        ("nnunet", "images=3", "cannot read '3' as an image"),
        ("nnunet", 'images=["a", 3]', "images must be a file or a list of files, got ['a', 3]"),
        ("nnunet", "unlabelled=[1]", "unlabelled must be 'background' or 'ignore', got '[1]'"),
        ("dicom-seg", "kind=1", "kind must be 'binary' or 'labelmap', got '1'"),
        ("coco", "geometry={a=1}", "geometry must be one of rle, polygon, got '{a=1}'"),
    ],
)
def test_options_of_the_wrong_kind_are_told(tmp_path, cells, capsys, name, option, told):
    command = ["export", cells, "-o", str(tmp_path / "out"), "--format", name, "--set", option]
    assert main(command) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "folder"),
    [
        ("dataset=2024", "Dataset001_2024"),
        ("dataset='CT'", "Dataset001_CT"),
        ("dataset=1e3", "Dataset001_1e3"),
        ("number=27", "Dataset027_ovseg"),
        ("channels=1", "Dataset001_ovseg"),
    ],
)
def test_text_may_look_like_a_number(tmp_path, cells, option, folder):
    command = ["export", cells, "-o", str(tmp_path / "out"), "--format", "nnunet", "--set", option]
    assert main(command) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [folder]


def test_what_cannot_be_printed_is_spelt_and_the_work_goes_on(tmp_path, cells, monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO(), "cp1252")
    monkeypatch.setattr(sys, "stdout", shown)
    folder = tmp_path / "細胞"
    assert main(["export", cells, "-o", str(folder), "--format", "png,coco"]) == 0
    assert len(list(folder.iterdir())) == 3
    assert shown.buffer.getvalue().decode("cp1252").count("\\u7d30\\u80de") == 3


LABEL_TAGS = {"Label", "name", "color"}
TABLES = {
    "cityscapes": "labels.json", "coco": "*.coco.json", "coco-panoptic": "*.panoptic.json", "cvat": "*.cvat.xml",
    "label-studio": "*.label-studio.xml", "nnunet": "Dataset001_ovseg/dataset.json", "yolo": "data.yaml",
}  # fmt: skip


def table_in(folder, name):
    """What a data set says of its categories."""
    (path,) = folder.glob(TABLES[name])
    if path.suffix == ".xml":
        return [(e.tag, e.text, e.attrib) for e in ET.parse(path).iter() if e.tag in LABEL_TAGS]
    if path.suffix == ".yaml":
        return path.read_text()
    content = json.loads(path.read_bytes())
    return content if isinstance(content, list) else content.get("categories") or content["labels"]


@pytest.mark.parametrize("name", TABLES)
def test_train_and_val_have_one_table_of_categories(tmp_path, name):
    some = ov.Vocabulary((ov.Category(3, "cell"), ov.Category(1, "sky")))
    every = ov.Vocabulary((*some, ov.Category(2, "wall")))
    ids = np.full((20, 30), 3, np.uint16)
    grid = ov.Grid.regular(2)
    series = [ov.Annotation(f"p{i}", ov.LabelMap(ids, some, grid)) for i in range(8)]
    parts = dict(split(series, 0.3))
    assert len(parts) == 2
    series = parts["val"] + [replace(a, labels=ov.LabelMap(ids, every, grid)) for a in parts["train"]]  # fmt: skip
    files = [str(ov.export(a, tmp_path / "in")[0]) for a in series]
    tables = []
    for out, order in (("out", files), ("back", files[::-1])):
        command = ["export", *order, "-o", str(tmp_path / out), "--format", name]
        assert main([*command, "--validation", "0.3"]) == 0
        tables += [table_in(tmp_path / out / part, name) for part in ("train", "val")]
    assert all(table == tables[0] for table in tables)


@pytest.mark.parametrize("by", ["person", "other program"])
def test_no_series_is_replaced_unasked(tmp_path, capsys, by):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((2, 40, 50), np.uint8), metadata={"axes": "ZYX"})
    command = ["segment", str(tmp_path / "s.tif"), "--words", "grass; gravel", "--format", "coco",
               "-o", str(tmp_path)]  # fmt: skip
    assert main(command) == 0
    file = tmp_path / "s.coco.json"
    if by == "person":
        given = read_labels(file)
        owner = np.full(given.labels.ids.shape, ov.Owner.PERSON, np.uint8)
        ov.export(replace(given, owner=owner), tmp_path, "coco")
    else:
        file.write_text("{}")
    before = file.read_bytes()
    capsys.readouterr()
    assert main(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_series_of_another_program_is_not_replaced(tmp_path, cells, capsys):
    other = str(ov.export(replace(read_labels(cells), name="more"), tmp_path / "in")[0])
    series = tmp_path / "dataset.coco.json"
    series.write_text("{}")
    assert main(["export", cells, other, "-o", str(tmp_path), "--format", "coco"]) == 2
    assert "another program" in capsys.readouterr().err
    assert series.read_text() == "{}"


def test_a_photograph_beside_a_table_is_not_ours(tmp_path, cells):
    assert main(["export", cells, "-o", str(tmp_path), "--format", "png"]) == 0
    photograph = tmp_path / "cells_2024.png"
    Image.new("RGB", (30, 20)).save(photograph)
    assert IMPORTERS.get("png")().owns(tmp_path / "cells.png")
    assert not IMPORTERS.get("png")().owns(photograph)


def test_planes_and_a_picture_of_their_name_do_not_meet(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((2, 40, 50), np.uint8), metadata={"axes": "ZYX"})
    Image.fromarray(np.zeros((60, 50), np.uint8)).save(tmp_path / "s_0001.png")
    pictures = [str(tmp_path / "s.tif"), str(tmp_path / "s_0001.png")]
    out = tmp_path / "out"
    assert main(["segment", *pictures, "--words", "grass", "-o", str(out), "--format", "png"]) == 2
    assert "another picture of this run" in capsys.readouterr().err
    assert read_labels(out / "s_0001.png").labels.ids.shape == (40, 50)


@pytest.mark.parametrize("name", ["ome-tiff", "nifti", "png", "seg-nrrd", "ome-zarr"])
def test_labels_whose_file_was_renamed_are_called_as_it_is(tmp_path, name):
    words = ov.Vocabulary.parse("grass; water")
    for folder, value in (("a", 1), ("b", 2)):
        ids = np.full((8, 9), value, np.uint16)
        made = ov.Annotation("x", ov.LabelMap(ids, words, ov.Grid.regular(2)))
        ov.export(made, tmp_path / folder, name)
    (file,) = (f for f in (tmp_path / "b").iterdir() if f.suffix not in {".csv", ".tsv"})
    second = file.rename(tmp_path / "a" / file.name.replace("x", "scan 2", 1))
    first = tmp_path / "a" / file.name
    assert main(["export", str(first), str(second), "-o", str(tmp_path), "--format", "png"]) == 0
    found = {f.stem: int(np.asarray(Image.open(f)).max()) for f in tmp_path.glob("*.png")}
    assert found.pop("x") == 1
    assert list(found.values()) == [2]
    assert next(iter(found)).startswith("scan_2-")


def test_what_ends_like_labels_of_bids_is_not_renamed(tmp_path):
    words, ids = ov.Vocabulary.parse("grass"), np.ones((8, 9), np.uint16)
    made = ov.Annotation("brain_dseg", ov.LabelMap(ids, words, ov.Grid.regular(2)))
    (file, _) = ov.export(made, tmp_path, "png")
    assert main(["export", str(file), "-o", str(tmp_path / "o"), "--format", "ome-tiff"]) == 0
    assert [f.name for f in (tmp_path / "o").iterdir()] == ["brain_dseg.ome.tif"]


@pytest.mark.parametrize("name", ["yolo", "cityscapes"])
def test_labels_that_stay_keep_the_meaning_of_their_numbers(tmp_path, capsys, name):
    ids = np.zeros((20, 30), np.uint16)
    ids[3:9, 4:12] = 1

    def write(stem, *words):
        labels = ov.LabelMap(ids, ov.Vocabulary.parse("; ".join(words)), ov.Grid.regular(2))
        ov.export(ov.Annotation(stem, labels), tmp_path / "in")
        return str(tmp_path / "in" / f"{stem}.ome.tif")

    out = ["-o", str(tmp_path / "out"), "--format", name]
    a, b = write("a", "cat", "dog"), write("b", "dog", "cat")
    assert main(["export", a, *out]) == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    capsys.readouterr()
    assert main(["export", b, *out]) == 2
    assert "numbered by other categories" in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    a = write("a", "dog", "cat")
    assert main(["export", a, b, *out]) == 0  # all of them are written anew
    assert main(["export", write("c", "dog", "cat", "bird"), *out]) == 0  # one more at the end


def test_no_run_gives_labels_that_stay_other_names(tmp_path, photo, capsys, monkeypatch):
    command = ["segment", str(photo), "-o", str(tmp_path / "out"), "--format", "yolo"]
    assert main([*command, "--words", "grass; gravel", "--preset", "fast"]) == 0
    (tmp_path / "out/photo.txt").rename(tmp_path / "out/other.txt")
    monkeypatch.setattr("napari_ovseg.pipeline.segment_steps", lambda *_: pytest.fail("encoded"))
    assert main([*command, "--words", "gravel; grass"]) == 2
    assert "'other.txt'" in capsys.readouterr().err


def test_no_image_is_in_both_parts(tmp_path, capsys):
    files = []
    for n in range(8):
        labels = ov.LabelMap(np.ones((20, 30), np.uint16), ov.Vocabulary.parse("cat"), ov.Grid.regular(2))  # fmt: skip
        files += map(str, ov.export(ov.Annotation(f"a{n}", labels), tmp_path / "in"))
    command = ["export", *files, "-o", str(tmp_path / "out"), "--format", "yolo", "--validation"]
    assert main([*command, "0.2"]) == 0
    assert main([*command, "0.2"]) == 0
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*.txt"))
    capsys.readouterr()
    assert main([*command, "0.7"]) == 2
    assert "would put it into 'val', too" in capsys.readouterr().err
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*.txt")) == before


def test_a_folder_can_be_labelled_anew_with_other_words(tmp_path, photo):
    """Notes that people keep there are no labels."""
    second = tmp_path / "second.png"
    second.write_bytes(photo.read_bytes())
    command = ["segment", str(photo), str(second), "-o", str(tmp_path / "out"), "--format", "yolo"]
    assert main([*command, "--words", "grass; gravel", "--preset", "fast"]) == 0
    (tmp_path / "out/classes.txt").write_text("grass\ngravel\n")
    assert main([*command, "--words", "gravel; grass; sky", "--preset", "fast"]) == 0
    assert '2: "sky"' in (tmp_path / "out/data.yaml").read_text()
