"""What rivals get wrong, in the real window: one test for each of their bugs."""

import numpy as np
import pytest
import tifffile

import napari_ovseg as ov
from napari_ovseg import bands
from napari_ovseg.cli import main
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.samples import photograph
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Owner

pytestmark = pytest.mark.gui
WORDS = "grass, lawn; gravel; brick"


@pytest.fixture(scope="module")
def photo():
    """Where lawn, gravel and wall meet."""
    return photograph()[0][0][140:300, 240:480].copy()


def test_undo_takes_back_the_models_write_first_and_the_brush_then(widget, finish, photo, qtbot):
    source = widget.viewer.add_image(photo, name="photo")
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: layer.visible)
    proposed = layer.data.copy()
    layer.mode, layer.brush_size = "paint", 15
    layer.paint((80, 120), 3 if proposed[80, 120] != 3 else 1)
    painted = layer.data.copy()
    mine = painted != proposed
    assert mine.sum() > 50
    widget.words.add_words("soil, earth")
    widget.session.edit(1, threshold=0.9)
    finish(widget)
    assert (layer.data[mine] == painted[mine]).all()
    assert (layer.data != painted).any()
    while (layer.data != painted).any():
        layer.undo()
        assert (layer.data[mine] == painted[mine]).all()
    layer.undo()
    assert (layer.data == proposed).all()


@pytest.mark.parametrize("shape", [(60, 80), (60, 80, 3), (4, 60, 80), (2, 3, 60, 80)])
def test_labels_lie_on_their_image_whatever_its_place_in_the_world(widget, finish, shape):
    data = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    rgb = shape[-1] == 3
    ndim = len(shape) - rgb
    source = widget.viewer.add_image(
        data, rgb=rgb, name="placed", scale=[2.0, 3.0, 0.25, 0.5][-ndim:], rotate=30 if ndim == 2 else None,
        translate=[5.0, -7.0, 100.0, 30.0][-ndim:], units=["um"] * ndim,
    )  # fmt: skip
    before = data.copy()
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    for corner in np.ndindex(*(2,) * ndim):
        place = np.array(corner) * (np.array(shape[:ndim]) - 1)
        assert np.allclose(layer.data_to_world(place), source.data_to_world(place))
    assert layer.units == source.units
    assert layer.data.shape == shape[:ndim]
    assert (source.data == before).all()


def test_a_bare_tiff_opens_and_is_labelled(widget, finish, photo, tmp_path):
    path = tmp_path / "bare.tif"
    tifffile.imwrite(path, photo, metadata=None, description=b"")
    (source,) = widget.viewer.open(str(path), plugin="napari")
    widget.words.add_words(WORDS)
    finish(widget)
    assert len(np.unique(widget.pictures.labels_of(source).data)) > 1


def test_one_saturated_pixel_changes_nothing(widget, finish, photo):
    found = []
    for hot in (False, True):
        data = photo.astype(np.uint16) * 3
        if hot:
            data[3, 3] = 65_535
        source = widget.viewer.add_image(data, name=f"hot {hot}")
        widget.form.choose_image(source)
        if not found:
            widget.words.add_words(WORDS)
        finish(widget)
        found.append(widget.pictures.labels_of(source).data)
    differ = found[0] != found[1]
    assert differ[30:, 30:].mean() < 0.01


def test_three_hundred_categories_and_names_that_break_parsers(widget, finish, photo, tmp_path):
    names = ["beta-actin", "核", "σ-phase", *(f"kind {i}" for i in range(300))]
    widget.words.add_words("; ".join(["grass, lawn, turf", *names]))
    source = widget.viewer.add_image(photo, name="many")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    layer.mode, layer.brush_size = "paint", 3
    for label in (2, 3, 256, 304):
        layer.paint((5 + label % 50, 10), label)
    (path,) = ov.export(layers.annotation_of(layer), tmp_path, "ome-tiff")
    back = read_labels(path).labels
    assert (back.ids == layer.data).all()
    assert {2, 3, 256, 304} <= set(np.unique(back.ids).tolist())
    assert [c.name for c in back.vocabulary][:4] == ["grass", *names[:3]]
    assert back.vocabulary == widget.session.vocabulary()


def test_the_window_and_the_command_line_give_the_same_labels(widget, finish, photo, tmp_path):
    path = tmp_path / "photo.tif"
    tifffile.imwrite(path, photo)
    source = widget.viewer.add_image(photo, name="photo")
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(layers.annotation_of(layer).provenance.recipe, "utf-8")
    made = ["segment", str(path), "--words", WORDS, "-o", str(tmp_path / "out")]
    assert main([*made, "--recipe", str(recipe), "--format", "ome-tiff"]) == 0
    (file,) = (tmp_path / "out").glob("*.ome.tif")
    assert (tifffile.imread(file) == layer.data).all()


def test_no_model_changes_a_pixel_that_a_person_has_only_confirmed(widget, finish, photo):
    source = widget.viewer.add_image(photo, name="photo")
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    box = (slice(20, 60), slice(20, 60))
    editing_of(layer).draft.claim(box, np.ones((40, 40), bool))
    before = layer.data.copy()
    widget.session.edit(1, name="water")
    widget.session.edit(2, name="snow")
    finish(widget)
    assert (layer.data[box] == before[box]).all()
    assert (editing_of(layer).draft.owner[box] == Owner.PERSON).all()


@pytest.fixture
def many_windows(widget, photo, tmp_path, monkeypatch):
    """An array on disk that takes many windows, every row of which is told of."""
    zarr = pytest.importorskip("zarr")
    pixels = np.tile(photo[:128, :128], (8, 8))
    array = zarr.create_array(
        store=str(tmp_path / "large.zarr"), shape=pixels.shape, chunks=(256, 256), dtype=np.uint8
    )
    array[:] = pixels
    monkeypatch.setattr(bands, "EVERY_S", 0.0)
    monkeypatch.setattr(bands, "PAUSE", 0.0)
    widget.session.configure(
        working_size=ov.WorkingSize(magnification=1.0),
        tiling=ov.Tiling(crop=112, stride=112, scales=(1.0,)),
    )
    widget.words.add_words(WORDS)
    return widget.viewer.add_image(array, name="large")


def labelled_rows(layer):
    return np.flatnonzero(layer.data.any(axis=1))


def test_labels_come_before_the_end_and_stay_when_it_is_cancelled(widget, many_windows, qtbot):
    source = many_windows
    widget.segment()
    qtbot.waitUntil(lambda: widget.pictures.labels_of(source) is not None, timeout=60_000)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: len(labelled_rows(layer)) > 0, timeout=60_000)
    assert widget.runner.running
    widget.turns.stop()
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=20_000)
    qtbot.waitUntil(lambda: not widget.work.writer.writing)
    rows = labelled_rows(layer)
    assert rows[0] == 0
    assert rows[-1] < 1024 - 112
    assert (editing_of(layer).draft.owner == Owner.MODEL).all()
    layer.undo()
    assert not layer.data.any()


def test_what_is_painted_while_the_rest_is_encoded_stays(widget, many_windows, qtbot):
    source, found = many_windows, []
    widget.work.labelled.connect(lambda annotation, _kept: found.append(annotation))
    widget.segment()
    qtbot.waitUntil(lambda: widget.pictures.labels_of(source) is not None, timeout=60_000)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: len(labelled_rows(layer)) > 0, timeout=60_000)
    layer.paint((20, 20), 3)
    layer.paint((1000, 1000), 2)
    assert widget.runner.running
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=120_000)
    qtbot.waitUntil(lambda: not widget.work.writer.writing)
    mine = editing_of(layer).draft.owner == Owner.PERSON
    assert layer.data[20, 20] == 3
    assert layer.data[1000, 1000] == 2
    (annotation,) = found
    assert (layer.data[~mine] == annotation.labels.ids[~mine]).all()


def test_words_that_came_while_the_rest_was_encoded_are_those_of_the_layer(
    widget, many_windows, qtbot
):
    widget.segment()
    widget.words.add_words("water")
    qtbot.waitUntil(lambda: widget.pictures.labels_of(many_windows) is not None, timeout=60_000)
    layer = widget.pictures.labels_of(many_windows)
    qtbot.waitUntil(lambda: list(layer.features["category"])[-1] == "water")
    widget.words.add_words("sand")
    qtbot.waitUntil(lambda: len(labelled_rows(layer)) > 200, timeout=60_000)
    widget.turns.stop()
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=20_000)
    assert list(layer.features["category"])[-2:] == ["water", "sand"]
