"""The export dialog in a real window: options of every format, losses before, files after."""

import threading

import numpy as np
import pytest
from PIL import Image as Pillow
from qtpy.QtCore import Qt

from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.importers import read_labels

pytestmark = pytest.mark.gui


@pytest.fixture
def labelled(widget, finish):
    """Two labelled images, calibrated."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        picture = rng.integers(0, 255, (64, 80)).astype(np.uint8)
        layer = widget.viewer.add_image(picture, name=name, scale=(0.5, 0.5), units=("um", "um"))
        widget.form.choose_image(layer)
        if not widget.session.rows:
            widget.words.add_words("grass; background")
        finish(widget)
    return widget


@pytest.fixture
def lost(labelled, qtbot):
    """Wait for what is told to be lost."""

    def wait():
        losses = labelled.exports.losses
        qtbot.waitUntil(lambda: not losses.runner.running, timeout=20_000)
        return losses.line.text()

    return wait


def test_every_format_shows_its_options(widget):
    for name in EXPORTERS.names():
        widget.exports.format.setCurrentText(name)
        assert widget.exports.exporter() == EXPORTERS.get(name)()
        assert widget.exports.about.text()


def test_losses_are_told_before_and_files_are_written(labelled, lost, qtbot, tmp_path):
    dialog = labelled.exports
    dialog.show()
    dialog.format.setCurrentText("png")
    text = lost()
    assert "physical size" in text
    assert "who decided" not in text
    dialog.format.setCurrentText("cityscapes")
    assert "• who decided each pixel; keep the annotation to correct it further" in (
        lost().splitlines()
    )
    dialog.format.setCurrentText("ome-zarr")
    assert lost() == ""
    dialog.format.setCurrentText("ome-tiff")
    assert lost() == ""
    dialog.scope.setCurrentText("all labelled images")
    dialog.validation.setValue(50)
    folder = tmp_path / "out"  # beside the projects, whose files come and go meanwhile
    dialog.export_to(str(folder))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert sorted(p.name for p in folder.rglob("*.tif")) == ["a.ome.tif", "b.ome.tif"]
    assert all(p.parent.name in ("train", "val") for p in folder.rglob("*.tif"))
    assert dialog.write.isEnabled()
    assert "wrote" in dialog.message.text()
    dialog.close()


def test_strokes_during_an_export_change_neither_ids_nor_owners(labelled):
    (annotation,) = labelled.exports.annotations()
    layer = labelled.exports._chosen()
    before = layer.data.copy()
    layer.paint((5, 5), int(layer.data[5, 5]) % 2 + 1)
    assert (annotation.labels.ids == before).all()
    assert editing_of(layer).draft.owner.any()
    assert not annotation.owner.any()


def test_an_image_that_was_renamed_is_written_by_its_name_of_now(labelled, qtbot, tmp_path):
    dialog, source = labelled.exports, labelled.viewer.layers["b"]
    dialog.format.setCurrentText("png")
    dialog.scope.setCurrentText("all labelled images")
    labelled.viewer.layers["a"].name = "B"
    dialog.export_to(str(tmp_path))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert "2 images of the series are called 'b'; rename them" in dialog.message.text()
    source.name = "c"
    dialog.export_to(str(tmp_path))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["B.png", "c.png"]


def test_what_a_format_loses_is_told_without_a_copy_of_the_labels(labelled, lost, monkeypatch):
    monkeypatch.setattr(layers, "annotation_from", lambda *_: pytest.fail("pixels were copied"))
    dialog, asked = labelled.exports, []
    kind = EXPORTERS.get("png")
    check = kind.check
    monkeypatch.setattr(kind, "check", lambda *a: (asked.append(a[1]), check(*a))[1])
    dialog.format.setCurrentText("png")
    assert asked == []  # nobody sees it
    dialog.show()
    assert "physical size" in lost()
    layer = dialog._chosen()
    assert np.shares_memory(asked[0].labels.ids, layer.data)
    assert asked[0].owner is editing_of(layer).draft.owner
    dialog.close()


def test_what_is_lost_is_counted_beside_the_window_and_the_last_question_answered(
    labelled, lost, monkeypatch
):
    kind, on, threads = EXPORTERS.get("yolo"), threading.Event(), []

    def slowly(_self, _annotation):
        threads.append(threading.current_thread())
        assert on.wait(30)
        return ["all of it"]

    monkeypatch.setattr(kind, "check", slowly)
    dialog = labelled.exports
    dialog.show()
    dialog.format.setCurrentText("yolo")
    assert dialog.losses.line.text().startswith("Looking")  # and the window goes on
    dialog.format.setCurrentText("png")
    on.set()
    assert "physical size" in lost()
    assert threading.main_thread() not in threads
    dialog.format.setCurrentText("yolo")
    assert lost() == "Not in the files:\n• all of it"
    dialog.close()


def test_a_number_without_a_word_is_exported_as_it_is_kept(labelled, lost, qtbot, tmp_path):
    layer = labelled._chosen_labels()
    layer.paint((5, 5), 7)
    dialog = labelled.exports
    dialog.format.setCurrentText("coco")
    dialog.show()
    assert "add the categories" not in lost()
    dialog.export_to(str(tmp_path))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    (written,) = tmp_path.glob("*.json")
    assert "category 7" in written.read_text()
    dialog.close()


def test_what_a_format_refuses_is_told_where_losses_are(labelled, lost):
    dialog = labelled.exports
    labelled.viewer.layers["a"].name = "B"
    dialog.scope.setCurrentText("all labelled images")
    dialog.format.setCurrentText("png")
    dialog.show()
    assert "2 images of the series are called 'b'" in lost()
    dialog.close()


def test_a_folder_that_cannot_be_written_is_told(labelled, qtbot, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    labelled.exports.export_to(str(tmp_path / "file"))
    qtbot.waitUntil(lambda: not labelled.exports.runner.running, timeout=60_000)
    assert "cannot write" in labelled.exports.message.text()


@pytest.mark.parametrize("by", ["file", "folder"])
def test_no_picture_is_replaced_by_its_labels(widget, finish, qtbot, tmp_path, by):
    picture = tmp_path / "in" / "photo.png"
    picture.parent.mkdir()
    Pillow.fromarray(np.zeros((40, 50), np.uint8)).save(picture)
    before = picture.read_bytes()
    if by == "file":
        (layer,) = widget.viewer.open(picture, plugin="napari")
        widget.form.choose_image(layer)
    else:
        widget.folder.open(picture.parent)
        qtbot.waitUntil(lambda: widget.folder.at == picture, timeout=60_000)
    widget.words.add_words("grass; background")
    finish(widget)
    dialog = widget.exports
    dialog.format.setCurrentText("png")
    dialog.export_to(str(picture.parent))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert "would replace the picture" in dialog.message.text()
    assert picture.read_bytes() == before
    dialog.export_to(str(tmp_path / "out"))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert (tmp_path / "out" / "photo.png").is_file()


def test_cancel_leaves_whole_files_only_and_the_dialog_can_be_used_again(
    labelled, qtbot, tmp_path, monkeypatch
):
    kind, half, on = EXPORTERS.get("ome-zarr"), threading.Event(), threading.Event()
    write = kind.write

    def slowly(self, annotation, folder):
        if folder == out:  # projects are kept in this format meanwhile
            half.set()
            assert on.wait(30)
        return write(self, annotation, folder)

    dialog, out = labelled.exports, tmp_path / "out"
    dialog.show()
    dialog.format.setCurrentText("ome-zarr")
    dialog.scope.setCurrentText("all labelled images")
    with monkeypatch.context() as patch:
        patch.setattr(kind, "write", slowly)
        dialog.export_to(str(out))
        qtbot.waitUntil(half.is_set, timeout=20_000)
        assert not dialog.write.isEnabled()
        qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
        on.set()
        qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    # The one being written was finished, and the other not begun.
    assert [path.name for path in out.iterdir()] == ["a.ome.zarr"]
    assert read_labels(out / "a.ome.zarr").labels.ids.shape == (64, 80)
    assert "cancelled" in dialog.message.text()
    assert dialog.write.isEnabled()
    assert not dialog.cancel.isEnabled()
    dialog.export_to(str(out))
    qtbot.waitUntil(lambda: not dialog.runner.running, timeout=60_000)
    assert sorted(path.name for path in out.iterdir()) == ["a.ome.zarr", "b.ome.zarr"]
    assert "wrote" in dialog.message.text()
    dialog.close()
