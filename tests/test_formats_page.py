"""The page on formats says what is so."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import napari_ovseg as ov
from matrix import (
    CASES,
    MATRIX,
    OBJECTS,
    PAGE,
    REFUSAL,
    UNLISTED,
    exporter_of,
    ids,
    rows,
    series,
    told,
)
from napari_ovseg.cli import main
from napari_ovseg.errors import MissingDependencyError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.space import full
from napari_ovseg.importers import IMPORTERS, read_labels

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def in_full(files, name, given):
    """Name, ids and owners as our importer brings them back; planes and volumes put together."""
    back = [read_labels(file, name) for file in files if file.suffix not in (".csv", ".tsv")]
    assert all(one.labels.vocabulary == given.labels.vocabulary for one in back)
    assert all(one.provenance == given.provenance for one in back)
    if len(back) > 1:
        names = [f"{given.name}_{number:04d}" for number in range(len(back))]
        assert [one.name for one in back] == names
    else:
        assert back[0].labels.grid.spacing[-2:] == given.labels.grid.spacing[-2:]
    return np.stack([one.labels.ids for one in back]), np.stack([one.owner for one in back])


@pytest.mark.parametrize("case", [case for case in CASES if case not in UNLISTED])
@pytest.mark.parametrize("name", IMPORTERS.names())
def test_words_and_owners_come_back(tmp_path, name, case):
    if MATRIX[name][case] == "refused":
        assert any(REFUSAL.match(text) for text in EXPORTERS.get(name)().check(CASES[case]))
        return
    shape = CASES[case].labels.ids.shape
    owner = np.random.default_rng(4).integers(0, 3, shape).astype(np.uint8)
    given = replace(CASES[case], owner=owner)
    files = ov.export(given, tmp_path, name)
    for found, values in zip(in_full(files, name, given), (given.labels.ids, owner), strict=True):
        # Volumes are numbered channels first.
        expected = full(values, given.labels.grid.axes) if name == "seg-nrrd" else values
        assert np.array_equal(found.ravel(), expected.ravel())
    plain = ov.export(CASES[case], tmp_path / "plain", name)
    assert read_labels(plain[0], name).owner is None


def stacks(name):
    if MATRIX[name]["time series"] == "refused":
        return "one volume"
    if "axes" in told(name, "volume"):
        return "plane by plane"
    return "volume by volume" if "axes" in told(name, "time series") else "whole"


def calibration(name):
    levels = {"size, place, turn": "oblique", "size, place": "anisotropic", "size": "pixel size"}
    return next((level for level, case in levels.items() if "affine" not in told(name, case)), "no")


def test_the_page_lists_every_format_once():
    assert list(rows()) == EXPORTERS.names()
    assert PAGE.count("\n| `") == len(EXPORTERS.names())


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_the_page_is_true(name):
    row, kind = rows()[name], EXPORTERS.get(name)
    assert row["ending"] == f"`{kind.suffix}`"
    assert row["for"]
    exact_names = "names" not in told(name, "picture", "non-Latin names", "awkward names")
    assert (row["names"] == "yes") == exact_names
    assert row["colours"] == ("no" if "colours" in told(name, "picture") else "yes")
    assert row["objects"] == ("yes" if name in OBJECTS else "no")
    assert row["calibration"].partition(";")[0] == calibration(name)
    flat = "affine" in told(name, "flat pixel size") and calibration(name) != "no"
    assert row["calibration"].endswith("not of pictures") == flat
    holes = any("holes" in text for text in kind().check(CASES["holes"]))
    assert row["holes"] == ("filled" if holes else "yes")
    assert row["stacks"] == stacks(name)
    assert row["ids and limits"].partition(";")[0] == ids(name)
    assert row["read back"] == ("with owners" if name in IMPORTERS.names() else "no")


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_the_page_names_the_extra_that_brings_the_libraries(tmp_path, name, monkeypatch):
    exporter = exporter_of(name, CASES["pixel size"], tmp_path)

    def nothing(module):
        raise ImportError(module)

    monkeypatch.setattr("napari_ovseg._optional.import_module", nothing)
    try:
        exporter.write(CASES["pixel size"], tmp_path / "out")
    except MissingDependencyError as error:
        extra = re.search(r"napari-ovseg\[(\w+)\]", str(error))[1]
        assert rows()[name]["extra"] == f"`{extra}`"
    else:
        assert rows()[name]["extra"] == "none"


def test_the_commands_of_the_page_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scan = replace(CASES["oblique"], name="scan")
    ov.export(scan, ".", "nifti")
    series(scan, Path("ct"))
    for folder, name in ((".", "cells"), *(("labels", f"cell{i}") for i in range(20))):
        ov.export(replace(CASES["holes"], name=name), folder)
    lines = re.findall(r"^ovseg (export .*?)(?:  #.*)?$", PAGE, re.MULTILINE)
    for line in lines:
        words = shlex.split(line)
        assert (
            main(
                [
                    w
                    for word in words
                    for w in (map(str, Path().glob(word)) if "*" in word else [word])
                ]
            )
            == 0
        )
    written = {str(path) for path in Path().rglob("*.*")}
    assert len(lines) == 5
    assert {"out/cells.geojson", "out/cells.png", "out/cells.coco.json", "polygons/cells.coco.json", "data/train/data.yaml", "data/val/data.yaml"} < written  # fmt: skip
    assert list(Path("out").glob("*.seg.dcm"))
    capsys.readouterr()


def test_the_python_of_the_page_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ov.export(replace(CASES["holes"], name="cells"), ".")
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    assert json.loads(Path("out/cells.geojson").read_text())["features"]
    assert capsys.readouterr().out == "[]\n"
