import io
import json
import os
import subprocess
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


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (130, 140, 3)).astype(np.uint8)).save(
        path
    )
    return path


def test_segment_writes_labels_in_the_order_of_the_words(tmp_path, photo, capsys):
    code = main(["segment", str(photo), "--words", "grass; gravel, stones", "--domain", "none",
                 "-o", str(tmp_path / "out"), "--format", "ome-tiff,png"])  # fmt: skip
    assert code == 0
    ids = tifffile.imread(tmp_path / "out" / "photo.ome.tif")
    assert ids.shape == (130, 140)
    assert set(np.unique(ids)) <= {0, 1, 2}
    with Image.open(tmp_path / "out" / "photo.png") as opened:
        assert (np.asarray(opened) == ids).all()
    assert "photo.classes.csv" in capsys.readouterr().out


def test_a_vocabulary_file_and_a_recipe_file_say_everything(tmp_path, photo):
    import napari_ovseg as ov

    ov.Vocabulary((ov.Category(40, "grass"), ov.Category(7, "gravel"))).save(tmp_path / "v.toml")
    ov.Recipe(method="vanilla", contrast=()).save(tmp_path / "r.toml")
    arguments = [
        "segment",
        str(photo),
        "--vocabulary",
        str(tmp_path / "v.toml"),
        "--recipe",
        str(tmp_path / "r.toml"),
    ]
    assert main([*arguments, "-o", str(tmp_path / "out")]) == 0
    ids = tifffile.imread(tmp_path / "out" / "photo.ome.tif")
    assert set(np.unique(ids)) <= {7, 40}
    vocabulary, recipe = (
        ov.Vocabulary.load(tmp_path / "v.toml"),
        ov.Recipe.load(tmp_path / "r.toml"),
    )
    same = ov.segment(ov.open_image(photo), vocabulary, recipe)
    assert (same.labels.ids == ids).all()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"--words": ""}, "vocabulary is empty"),
        ({"--words": "a; A"}, "two categories"),
        ({"--words": "x" * 10_000}, "200 characters"),
        ({"--words": "a\x07"}, "U+0007"),
        ({"--words": "<end_of_text>"}, "tokenizer's mark"),
        ({"--method": "slcip"}, "did you mean: sclip"),
        ({"--backbone": "nothing"}, "there is no model"),
        ({"--domain": "cooking"}, "there is no domain"),
        ({"--device": "quantum"}, "there is no device"),
        ({"--format": "docx"}, "there is no format"),
        ({"IMAGE": "nowhere.png"}, "there is no file"),
        ({"IMAGE": __file__}, "cannot read"),
        ({"-o": __file__}, "cannot write"),
        ({"--recipe": "nowhere.toml"}, "cannot read the recipe"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(tmp_path, photo, capsys, changes, told):
    values = {"IMAGE": str(photo), "--words": "grass", "-o": str(tmp_path / "out"), **changes}
    image = values.pop("IMAGE")
    code = main(["segment", image, *(part for pair in values.items() for part in pair)])
    captured = capsys.readouterr()
    assert code == 2
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def large_id(folder):
    ov.Vocabulary((ov.Category(300, "grass"),)).save(folder / "v.toml")
    return ["--vocabulary", str(folder / "v.toml")]


def lonely_threshold(folder):
    ov.Recipe(threshold=0.5, contrast=()).save(folder / "r.toml")
    return ["--words", "grass", "--recipe", str(folder / "r.toml")]


@pytest.mark.parametrize(
    ("formats", "words", "told"),
    [
        ("ome-tiff,dicom-seg", lambda _: ["--words", "grass"], "--format dicom-seg: a DICOM segmentation needs"),
        ("ome-tiff,png", large_id, "--format png: an indexed PNG holds ids up to 254, got 300"),
        ("ome-tiff,ome-zarr", lambda _: ["--words", "grass"], "writing OME-Zarr needs the library 'zarr'"),
        ("ome-tiff", lonely_threshold, "needs something to lose to"),
        ("ome-tiff", lambda _: ["--words", "xyzzy", "--domain", "none"], "never learnt any of these words"),
    ],
)  # fmt: skip
def test_what_no_picture_could_be_labelled_or_written_with_is_told_before(
    tmp_path, photo, capsys, monkeypatch, formats, words, told
):
    monkeypatch.setitem(sys.modules, "zarr", None)
    monkeypatch.setattr("napari_ovseg.image_files.open_image", lambda _: pytest.fail("opened"))
    code = main(["segment", str(photo), *words(tmp_path), "-o", str(tmp_path / "out"), "--format", formats])  # fmt: skip
    last = capsys.readouterr().err.splitlines()[-1]
    assert code == 2
    assert told in last
    assert "photo.png" not in last
    assert not (tmp_path / "out").exists()


def test_one_bad_picture_does_not_stop_the_others(tmp_path, photo, capsys):
    (tmp_path / "bad.png").write_bytes(b"no")
    code = main(
        [
            "segment",
            str(tmp_path / "bad.png"),
            str(photo),
            "--words",
            "grass",
            "-o",
            str(tmp_path / "out"),
        ]
    )
    assert code == 2
    assert (tmp_path / "out" / "photo.ome.tif").is_file()
    assert "bad.png" in capsys.readouterr().err


def test_two_pictures_of_one_name_are_refused(tmp_path, photo, capsys):
    other = tmp_path / "b" / "photo.png"
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    assert (
        main(["segment", str(photo), str(other), "--words", "a", "-o", str(tmp_path / "out")]) == 2
    )
    assert "same file" in capsys.readouterr().err


def test_the_ending_of_the_picture_is_written_down(tmp_path, photo):
    picture = tmp_path / "Image 1.ome.tif"
    tifffile.imwrite(picture, np.zeros((40, 50), np.uint8))
    command = ["segment", str(photo), str(picture), "--words", "grass", "-o", str(tmp_path / "out")]
    assert main([*command, "--format", "coco,ome-tiff"]) == 0
    tables = (tmp_path / "out").glob("*.coco.json")
    names = {json.loads(table.read_text())["images"][0]["file_name"] for table in tables}
    assert names == {photo.name, picture.name}


def test_stars_that_no_shell_expanded_are_expanded(tmp_path, photo, capsys):
    for name in ("b.tif", "a.tif", "[1].tif", "._a.tif"):
        tifffile.imwrite(tmp_path / name, np.zeros((40, 50), np.uint8))
    out = str(tmp_path / "out")
    command = ["segment", "--words", "grass", "-o", out]
    assert main([*command, str(tmp_path / "*[ab].tif"), str(tmp_path / "[1].tif")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" -> ")[0] for line in lines] == ["a.tif", "b.tif", "[1].tif"]
    made = str(tmp_path / "out" / "[ab].ome.*")
    assert main(["export", made, "-o", str(tmp_path / "png"), "--format", "png"]) == 0
    assert {path.name for path in (tmp_path / "png").glob("*.png")} == {"a.png", "b.png"}
    assert main([*command, str(tmp_path / "*.jpg")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_pictures_whose_files_differ_by_case_alone_are_refused(tmp_path, photo, capsys):
    other = tmp_path / "b" / "Photo.png"
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    command = ["segment", str(photo), str(other), "--words", "a", "-o", str(tmp_path / "out")]
    assert main(command) == 2
    assert "same file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "kind"), [("scan.ome.tif", "ome-tiff"), ("photo.png", "png")])
def test_no_picture_is_replaced_by_its_labels(tmp_path, photo, capsys, monkeypatch, name, kind):
    picture = tmp_path / name
    if picture != photo:
        tifffile.imwrite(picture, np.zeros((40, 50), np.uint8))
    before = picture.read_bytes()
    monkeypatch.setattr("napari_ovseg.pipeline.segment_steps", lambda *_: pytest.fail("encoded"))
    command = ["segment", str(picture), "--words", "grass", "-o", str(tmp_path), "--format", kind]
    for more in ([], ["--overwrite"]):
        assert main([*command, *more]) == 2
        assert "would replace the picture" in capsys.readouterr().err
        assert picture.read_bytes() == before


def test_a_plane_does_not_replace_a_picture_either(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((2, 40, 50), np.uint8), metadata={"axes": "ZYX"})
    plane = tmp_path / "s_0001.png"
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(plane)
    before = plane.read_bytes()
    pictures = [str(tmp_path / "s.tif"), str(plane)]
    command = ["segment", *pictures, "--words", "grass", "-o", str(tmp_path), "--format", "png"]
    assert main(command) == 2
    assert capsys.readouterr().err.count("would replace the picture") == 2
    assert plane.read_bytes() == before


@pytest.mark.parametrize("ending", [".ome.tif", ".png"])
@pytest.mark.parametrize("by", ["person", "lock", "other program", "damage"])
def test_no_run_replaces_what_a_person_touched(tmp_path, photo, capsys, ending, by):
    out = tmp_path / "out"
    name = {".ome.tif": "ome-tiff", ".png": "png"}[ending]
    command = ["segment", str(photo), "--words", "grass; gravel", "-o", str(out), "--format", name]
    assert main(command) == 0
    assert main(command) == 0  # nobody has touched it
    file = out / f"photo{ending}"
    given = read_labels(file)
    if by in ("person", "lock"):
        owner = np.zeros(given.labels.ids.shape, np.uint8)
        owner[3, 4] = ov.Owner.PERSON if by == "person" else ov.Owner.LOCKED
        ov.export(replace(given, owner=owner), out, name)
    elif by == "damage":
        file.write_bytes(b"not labels")
    elif ending == ".png":
        Image.fromarray(given.labels.ids.astype(np.uint8)).save(file)
    else:
        tifffile.imwrite(file, given.labels.ids)
    before = file.read_bytes()
    capsys.readouterr()
    assert main(command) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--overwrite" in told
    assert file.read_bytes() == before
    assert main([*command, "--overwrite"]) == 0
    assert read_labels(file).provenance.weights


def test_a_guide_that_is_missing_is_told_with_the_way_out(photo, tmp_path, capsys):
    arguments = ["segment", str(photo), "--words", "grass; water", "-o", str(tmp_path / "o")]
    assert main([*arguments, "--method", "proxyclip"]) == 2
    told = capsys.readouterr().err
    assert "dino_vitb8" in told
    assert "set the guide to 'none'" in told
    assert main([*arguments, "--method", "proxyclip", "--guide", "none"]) == 0


def test_presets_are_listed_and_used(photo, tmp_path, capsys):
    assert main(["presets"]) == 0
    assert "balanced" in capsys.readouterr().out
    arguments = ["segment", str(photo), "--words", "grass; water", "-o", str(tmp_path)]
    assert main([*arguments, "--preset", "fast"]) == 0
    assert main([*arguments, "--preset", "slow"]) == 2
    assert "there is no preset 'slow'" in capsys.readouterr().err


def test_lists(capsys):
    for command in ("models", "methods", "exporters"):
        assert main([command]) == 0
    out = capsys.readouterr().out
    for text in (
        "starter",
        "ViT-B-16-quickgelu:openai",
        "MIT",
        "sclip",
        "ome-tiff",
        "BSD-3-Clause",
    ):
        assert text in out


def test_the_script_is_installed():
    done = subprocess.run([sys.executable, "-m", "napari_ovseg.cli", "--help"], capture_output=True, text=True,
                          check=True, timeout=60)  # fmt: skip
    assert "segment" in done.stdout


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


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
def test_a_reader_that_has_enough_is_no_error():
    end, start = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "napari_ovseg.cli", "vocabularies"]
    done = subprocess.run(command, stdout=start, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(start)
    assert done.stderr == b""
    assert done.returncode == 141


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


@pytest.mark.parametrize("option", ["--vocabulary", "images"])
def test_what_is_too_long_for_a_name_is_told(tmp_path, photo, capsys, option):
    long = "nucleus; " * 60
    images = [long, "--words", "grass"] if option == "images" else [str(photo), option, long]
    assert main(["segment", *images, "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_where_nothing_can_be_written_is_told_before_the_work(tmp_path, photo, capsys, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("napari_ovseg.pipeline.segment_steps", lambda *_: pytest.fail("it ran"))
    out = tmp_path / "file" / "within"
    assert main(["segment", str(photo), "--words", "grass", "-o", str(out)]) == 2
    assert "cannot write" in capsys.readouterr().err


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
