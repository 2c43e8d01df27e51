"""Folders that are empty, taken, or cannot be read or written."""

import os
import shutil
import time

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.utils.action_manager import action_manager
from qtpy.QtWidgets import QComboBox

import napari_ovseg as ov
from in_folders import find, is_free, shown
from napari_ovseg._lock import lock, unlock
from napari_ovseg.early import Early
from napari_ovseg.errors import ExportError
from napari_ovseg.folder_queue import FolderQueue
from napari_ovseg.gui import keys
from napari_ovseg.importers import read_labels
from napari_ovseg.progress import Progress

pytestmark = pytest.mark.gui


def test_a_folder_without_images_is_told(widget, tmp_path, settle, monkeypatch):
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", lambda _text: None)
    widget.folder.open(tmp_path)
    settle(widget)
    assert "there is no image in" in widget.panel.message.text()
    assert find(widget, QComboBox, "pictures").isHidden()


def test_a_folder_that_another_window_has_is_refused(widget, images, model, settle):
    taken = lock(images / "ovseg", "it")
    widget.folder.open(images)
    settle(widget)
    told = widget.panel.message.text()
    assert f"the folder {str(images)!r} is open already, by process {os.getpid()}" in told
    assert widget.folder.queue is None
    assert not widget.viewer.layers
    unlock(images / "ovseg", taken)
    widget.folder.open(images)
    settle(widget)
    assert shown(widget)[0] == "cell 1"
    assert not is_free(images)


def test_a_window_frees_a_folder_when_nothing_more_is_written_into_it(
    opened, images, finish, settle, monkeypatch, tmp_path
):
    opened.folder.open(images / ".." / images.name)  # its own, by another name
    settle(opened)
    assert not opened.panel.message.text()
    other = tmp_path / "other"
    shutil.copytree(images, other, ignore=shutil.ignore_patterns("ovseg"))
    finish(opened)
    with monkeypatch.context() as broken:
        broken.setattr(FolderQueue, "save", fail)
        opened.folder.open(other)
        settle(opened)
        assert (is_free(images), is_free(other)) == (False, False)
    opened.folder.step(1)  # it is tried again then
    settle(opened)
    assert (is_free(images), is_free(other)) == (True, False)
    opened.folder.close()
    assert is_free(other)


def fail(*_):
    raise ExportError("the disk is full")


def test_a_folder_that_cannot_be_opened_is_free_and_stays_as_it_is(
    widget, opened, settle, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()
    widget.folder.open(empty)
    settle(widget)
    assert not list(empty.iterdir())
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "a.png").write_bytes(b"no picture")
    widget.folder.open(wrong)
    settle(widget)
    assert is_free(wrong)


def test_images_where_nothing_can_be_written_can_be_looked_at(widget, images, settle, monkeypatch):
    monkeypatch.setattr("napari_ovseg.gui.held.lock", fail)
    widget.folder.open(images)
    settle(widget)
    assert shown(widget)[0] == "cell 1"


def test_no_key_of_ours_is_naparis(opened):
    ours = {key.replace("-", "+") for key in (keys.NEXT_IMAGE, keys.PREVIOUS_IMAGE)}
    assert ours <= {str(key) for key in opened.viewer.keymap}
    taken = {str(k) for kind in (Labels, ImageLayer) for k in kind.class_keymap}
    taken |= {str(key) for key in opened.viewer.class_keymap}
    taken |= {str(k) for several in action_manager._shortcuts.values() for k in several}
    assert not ours & taken


def test_rows_that_were_finished_before_a_cancel_can_be_corrected_and_are_kept(
    widget, images, settle, monkeypatch, qtbot
):
    def say(job, _stop=None):
        early = ov.LabelMap(np.ones((30, 80), np.uint16), job.vocabulary, ov.Grid.regular(2))
        yield Early("windows", 1, 2, ov.Annotation(job.image.name, early), slice(0, 30))
        while True:
            time.sleep(0.001)
            yield Progress("windows", 1, 2)

    monkeypatch.setattr(widget.session, "run_steps", say)
    monkeypatch.setattr(widget.session, "prepare_steps", lambda *_: iter(()))
    widget.words.add_words("cell")
    widget.folder.open(images)
    settle(widget)
    source = widget.form.chosen_image()
    widget.segment()
    qtbot.waitUntil(lambda: widget.pictures.labels_of(source) is not None)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: bool(layer.data.any()))
    widget.turns.stop()
    settle(widget)
    layer.paint((50, 40), 1)
    painted = layer.data.copy()
    widget.folder.step(1)
    settle(widget)
    (file,) = (images / "ovseg").glob("*.zarr")
    assert (read_labels(file).labels.ids == painted).all()
