"""Files are read back with another library than wrote them."""

import csv
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import tifffile
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, InputError, RecipeError
from napari_ovseg.exporters import EXPORTERS, split
from napari_ovseg.exporters._base import safe_name
from napari_ovseg.exporters.ome_tiff import ome_axes
from napari_ovseg.formats.record import CLASSES

WORDS = ov.Vocabulary(
    (ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), colour="#ff0000"), ov.Category(7, "細胞質", colour="#00ff00"),
     ov.Category(9, "=danger", role="background"))
)  # fmt: skip


def annotation(shape=(20, 30), name="cells", vocabulary=WORDS, grid=None, top=None):
    ids = np.zeros(shape, np.uint16)
    ids[..., 2:5, 3:9] = 1
    ids[..., 10:, 4] = top or 7
    return ov.Annotation(name, ov.LabelMap(ids, vocabulary, grid or ov.Grid.regular(len(shape))))


def test_png_keeps_ids_colours_and_names(tmp_path):
    given = annotation()
    picture, table = ov.export(given, tmp_path, "png")
    with Image.open(picture) as opened:
        assert opened.mode == "P"
        assert (np.asarray(opened) == given.labels.ids).all()
        palette = np.reshape(opened.getpalette(), (-1, 3))
    assert palette[1].tolist() == [255, 0, 0]
    assert palette[7].tolist() == [0, 255, 0]
    assert palette[0].tolist() == [0, 0, 0]
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [(r["id"], r["name"]) for r in rows] == [
        ("1", "nucleus"),
        ("7", "細胞質"),
        ("9", "'=danger"),
    ]
    assert rows[0]["queries"] == "nucleus, cell nucleus"


def test_png_writes_every_plane_and_refuses_what_it_cannot_hold(tmp_path):
    files = ov.export(annotation((3, 20, 30)), tmp_path, "png")
    assert [f.name for f in files[:3]] == ["cells_0000.png", "cells_0001.png", "cells_0002.png"]
    big = ov.Vocabulary((ov.Category(255, "a"),))
    with pytest.raises(ExportError, match="ome-tiff"):
        ov.export(annotation(vocabulary=big, top=255), tmp_path / "big", "png")
    assert not (tmp_path / "big").exists()


def test_png_refuses_ids_that_it_could_not_name(tmp_path):
    given = annotation(top=8)
    (told,) = EXPORTERS.get("png")().check(given)
    assert told.startswith("this annotation: pixels of 'cells' have the ids 8")
    with pytest.raises(ExportError, match="no category has"):
        ov.export(given, tmp_path / "out", "png")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("shape", "axes"), [((20, 30), "YX"), ((2, 20, 30), "ZYX"), ((2, 3, 20, 30), "CZYX")]
)
@pytest.mark.parametrize("top", [7, 65_000])
def test_ome_tiff_keeps_ids_names_colours_and_size(tmp_path, shape, axes, top):
    units = ("pixel",) * (len(shape) - 2) + ("micrometer", "µm")
    grid = ov.Grid.regular(len(shape), (1.0,) * (len(shape) - 2) + (0.25, 0.5), units=units)
    words = WORDS.with_category(ov.Category(65_000, "last"))
    given = annotation(shape, grid=grid, vocabulary=words, top=top)
    (path,) = ov.export(given, tmp_path)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == axes
        assert (file.series[0].asarray() == given.labels.ids).all()
        xml = ET.fromstring(file.ome_metadata)
    pixels = xml.find(".//{*}Pixels")
    assert (float(pixels.get("PhysicalSizeY")), float(pixels.get("PhysicalSizeX"))) == (0.25, 0.5)
    assert pixels.get("PhysicalSizeX" + "Unit") == "µm"
    table = next(a for a in xml.iter() if a.get("Namespace") == CLASSES)
    entries = {m.get("K"): m.text for m in table.iter() if m.get("K")}
    assert '"細胞質"' in entries["7"]
    assert '"#00ff00"' in entries["7"]
    with Image.open(path) as opened:
        assert np.asarray(opened).shape == shape[-2:]


def test_what_is_lost_is_said_before(tmp_path):
    grid = ov.Grid.regular(2, (0.5, 0.5), units=("µm", "µm"))
    assert any(
        "physical size" in text for text in EXPORTERS.get("png")().check(annotation(grid=grid))
    )
    sheared = ov.Grid(("y", "x"), ((1, 0.5, 0), (0, 1, 0), (0, 0, 1)), ("pixel", "pixel"))
    assert any(
        "shear" in text for text in EXPORTERS.get("ome-tiff")().check(annotation(grid=sheared))
    )
    assert EXPORTERS.get("ome-tiff")().check(annotation(grid=grid)) == []


def test_axes_get_ome_names():
    assert ome_axes(("t", "z", "y", "x")) == "TZYX"
    assert ome_axes(("depth", "lambda", "time", "rows", "cols")) == "ZCTYX"
    with pytest.raises(ExportError, match="five axes"):
        ome_axes(tuple("abcdef"))


def test_safe_names_differ_where_names_do():
    assert safe_name("cells") == "cells"
    assert safe_name("a b") != safe_name("a_b") != safe_name("a/b")


def test_unknown_format_is_told(tmp_path):
    with pytest.raises(RecipeError, match="did you mean: ome-tiff"):
        ov.export(annotation(), tmp_path, "ome-tif")


def test_a_series_is_split_by_name_alone():
    series = [annotation(name=f"cells {i}") for i in range(40)]
    parts = dict(split(series, 0.25))
    assert set(parts) == {"train", "val"}
    assert 2 <= len(parts["val"]) <= 20
    fewer = dict(split(series[::2], 0.25))
    kept = {a.name for a in parts["val"]} & {a.name for a in series[::2]}
    assert {a.name for a in fewer.get("val", [])} == kept
    assert split(series, 0) == [("", series)]
    with pytest.raises(InputError, match="validation share"):
        split(series, 1.0)
    with pytest.raises(ExportError, match="2 images of the series are called 'a'"):
        split([annotation(name="a"), annotation(name="A")], 0)


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_a_plane_and_an_image_of_its_name_are_no_series(tmp_path, name):
    stack = annotation((2, 20, 30), "s", grid=ov.Grid.regular(3, axes=("t", "y", "x")))
    series = [stack, annotation(name="S_0001")]
    exporter = EXPORTERS.get(name)()
    if name in {"dicom-seg", "nifti", "ome-tiff", "ome-zarr"}:  # all of it is one file
        assert exporter.prepared(series) == series
        return
    for work in (exporter.prepared, lambda both: exporter.write_series(both, tmp_path / "out")):
        with pytest.raises(ExportError, match="called 's_0001'"):
            work(series)
    assert not (tmp_path / "out").exists()
    assert len(exporter.prepared([stack, annotation(name="s_0002")])) == 2


def test_a_stack_of_one_picture_is_called_as_its_png_is(tmp_path):
    one = annotation((1, 20, 30), "s")
    exporter = EXPORTERS.get("png")()
    files = exporter.write_series([one, annotation(name="s_0000")], tmp_path)
    assert len(set(files)) == len(files) == 4
    with pytest.raises(ExportError, match="called 's'"):
        exporter.prepared([one, annotation(name="S")])
