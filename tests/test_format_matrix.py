"""Every label map through every format, read back by another program's library.

`MATRIX` says what comes of it; the table of ``docs/formats.md`` must say the same.
"""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy.ndimage import binary_fill_holes
from skimage.measure import label

import napari_ovseg as ov
from ct import ct_series
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError, MissingDependencyError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.space import full, is_calibrated, millimetre_affine
from napari_ovseg.importers import IMPORTERS, read_labels
from readers import LPS, READERS
from volumes import CASES as VOLUMES
from volumes import MANY, WORDS, annotation, grid

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def categories(*rows):
    return ov.Vocabulary(tuple(ov.Category(i, name) for i, name in rows))


def drawn(*boxes, shape=(20, 24)):
    """Rectangles (id, top, bottom, left, right), the later on top."""
    ids = np.zeros(shape, np.uint16)
    for number, top, bottom, left, right in boxes:
        ids[top:bottom, left:right] = number
    names = categories((1, "cell"), (2, "vesicle"))
    return ov.Annotation("drawn", ov.LabelMap(ids, names, ov.Grid.regular(2)))


counted = annotation((2, 20, 20), vocabulary=MANY, density=0)
counted.labels.ids[:] = np.arange(800).reshape(2, 20, 20) % 301
EIGHT_BITS = ov.Vocabulary((ov.Category(1, "a"), ov.Category(64, "b"), ov.Category(254, "c", role="stuff")))  # fmt: skip
CASES = {
    **VOLUMES,
    "pixel size": annotation((3, 9, 11), grid("zyx", (5, 0.25, 0.5), ("mm", "µm", "um")), vocabulary=EIGHT_BITS),
    "flat pixel size": annotation((9, 11), grid("yx", (0.25, 0.5), ("µm", "um")), vocabulary=EIGHT_BITS),
    "ids up to 254": annotation((9, 11), vocabulary=EIGHT_BITS),
    "ids over 255": annotation((9, 11), vocabulary=categories((256, "a"), (1000, "b"))),
    "ids up to 65535": annotation((9, 11), vocabulary=categories((1, "a"), (65_535, "b"))),
    "id without a category": annotation((9, 11), vocabulary=EIGHT_BITS),
    "holes": drawn((1, 2, 16, 3, 20), (0, 4, 10, 5, 12), (2, 6, 8, 7, 10), (0, 13, 14, 14, 15)),
    "300 categories": counted,
    "touching objects": drawn((1, 2, 6, 2, 6), (1, 6, 9, 6, 9), (2, 2, 6, 6, 12), (1, 12, 15, 0, 24), (1, 19, 20, 23, 24)),
    "non-Latin names": annotation((9, 11), vocabulary=categories((1, "細胞質"), (2, "ядро"), (3, "خلية"), (4, "é — ½")), name="細胞"),
    "awkward names": annotation((9, 11), vocabulary=categories((1, "'=x"), (2, "'\ufffe"), (3, "a\\b|c:="), (4, "null"), (5, "a: b #c"), (6, "<b>&\""), (7, "@a,b;"))),
}  # fmt: skip
CASES["id without a category"].labels.ids[3, 4] = 2

TOLD = {
    "ids": r"\bids\b|holes|unlabelled|left out",
    "names": r"\bnames?\b|the category",
    "colours": r"colours",
    "axes": r"axes|time and channels",
    "affine": r"\bsize|rotation|place of|units",
}
"""What a cell compares, and the words by which `check` says that it is lost."""
REFUSAL = re.compile(r"everything|this annotation: ")

OBJECTS = {"cityscapes", "coco", "coco-panoptic", "cvat", "geojson", "label-studio", "yolo"}
"""Formats that tell objects of one category apart."""

UNSIZED = [case for case in CASES if not is_calibrated(CASES[case].labels.grid)]
LONG_NAMES = [case for case in CASES if CASES[case].labels.vocabulary == WORDS]
TIMED = ["time series", "all axes", "oblique in time"]
TURNED = ["oblique", "oblique in time", "mirrored"]
MOVED = ["picture in um", "all axes", "anisotropic", *TURNED]
SMALL = [
    "picture",
    "hostile name",
    "ids up to 254",
    "holes",
    "touching objects",
    "non-Latin names",
    "awkward names",
]
LARGE = ["ids over 255", "ids up to 65535", "300 categories"]
UNLISTED = ["id without a category"]
PICTURES = ("lossy", {"exact": [*SMALL, *LARGE[:2]], "refused": UNLISTED})
NUMBERED = ("lossy", {"refused": UNLISTED})
ROWS = {
    "cityscapes": ("lossy", {"exact": SMALL, "refused": [*LARGE, *UNLISTED]}),
    "coco": PICTURES,
    "coco-panoptic": PICTURES,
    "cvat": NUMBERED,
    "dicom-seg": ("exact", {"lossy": [*LONG_NAMES, "awkward names"], "refused": [*TIMED, *UNLISTED]}),
    "geojson": PICTURES,
    "label-studio": NUMBERED,
    "nifti": ("exact", {"lossy": UNSIZED}),
    "nnunet": NUMBERED,
    "ome-tiff": ("exact", {"lossy": [*MOVED, *TIMED]}),
    "ome-zarr": ("exact", {"lossy": TURNED}),
    "png": ("lossy", {"exact": SMALL, "refused": [*LARGE, *UNLISTED]}),
    "seg-nrrd": ("lossy", {"exact": ["pixel size", "flat pixel size"]}),
    "yolo": NUMBERED,
}  # fmt: skip
"""What comes of the cases: mostly this, and of these another."""
MATRIX = {
    name: dict.fromkeys(CASES, usual) | {case: what for what, cases in others.items() for case in cases}
    for name, (usual, others) in ROWS.items()
}  # fmt: skip


def series(given, folder):
    """Write the CT that a label map belongs to: an image for each slice, in the same place."""
    volume = full(given.labels.ids, given.labels.grid.axes)[0, 0]
    affine = LPS @ millimetre_affine(given.labels.grid)
    size = np.linalg.norm(affine[:3, :3], axis=0)
    for file in ct_series(folder, len(volume), volume.shape[1:]).glob("*.dcm"):
        ds = pydicom.dcmread(file)
        number = len(volume) - ds.InstanceNumber
        ds.PixelSpacing, ds.SliceThickness = decimals(size[[1, 0]]), decimals(size[2:])[0]
        ds.ImageOrientationPatient = decimals((affine[:3, :2] / size[:2]).T.ravel())
        ds.ImagePositionPatient = decimals((affine @ (0, 0, number, 1))[:3])
        ds.save_as(file)
    return folder


def decimals(values):
    return [pydicom.valuerep.DSfloat(float(v), auto_format=True) for v in values]


def filled(ids):
    """Label map whose objects have no holes: what lies in one is on top."""
    regions = label(ids, background=0)
    solid = [binary_fill_holes(regions == n) for n in range(1, regions.max() + 1)]
    result = np.zeros_like(ids)
    for number, mask in sorted(enumerate(solid, start=1), key=lambda pair: -pair[1].sum()):
        result[mask] = ids[regions == number][0]
    return result


def as_found(ids, axes, shape):
    """Files of volumes go through the channels first, all others through time."""
    return (full(ids, axes) if len(shape) == 4 else ids).reshape(shape)


def remaining(given, found, lost):
    """The pixels that the format says it keeps."""
    ids = as_found(given.labels.ids, given.labels.grid.axes, found.ids.shape)
    nameless = [c.id for c in given.labels.vocabulary if c.id not in found.names]
    ids = np.where(np.isin(ids, nameless), 0, ids)
    if any("holes" in text for text in lost):
        ids = np.stack([filled(plane) for plane in ids])
    return ids


def kept(given, found):
    """What of a label map is in the files as it was."""
    labels, colours = given.labels, found.colours or {}
    affine = millimetre_affine(labels.grid)
    off = np.abs((np.eye(4) if found.affine is None else found.affine) - affine)
    compared = {
        "ids": np.array_equal(found.ids, as_found(labels.ids, labels.grid.axes, found.ids.shape)),
        "names": found.names == {c.id: c.name for c in labels.vocabulary},
        "colours": all(colours.get(c.id) == c.colour for c in labels.vocabulary if c.id in found.names),
        "axes": np.squeeze(found.ids).shape == np.squeeze(labels.ids).shape,
        "affine": (off <= 1e-6 * np.linalg.norm(affine, axis=0)).all(),
    }  # fmt: skip
    return {what for what, same in compared.items() if same}


def things(given):
    """Count the objects of each countable category, plane by plane."""
    ids = given.labels.ids.reshape(-1, *given.labels.ids.shape[-2:])
    counts = {c.id: sum(int(label(p == c.id).max()) for p in ids) for c in given.labels.vocabulary if c.role == "thing"}  # fmt: skip
    return {number: count for number, count in counts.items() if count}


def exporter_of(name, given, folder):
    options = {"source": series(given, folder / "source")} if name == "dicom-seg" else {}
    return EXPORTERS.get(name)(**options)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", EXPORTERS.names())
def test_cell(tmp_path, name, case):
    given, out = CASES[case], tmp_path / "out"
    exporter = exporter_of(name, given, tmp_path)
    lost = exporter.check(given)
    refused = any(REFUSAL.match(text) for text in lost)
    assert refused == (MATRIX[name][case] == "refused")
    if refused:
        with pytest.raises(ExportError):
            exporter.write(given, out)
        assert not out.exists()
        return
    found = READERS[name](exporter.write(given, out), given)
    said = {what for what, how in TOLD.items() if any(re.search(how, text) for text in lost)}
    assert said | kept(given, found) == set(TOLD)
    assert (MATRIX[name][case] == "exact") == (not said)
    assert np.array_equal(found.ids, remaining(given, found, lost))
    assert (found.objects is not None) == (name in OBJECTS)
    if name in OBJECTS:
        assert {n: found.objects[n] for n in things(given)} == {n: count for n, count in things(given).items() if n in found.names}  # fmt: skip


def test_every_format_has_a_row():
    assert set(MATRIX) == set(READERS) == set(EXPORTERS.names())
    assert all(set(row) == set(CASES) for row in MATRIX.values())


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_that_owners_are_lost_is_told_unless_they_are_kept(name):
    owned = replace(CASES["picture"], owner=np.ones((20, 31), np.uint8))
    told = any("who decided" in text for text in EXPORTERS.get(name)().check(owned))
    assert told != (name in IMPORTERS.names())


def test_more_axes_than_ome_tiff_has_are_refused_before(tmp_path):
    many = annotation((1, 1, 1, 1, 5, 6), grid("abcdyx", (1,) * 6, ("pixel",) * 6))
    (text,) = EXPORTERS.get("ome-tiff")().check(many)
    assert REFUSAL.match(text)
    with pytest.raises(ExportError, match="five axes"):
        ov.export(many, tmp_path)


# --- docs/formats.md ------------------------------------------------------------------------


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


PAGE = (Path(__file__).parents[1] / "docs/formats.md").read_text(encoding="utf-8")


def rows():
    """Cells of the table by format and column."""
    head, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.search(r"^\| format .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)[0].splitlines()
        if line
    ]
    return {line[0].strip("`"): dict(zip(head, line, strict=True)) for line in lines}


def told(name, *cases):
    """What `check` says is lost of some cases; that it says the truth is `test_cell`."""
    texts = [text for case in cases for text in EXPORTERS.get(name)().check(CASES[case])]
    return {what for what, how in TOLD.items() if any(re.search(how, text) for text in texts)}


def stacks(name):
    if MATRIX[name]["time series"] == "refused":
        return "one volume"
    if "axes" in told(name, "volume"):
        return "plane by plane"
    return "volume by volume" if "axes" in told(name, "time series") else "whole"


def calibration(name):
    levels = {"size, place, turn": "oblique", "size, place": "anisotropic", "size": "pixel size"}
    return next((level for level, case in levels.items() if "affine" not in told(name, case)), "no")


def ids(name):
    if "ids" in told(name, "touching objects"):
        return "no"
    return "to 254" if MATRIX[name]["ids over 255"] == "refused" else "yes"


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
