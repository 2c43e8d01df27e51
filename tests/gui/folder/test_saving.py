"""What is painted in a folder's images is saved, whatever goes wrong."""

import threading
import time

import pytest
from qtpy.QtCore import QTimer

import napari_ovseg as ov
from in_folders import is_free, shown
from napari_ovseg.folder_queue import FolderQueue
from napari_ovseg.importers import read_labels

pytestmark = pytest.mark.gui


def test_strokes_are_saved_soon_and_during_the_way_to_the_next_image(
    opened, images, finish, settle, qtbot, monkeypatch
):
    widget = opened
    finish(widget)
    layer = shown(widget)[1]
    widget.folder.saver._timer.setInterval(1)
    layer.paint((5, 5), 2)
    qtbot.waitUntil(lambda: shown(widget)[2][0] == "corrected", timeout=20_000)
    widget.folder.saver._timer.setInterval(1_000_000)
    widget.folder.step(1)
    layer.paint((20, 20), 2)  # while the next image is read
    settle(widget)
    widget.folder.step(-1)
    settle(widget)
    assert shown(widget)[1].data[20, 20] == 2


def test_what_was_changed_last_is_saved_when_the_window_goes(opened, images, finish, qtbot):
    finish(opened)
    layer = shown(opened)[1]
    layer.paint((5, 5), 2)
    with qtbot.waitSignal(opened.destroyed):
        opened.deleteLater()
    (file,) = (images / "ovseg").glob("*.zarr")
    assert (read_labels(file).labels.ids == layer.data).all()
    assert is_free(images)


def test_what_is_changed_during_a_save_is_saved_at_the_end(opened, images, finish, monkeypatch):
    saver, save = opened.folder.saver, FolderQueue.save
    finish(opened)

    def save_late(queue, file, annotation):
        begun.set()
        while not saver.runner.closed:
            time.sleep(0.01)
        save(queue, file, annotation)

    begun = threading.Event()
    monkeypatch.setattr(FolderQueue, "save", save_late)
    layer = shown(opened)[1]
    layer.paint((5, 5), 2)
    saver.keep()
    assert begun.wait(60)
    layer.paint((20, 20), 2)
    opened.folder.close()
    (file,) = (images / "ovseg").glob("*.zarr")
    assert (read_labels(file).labels.ids == layer.data).all()


def test_labels_that_cannot_be_written_stay_in_memory(opened, finish, settle, monkeypatch):
    widget = opened
    finish(widget)
    shown(widget)[1].paint((5, 5), 2)

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("napari_ovseg.formats.folders._flush", refuse)
        widget.folder.step(1)
        settle(widget)
        assert "No space left" in widget.panel.message.text()
        widget.folder.step(-1)
        settle(widget)
    name, layer, states = shown(widget)
    assert (name, layer.data[5, 5], states[0]) == ("cell 1", 2, "new")
    widget.folder.step(1)
    settle(widget)
    assert shown(widget)[2][0] == "corrected"
    assert widget.folder.saver.unsaved() == {}


def test_what_is_kept_while_a_save_fails_is_tried_again(opened, finish, settle, monkeypatch):
    widget, saver, failures = opened, opened.folder.saver, []
    finish(widget)
    shown(widget)[1].paint((5, 5), 2)

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    def told(error):
        failures.append(error)
        if len(failures) == 1:
            saver.keep()  # as where the next image arrives just then, and clears the message

    monkeypatch.setattr("napari_ovseg.formats.folders._flush", refuse)
    saver.failed.connect(told)
    saver.keep()
    settle(widget)
    assert len(failures) == 2
    assert list(saver.unsaved()) == [widget.folder.at]


def test_an_image_that_cannot_be_saved_holds_no_other_up(opened, finish, settle, monkeypatch):
    widget, queue = opened, opened.folder.queue
    first, second = queue.files[:2]
    finish(widget)
    shown(widget)[1].paint((5, 5), 2)
    save = queue.save

    def refuse_first(file, annotation):
        if file == first:
            raise ov.errors.ExportError("it is in use")
        save(file, annotation)

    monkeypatch.setattr(queue, "save", refuse_first)
    widget.folder.step(1)
    settle(widget)
    finish(widget)
    shown(widget)[1].paint((5, 5), 2)
    widget.folder.saver.keep()
    settle(widget)
    assert queue.labels_path(second).exists()
    assert list(widget.folder.saver.unsaved()) == [first]
    monkeypatch.setattr(queue, "save", save)
    widget.folder.saver.keep()
    settle(widget)
    assert widget.folder.saver.unsaved() == {}


def test_a_stroke_while_one_image_goes_is_saved(opened, finish, settle):
    widget, queue = opened, opened.folder.queue
    finish(widget)
    first, layer = widget.folder.at, shown(widget)[1]
    widget.folder.saver.keep()
    settle(widget)
    widget.folder.leaving.connect(lambda: layer.paint((5, 5), 2))  # after the last look for changes
    widget.folder.step(1)
    settle(widget)
    assert read_labels(queue.labels_path(first)).labels.ids[5, 5] == 2


def test_a_layer_that_a_person_removed_first_does_not_hold_the_next_image_up(
    opened, finish, settle
):
    widget = opened
    finish(widget)
    name, layer, _ = shown(widget)
    faster = lambda: widget.viewer.layers.remove(layer)  # noqa: E731
    widget.folder.leaving.connect(lambda: QTimer.singleShot(0, faster))
    widget.folder.step(1)
    settle(widget)
    assert shown(widget)[0] != name
