"""The dock widget in a real window."""

import subprocess
import sys
from threading import Event

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QComboBox, QLineEdit, QPushButton, QTableWidget

import napari_ovseg as ov
from models import write_folder
from napari_ovseg import bands, batches
from napari_ovseg.backbones._store import pour_steps
from napari_ovseg.gui import layers
from napari_ovseg.gui.vocabulary_table import NAME, QUERIES

pytestmark = pytest.mark.gui


def picture(height=150, width=170, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (height, width)).astype(np.uint8)


def test_every_control_has_a_name(widget):
    for name in ("image", "model", "method", "device", "domain", "format"):
        assert widget.findChild(QComboBox, f"ovseg_{name}") is not None
    for name in ("segment", "cancel", "export", "add", "remove", "paste"):
        assert widget.findChild(QPushButton, f"ovseg_{name}").toolTip()
    for name in ("words", "contrast"):
        assert widget.findChild(QLineEdit, f"ovseg_{name}") is not None
    assert widget.findChild(QTableWidget, "ovseg_table") is not None


def test_words_to_labels_to_file(widget, finish, tmp_path, qtbot):
    source = widget.viewer.add_image(picture(), scale=(0.5, 0.5), units=("um", "um"), name="cells")
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
    good = widget.viewer.add_image(picture(), name="good")
    assert widget.pictures.images() == [good]
    widget.viewer.layers.remove(line)
    assert widget.form.chosen_image() is good


def test_new_words_relabel_and_keep_corrections(widget, finish):
    source = widget.viewer.add_image(picture())
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
    stack = np.stack([picture(seed=s) for s in range(3)])
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
    widget.viewer.add_image(picture(900, 900))
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
    widget.viewer.add_image(picture())
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
    widget.viewer.add_image(picture())
    widget.segment()
    assert "vocabulary is empty" in widget.panel.message.text()
    assert not widget.words.add_words("a; A")
    assert "two categories" in widget.panel.message.text()
    widget.exports.export_to("nowhere")
    assert "no labels of this image yet" in widget.exports.message.text()
    assert not widget.runner.running


def test_weights_that_are_not_here_are_explained(widget, finish):
    widget.viewer.add_image(picture())
    widget.words.add_words("grass")
    widget.form.model.setCurrentText("ViT-B-16-quickgelu:openai")
    finish(widget)
    assert "ovseg models fetch" in widget.panel.message.text()


@pytest.mark.parametrize("every", [0.0, 1e9])
def test_a_layer_removed_during_the_run(widget, qtbot, monkeypatch, every):
    monkeypatch.setattr(bands, "EVERY_S", every)
    source = widget.viewer.add_image(picture(400, 400))
    widget.words.add_words("grass")
    widget.segment()
    widget.viewer.layers.remove(source)
    qtbot.waitUntil(lambda: not widget.runner.running, timeout=60_000)
    assert len(widget.viewer.layers) == 0
    assert "was removed during the run" in widget.panel.message.text()


def test_the_viewer_closed_during_a_run(make_napari_viewer, qtbot):
    from napari_ovseg.gui.widget import OvsegWidget

    viewer = make_napari_viewer(show=True)
    widget = OvsegWidget(viewer)
    viewer.window.add_dock_widget(widget)
    viewer.add_image(picture(600, 600))
    widget.words.add_words("grass")
    widget.segment()
    runner = widget.runner
    qtbot.wait(200)
    viewer.close()
    qtbot.waitUntil(lambda: not runner.running, timeout=60_000)


def test_the_table_edits_names_and_synonyms(widget):
    widget.words.add_words("nucleus, cell nucleus; beta-actin")
    table = widget.findChild(QTableWidget, "ovseg_table")
    assert table.item(0, QUERIES).text() == "cell nucleus"
    table.item(1, NAME).setText("細胞")
    table.item(1, QUERIES).setText("cell, small cell")
    assert widget.session.rows[1].name == "細胞"
    assert widget.session.rows[1].queries == ("細胞", "cell", "small cell")
    table.item(1, NAME).setText("nucleus")
    assert widget.session.rows[1].name == "細胞"
    assert table.item(1, NAME).text() == "細胞"
    table.selectRow(0)
    widget.findChild(QPushButton, "ovseg_remove").click()
    assert [c.id for c in widget.session.rows] == [2]


def test_what_will_be_encoded_is_shown(widget):
    data = np.random.default_rng(0).integers(100, 4000, (64, 64)).astype(np.uint16)
    data[3, 3] = 65_535
    layer = widget.viewer.add_image(data)
    assert "until you set limits" in widget.form.display.text()
    assert "65535" not in widget.form.display.text()
    layer.contrast_limits = (200, 3000)
    assert widget.form.display.text().startswith("200 … 3000, as you set them")


def test_settings_reach_the_recipe(widget):
    widget.form.methods.method.setCurrentText("vanilla")
    widget.form.size.setValue(2.0)
    widget.form.domain.setCurrentText("microscopy")
    recipe = widget.session.recipe
    assert recipe.method.name == "vanilla"
    assert recipe.working_size.magnification == 2.0
    assert "tissue" in recipe.contrast
    widget.form.size.setValue(0.0)
    assert widget.session.recipe.working_size.magnification is None


def test_manifest_opens_the_widget_samples_and_writers(make_napari_viewer, tmp_path, npe2pm):
    from npe2 import PluginManifest

    manifest = PluginManifest.from_distribution("napari-ovseg")
    with npe2pm.tmp_plugin(manifest=manifest):
        viewer = make_napari_viewer()
        assert len(viewer.open_sample("napari-ovseg", "photograph")) == 1
        for sample in ("micrograph", "chest", "cracks", "scene"):
            image, truth = viewer.open_sample("napari-ovseg", sample)
            assert image.data.shape[:2] == truth.data.shape
            assert truth.data.max() < len(truth.features)
        for suffix in (".ome.tif", ".png"):
            written = truth.save(str(tmp_path / f"t{suffix}"), plugin="napari-ovseg")
            assert (tmp_path / f"t{suffix}").is_file()
            assert written
    assert (tifffile.imread(tmp_path / "t.ome.tif") == truth.data).all()


_OPEN = """
import sys, napari
from napari_ovseg.gui.widget import OvsegWidget
viewer = napari.Viewer(show=False)
widget = OvsegWidget(viewer)
viewer.window.add_dock_widget(widget)
print("torch" in sys.modules, "open_clip" in sys.modules)
viewer.close()
"""


def test_opening_the_widget_loads_no_model():
    done = subprocess.run(
        [sys.executable, "-c", _OPEN], capture_output=True, text=True, check=True, timeout=200
    )
    assert done.stdout.split()[-2:] == ["False", "False"]


def test_to_do_without_a_guide_is_for_the_user_to_say(widget, finish):
    source = widget.viewer.add_image(picture())
    widget.words.add_words("grass; gravel")
    methods = widget.form.methods
    assert methods.preset.currentText() == "balanced"
    assert not methods.guide.isEnabled()
    methods.method.setCurrentText("proxyclip")
    assert methods.preset.currentText() == "custom"
    assert methods.guide.currentText() == "dino_vitb8"
    assert "and guide" in methods.cost.text()
    finish(widget)
    assert "needs a guide" in widget.panel.message.text()
    assert widget.pictures.labels_of(source) is None
    methods.guide.setCurrentText("none")
    finish(widget)
    assert widget.pictures.labels_of(source) is not None
    methods.preset.setCurrentText("best")
    assert methods.method.currentText() == "itaclip"
    assert methods.cost.text().startswith("3 passes")


@pytest.fixture
def models(widget, qtbot, tmp_path, monkeypatch):
    """The window of models, opened, on a folder of its own."""
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "models"))
    widget.show_models()
    wait(qtbot, widget.models)
    return widget.models


def wait(qtbot, window):
    qtbot.waitUntil(lambda: not window.runner.running, timeout=120_000)


def test_the_window_of_models_lists_and_finds(models):
    table = models.models.table
    assert table.item(0, 0).text() == "starter"
    assert table.item(0, 3).text() == "yes"
    models.models.search.setText("siglip2 512")
    shown = [table.item(n, 0).text() for n in range(table.rowCount()) if not table.isRowHidden(n)]
    assert "ViT-B-16-SigLIP2-512:webli" in shown
    assert all("SigLIP2" in name for name in shown)
    assert models.buttons["import"].isEnabled()
    assert not models.buttons["remove"].isEnabled()
    models.models.choose("starter")
    assert models.buttons["pack"].isEnabled()
    assert not models.buttons["remove"].isEnabled()


def test_models_are_imported_verified_packed_and_removed(widget, models, qtbot, tmp_path):
    write_folder(tmp_path / "mine")
    models.import_from(tmp_path / "mine")
    wait(qtbot, models)
    assert widget.form.model.findText("mine") >= 0
    models.models.choose("mine")
    models.verify()
    wait(qtbot, models)
    assert models.message.text() == "mine ok"
    models.pack_to(tmp_path / "mine.zip")
    wait(qtbot, models)
    assert (tmp_path / "mine.zip").is_file()
    asked = []
    models.ask = lambda *told: bool(asked.append(told))
    models.remove()
    wait(qtbot, models)
    assert (tmp_path / "models" / "mine").is_dir()
    models.ask = lambda *told: True
    models.remove()
    wait(qtbot, models)
    assert not (tmp_path / "models" / "mine").exists()
    assert "MB" in asked[0][1]
    models.import_from(tmp_path / "nothing")
    wait(qtbot, models)
    assert "there is no model" in models.message.text()


def test_what_a_removed_model_gave_is_not_taken_for_one_of_its_name(
    widget, models, finish, qtbot, tmp_path
):
    write_folder(tmp_path / "mine")
    models.import_from(tmp_path / "mine")
    wait(qtbot, models)
    widget.viewer.add_image(np.zeros((64, 64), np.uint8), name="dark")
    widget.words.add_words("nucleus; fibre")
    widget.form.model.setCurrentText("mine")
    finish(widget)
    recent = widget.session.recent
    assert recent.scores_at(layers.image_of(widget.form.chosen_image()), (), (5, 5))
    models.models.choose("mine")
    models.ask = lambda *told: True
    models.remove()
    wait(qtbot, models)
    assert not recent.scores_at(layers.image_of(widget.form.chosen_image()), (), (5, 5))


def test_a_cancelled_import_leaves_nothing(models, qtbot, tmp_path, monkeypatch):
    write_folder(tmp_path / "mine")
    looked = Event()

    def pour(*args):
        looked.wait(60)
        return (yield from pour_steps(*args))

    monkeypatch.setattr("napari_ovseg.backbones._import.pour_steps", pour)
    models.import_from(tmp_path / "mine")
    copying = tmp_path / "models" / ".importing" / "mine"
    qtbot.waitUntil(copying.is_dir, timeout=60_000)
    models.runner.cancel()
    looked.set()
    wait(qtbot, models)
    qtbot.waitUntil(lambda: not copying.exists(), timeout=5_000)
    assert not (tmp_path / "models" / "mine").exists()


def test_a_model_is_fetched_only_after_the_click(models, qtbot, tmp_path, loopback):
    hub, name = loopback
    models.models.search.setText("tiny")
    models.refresh()
    wait(qtbot, models)
    models.models.choose(name)
    asked = []
    models.ask = lambda *told: bool(asked.append(told))
    models.fetch()
    wait(qtbot, models)
    assert hub.asked == []
    assert "licence of the weights" in asked[0][1]
    assert "127.0.0.1" in asked[0][1]
    models.ask = lambda *told: True
    models.fetch()
    wait(qtbot, models)
    assert hub.asked
    assert f"{name} is here now" in models.message.text()
    assert (tmp_path / "models" / name.replace(":", "@") / "manifest.json").is_file()
