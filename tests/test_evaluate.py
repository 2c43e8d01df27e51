"""``ovseg evaluate``: pictures with masks, pooled over a data set."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from napari_ovseg import evaluate
from napari_ovseg.cli import main


@pytest.fixture
def dataset(tmp_path):
    """Two pictures whose masks are known; the second was asked only for one class."""
    folder = tmp_path / "sets" / "toy"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for name in ("a", "b"):
        rng = np.random.default_rng(ord(name))
        Image.fromarray(rng.integers(0, 255, (60, 70)).astype(np.uint8)).save(
            folder / "images" / f"{name}.png"
        )
        mask = np.zeros((60, 70), np.uint8)
        mask[:, 40:], mask[:5] = 3, 255
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    (folder / "dataset.toml").write_text(
        "name = 'toy'\nignore_value = 255\n"
        "[[classes]]\nid = 0\nname = 'ground'\nqueries = ['background']\nbackground = true\n"
        "[[classes]]\nid = 3\nname = 'grass'\nqueries = ['grass', 'lawn']\n"
        "[[images]]\nfile = 'a.png'\n[[images]]\nfile = 'b.png'\nask = [3]\n"
    )
    return tmp_path / "sets"


def test_evaluate_pools_pixels_and_leaves_out_what_was_not_asked(dataset, tmp_path, capsys):
    assert (
        main(["evaluate", str(dataset), "--domain", "none", "--json", str(tmp_path / "r.json")])
        == 0
    )
    table = json.loads((tmp_path / "r.json").read_text())
    result = table["datasets"]["toy"]
    figures = {"miou", "interval", "pixel_accuracy", "iou", "n_images", "seconds", "notes"}
    assert set(result) == figures
    assert result["notes"] == []
    assert set(result["iou"]) == {"ground", "grass"}
    assert result["n_images"] == 2
    assert result["miou"] == pytest.approx(np.mean(list(result["iou"].values())))
    low, high = result["interval"]
    assert low <= result["miou"] <= high
    assert table["recipe"]["backbone"] == "starter"
    assert "toy" in capsys.readouterr().out


def values_of(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_masks_with_a_palette_count_by_their_numbers(dataset, tmp_path, capsys):
    results = []
    for palette in (None, np.random.default_rng(0).integers(0, 255, 768).tolist()):
        for path in (dataset / "toy" / "masks").iterdir() if palette else ():
            mask = Image.fromarray(values_of(path))
            mask.putpalette(palette)
            mask.save(path)
        assert main(["evaluate", str(dataset), "--json", str(tmp_path / "r.json")]) == 0
        results.append(json.loads((tmp_path / "r.json").read_text())["datasets"]["toy"]["iou"])
    assert results[0] == results[1]
    for path in (dataset / "toy" / "masks").iterdir():
        Image.fromarray(values_of(path)).convert("RGB").save(path)
    capsys.readouterr()
    assert main(["evaluate", str(dataset)]) == 2
    assert "grey or with a palette" in capsys.readouterr().err


def test_evaluate_compares_methods_in_one_table(dataset, tmp_path, capsys):
    target = tmp_path / "r.json"
    arguments = ["evaluate", str(dataset), "--method", "sclip,naclip", "--json", str(target)]
    assert main(arguments) == 0
    header, row, interval, agreement = capsys.readouterr().out.splitlines()
    assert header.split() == ["mIoU", "sclip", "naclip"]
    runs = json.loads(target.read_text())["runs"]
    assert [run["recipe"]["method"]["name"] for run in runs] == ["sclip", "naclip"]
    assert row.split()[1:] == [f"{run['datasets']['toy']['miou']:.3f}" for run in runs]
    low, high = runs[0]["datasets"]["toy"]["interval"]
    assert interval.split()[2] == f"{low:.3f}-{high:.3f}"
    assert agreement.split()[-2] == "100.0%"
    assert 0 < runs[1]["datasets"]["toy"]["agreement"] < 1


def test_evaluate_compares_presets(dataset, tmp_path, capsys):
    assert main(["evaluate", str(dataset), "--preset", "fast,balanced"]) == 0
    header = capsys.readouterr().out.splitlines()[0]
    assert header.split() == ["mIoU", "fast", "balanced"]


CLASS = "[[classes]]\nid = 0\nname = 'a'\n"


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "name = 'x'",
        "[[classes]]\nname = 'a'\n",
        "[[classes]]\nid = '1'\nname = 'a'\n",
        f"{CLASS}queries = 'grass'\n",
        f"{CLASS}[[images]]\nfile = 'b.png'\nask = 0\n",
        f"{CLASS}[[images]]\nfile = 'b.png'\nask = ['a']\n",
        "classes = []\n",
    ],
)
def test_bad_data_sets_are_told(tmp_path, text, capsys):
    assert main(["evaluate", str(tmp_path)]) == 2
    (tmp_path / "dataset.toml").write_text(
        text + ("[[images]]\nfile='a.png'" if "classes" in text else "")
    )
    assert main(["evaluate", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_data_set_without_pictures_is_told(tmp_path, capsys):
    (tmp_path / "dataset.toml").write_text("[[classes]]\nid = 0\nname = 'a'\n")
    assert main(["evaluate", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert "add a table [[images]]" in told.err
    assert not told.out


def test_where_figures_cannot_be_written_is_told_before_the_work(dataset, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["evaluate", str(dataset), "--json", str(tmp_path / "file" / "r.json")]) == 2
    told = capsys.readouterr()
    assert "cannot write" in told.err
    assert not told.out


def changed(dataset, *pairs):
    """Change words of the table."""
    file = dataset / "toy" / "dataset.toml"
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("ask = [3]", "ask = [3, 4]", "asks of b.png for 4, which no class has"),
        ("ask = [3]", "ask = []", "asks of b.png for nothing; leave 'ask' out"),
        ("id = 3", "id = 0", "lists several classes of id 0; leave one of them"),
        ("'grass'\n", "'ground'\n", "lists several classes 'ground'; leave one of them"),
        ("'b.png'", "'a.png'", "lists several pictures 'a.png'; leave one of them"),
        ("id = 3", "id = 255", "gives a class the id 255, the value of pixels that are left out"),
        ("ignore_value = 255", "ignore_value = 'x'", "a whole number"),
    ],
)
def test_ids_that_cannot_be_are_told(dataset, capsys, old, new, told):
    changed(dataset, (old, new))
    assert main(["evaluate", str(dataset)]) == 2
    assert told in capsys.readouterr().err


def test_what_has_no_part_in_the_figures_is_told(dataset, tmp_path, capsys):
    """Else a class that no mask has, or whose word the model does not know, raises no question."""
    changed(
        dataset, ("['grass', 'lawn']", "['spaceship']"), ("name = 'grass'", "name = 'rocket'"),
        ("[[images]]\nfile = 'a.png'", "[[classes]]\nid = 4\nname = 'gravel'\n[[images]]\nfile = 'a.png'"),
    )  # fmt: skip
    for path in (dataset / "toy" / "masks").iterdir():
        mask = values_of(path).copy()
        mask[-1, :3] = 1, 2, 200
        Image.fromarray(mask).save(path)
    arguments = ["evaluate", str(dataset), "--method", "sclip,vanilla"]
    assert main([*arguments, "--json", str(tmp_path / "r.json")]) == 0
    expected = [
        "1 of 3 classes are told in words that the model never learnt, so nothing is labelled so: rocket",
        "1 of 3 classes are in no mask: gravel",
        "pixels of values that no class has are left out: 1, 2, 200",
    ]
    for run in json.loads((tmp_path / "r.json").read_text())["runs"]:
        assert run["datasets"]["toy"]["notes"] == expected
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[-3:]] == expected


def test_classes_that_are_never_asked_together_may_have_names_alike(dataset, capsys):
    changed(
        dataset, ("[[images]]\nfile = 'a.png'\n", "[[images]]\nfile = 'a.png'\nask = [0, 4]\n"),
        ("[[images]]\nfile = 'a.png'", "[[classes]]\nid = 4\nname = 'Grass'\n[[images]]\nfile = 'a.png'"),
    )  # fmt: skip
    assert main(["evaluate", str(dataset)]) == 0
    assert "classes are in no mask: Grass" in capsys.readouterr().out


def test_masks_without_a_class_are_told(dataset, capsys):
    changed(dataset, ("id = 3", "id = 77"), ("id = 0", "id = 78"), ("ask = [3]", "ask = [77]"))
    assert main(["evaluate", str(dataset), "--domain", "none"]) == 2
    assert "no pixel in the masks of 'toy' has the id of a class" in capsys.readouterr().err


def test_two_data_sets_of_one_name_are_told(dataset, capsys):
    shutil.copytree(dataset / "toy", dataset / "copy")
    assert main(["evaluate", str(dataset)]) == 2
    assert "2 data sets" in capsys.readouterr().err


def test_figures_do_not_depend_on_how_classes_are_numbered(dataset, tmp_path):
    file = tmp_path / "r.json"

    def figures():
        assert main(["evaluate", str(dataset), "--domain", "none", "--json", str(file)]) == 0
        (result,) = json.loads(file.read_text())["datasets"].values()
        return {**result, "seconds": 0}

    before = figures()
    for path in (dataset / "toy" / "masks").iterdir():
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.where(pixels == 3, 200, pixels).astype(np.uint8)).save(path)
    changed(dataset, ("id = 3", "id = 200"), ("ask = [3]", "ask = [200]"))
    assert figures() == before


@pytest.mark.parametrize(("count", "tables"), [(4, 4 * 16), (5, 5)])
def test_the_bootstrap_draws_tiles_where_pictures_are_few(dataset, monkeypatch, count, tables):
    toy = dataset / "toy"
    rows = [f"[[images]]\nfile = '{n}.png'\n" for n in range(count)]
    for n in range(count):
        for kind in ("images", "masks"):
            shutil.copy(toy / kind / "a.png", toy / kind / f"{n}.png")
    table = (toy / "dataset.toml").read_text().partition("[[images]]")[0] + "".join(rows)
    (toy / "dataset.toml").write_text(table)
    drawn = []
    monkeypatch.setattr(evaluate, "interval", lambda found: drawn.append(len(found)) or (0.0, 1.0))
    assert main(["evaluate", str(dataset), "--domain", "none", "--preset", "fast"]) == 0
    assert drawn == [tables]
