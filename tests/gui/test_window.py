"""The real window from words to labels to a file, and what goes wrong on the way."""

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QComboBox, QLineEdit, QPushButton, QTableWidget

import napari_ovseg as ov
from napari_ovseg import bands, batches
from noise import grey

pytestmark = pytest.mark.gui


def test_every_control_has_a_name(widget):
    for name in ("image", "model", "method", "device", "domain", "format"):
        assert widget.findChild(QComboBox, f"ovseg_{name}") is not None
    for name in ("segment", "cancel", "export", "add", "remove", "paste"):
        assert widget.findChild(QPushButton, f"ovseg_{name}").toolTip()
    for name in ("words", "contrast"):
        assert widget.findChild(QLineEdit, f"ovseg_{name}") is not None
    assert widget.findChild(QTableWidget, "ovseg_table") is not None


def test_words_to_labels_to_file(widget, finish, tmp_path, qtbot):
    source = widget.viewer.add_image(grey(), scale=(0.5, 0.5), units=("um", "um"), name="cells")
    before = source.data.copy()
    widget.words.add_words("grass, lawn; gravel")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert layer.name == "cells [labels]"
    assert set(np.unique(layer.data)) <= {0, 1, 2}
    assert (source.data == before).all()
    assert list(layer.scale) == [0.5, 0.5]
    layer.paint((5, 5), 2)
    painted = layer.data.copy()
    widget.exports.format.setCurrentText("ome-tiff")
    widget.exports.export_to(str(tmp_path))
    qtbot.waitUntil(lambda: not widget.exports.runner.running, timeout=60_000)
    assert (tifffile.imread(tmp_path / "cells.ome.tif") == painted).all()
    with tifffile.TiffFile(tmp_path / "cells.ome.tif") as file:
        assert 'PhysicalSizeX="0.5"' in file.ome_metadata
    assert widget.panel.run_button.isEnabled()
    assert not widget.panel.cancel_button.isEnabled()


@pytest.mark.parametrize("shape", [(150, 170), (2, 150, 170)])
def test_pixels_that_were_changed_in_place_are_seen(widget, finish, monkeypatch, shape):
    pixels = np.zeros(shape, np.uint8)
    source = widget.viewer.add_image(pixels)
    widget.words.add_words("grass; gravel")
    finish(widget)
    before = widget.pictures.labels_of(source).data.copy()
    pixels[:] = np.random.default_rng(0).integers(0, 255, shape)
    source.refresh()
    finish(widget)
    after = widget.pictures.labels_of(source).data.copy()
    assert (after != before).any()
    monkeypatch.setattr("napari_ovseg.pipeline.encode_steps", lambda *_: pytest.fail("encoded"))
    finish(widget)
    assert (widget.pictures.labels_of(source).data == after).all()


@pytest.mark.parametrize("shape", [(1, 300), (300, 1)])
def test_a_line_is_no_picture_and_does_no_harm(widget, shape):
    line = widget.viewer.add_image(np.zeros(shape, np.uint8), name="line")
    good = widget.viewer.add_image(grey(), name="good")
    assert widget.pictures.images() == [good]
    widget.viewer.layers.remove(line)
    assert widget.form.chosen_image() is good


def test_new_words_relabel_and_keep_corrections(widget, finish):
    source = widget.viewer.add_image(grey())
    widget.words.add_words("grass")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    layer.data[10:20, 10:20] = 9
    widget.words.add_words("gravel; water")
    finish(widget)
    assert widget.pictures.labels_of(source) is layer
    assert len([x for x in widget.viewer.layers if x is not source]) == 1
    assert (layer.data[10:20, 10:20] == 9).all()
    assert "corrected pixels were kept" in widget.panel.message.text()
    assert list(layer.features["category"]) == ["unlabelled", "grass", "gravel", "water"]


def test_only_the_plane_on_screen_is_labelled(widget, finish):
    stack = np.stack([grey(seed=s) for s in range(3)])
    source = widget.viewer.add_image(stack)
    widget.viewer.dims.set_current_step(0, 1)
    widget.words.add_words("grass; background")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert layer.data.shape == stack.shape
    assert layer.data[1].all()
    assert not layer.data[[0, 2]].any()
    widget.viewer.dims.set_current_step(0, 2)
    finish(widget)
    assert layer.data[1:].all()


def test_cancel_changes_nothing_and_leaves_the_widget_ready(widget, qtbot):
    widget.viewer.add_image(grey(900, 900))
    widget.words.add_words("grass")
    widget.segment()
    assert not widget.panel.run_button.isEnabled()
    qtbot.waitUntil(lambda: "encoding" in widget.panel.bar.format(), timeout=60_000)
    widget.panel.cancel_button.click()
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=20_000)
    assert len(widget.viewer.layers) == 1
    assert widget.panel.run_button.isEnabled()
    assert widget.panel.bar.format() == "ready"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory ran out"),
        (MemoryError(), "memory ran out"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "torch failed while encoding"),
        (ov.OvsegError("something of ours"), "something of ours"),
        (KeyError("unforeseen"), "KeyError"),
    ],
)
def test_an_error_reaches_the_user_and_the_widget_is_ready(
    widget, finish, monkeypatch, error, told
):
    def attempt(*_):
        raise error
        yield

    monkeypatch.setattr(batches, "_attempt", attempt)
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_error", lambda _text: None)
    widget.viewer.add_image(grey())
    widget.words.add_words("grass")
    finish(widget)
    assert told in widget.panel.message.text()
    assert widget.panel.run_button.isEnabled()
    assert len(widget.viewer.layers) == 1
    monkeypatch.undo()
    finish(widget)
    assert len(widget.viewer.layers) == 2


def test_bad_input_is_told_at_once(widget):
    widget.segment()
    assert "no image layer is open" in widget.panel.message.text()
    widget.viewer.add_image(grey())
    widget.segment()
    assert "vocabulary is empty" in widget.panel.message.text()
    assert not widget.words.add_words("a; A")
    assert "two categories" in widget.panel.message.text()
    widget.exports.export_to("nowhere")
    assert "no labels of this image yet" in widget.exports.message.text()
    assert not widget.runner.running


def test_weights_that_are_not_here_are_explained(widget, finish):
    widget.viewer.add_image(grey())
    widget.words.add_words("grass")
    widget.form.model.setCurrentText("ViT-B-16-quickgelu:openai")
    finish(widget)
    assert "ovseg models fetch" in widget.panel.message.text()


@pytest.mark.parametrize("every", [0.0, 1e9])
def test_a_layer_removed_during_the_run(widget, qtbot, monkeypatch, every):
    monkeypatch.setattr(bands, "EVERY_S", every)
    source = widget.viewer.add_image(grey(400, 400))
    widget.words.add_words("grass")
    widget.segment()
    widget.viewer.layers.remove(source)
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=120_000)
    assert len(widget.viewer.layers) == 0
    assert "was removed during the run" in widget.panel.message.text()


def test_the_viewer_closed_during_a_run(make_napari_viewer, qtbot):
    from napari_ovseg.gui.widget import OvsegWidget

    viewer = make_napari_viewer(show=True)
    widget = OvsegWidget(viewer)
    viewer.window.add_dock_widget(widget)
    viewer.add_image(grey(600, 600))
    widget.words.add_words("grass")
    widget.segment()
    runner = widget.runner
    qtbot.wait(200)
    viewer.close()
    qtbot.waitUntil(lambda: not runner.running, timeout=60_000)
