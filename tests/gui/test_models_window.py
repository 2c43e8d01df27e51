"""The window of models: listed, imported, fetched, removed."""

from threading import Event

import numpy as np
import pytest

from models import write_folder
from napari_ovseg.backbones._store import pour_steps
from napari_ovseg.gui import layers

pytestmark = pytest.mark.gui


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
