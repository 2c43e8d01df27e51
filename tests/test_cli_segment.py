"""The command line labels pictures."""

import json
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.cli import main


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


@pytest.mark.parametrize("name", ["nifti", "nnunet", "ome-zarr", "seg-nrrd"])
def test_axes_that_a_format_cannot_hold_are_told_before_the_work(
    tmp_path, capsys, monkeypatch, name
):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 2, 2, 20, 30), np.uint8))
    monkeypatch.setattr("napari_ovseg.pipeline.segment_steps", lambda *_: pytest.fail("encoded"))
    command = ["segment", str(tmp_path / "a.tif"), "--words", "grass", "-o", str(tmp_path / "out")]
    assert main([*command, "--format", name]) == 2
    assert "three of space" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["segment", "a.png", "--words", "grass", "-o"],
        ["export", "--format", "png", "-o", "out"],
        ["evaluate"],
        ["segment", "a.png", "-o", "out", "--vocabulary"],
        ["segment", "a.png", "--words", "grass", "-o", "out", "--backbone"],
    ],
)
def test_paths_that_the_system_refuses_are_told_in_a_line(photo, capsys, monkeypatch, command):
    monkeypatch.chdir(photo.parent)
    photo.rename("a.png")
    assert main([*command, "n" * 300]) == 2
    assert capsys.readouterr().err.count("\n") <= 2
