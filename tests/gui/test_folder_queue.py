"""The images of a folder in the real window, one after the other."""

import os
import shutil
import threading
import time

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.utils.action_manager import action_manager
from PIL import Image
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QPushButton

import napari_ovseg as ov
from napari_ovseg import batches
from napari_ovseg._lock import lock, unlock
from napari_ovseg.early import Early
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.folder_queue import FolderQueue
from napari_ovseg.gui import keys, layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layer_display import display_of
from napari_ovseg.gui.places import grid_of
from napari_ovseg.gui.turns import Turn
from napari_ovseg.gui.vocabulary_table import LOCK
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Owner
from napari_ovseg.progress import Progress

pytestmark = pytest.mark.gui


@pytest.fixture
def images(tmp_path):
    """Three images of noise, and one that is none."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for at in (1, 2, 10):
        pixels = rng.integers(0, 200, (70, 80)).astype(np.uint8)
        pixels[:, :40] = 10 * at
        Image.fromarray(pixels).save(folder / f"cell {at}.png")
    (folder / "cell 3.png").write_bytes(b"no picture")
    return folder


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


@pytest.fixture
def settle(qtbot):
    """Wait until images are read, labels written, and nothing is encoded."""

    def wait(widget):
        busy = (widget.folder.runner, widget.folder.saver.runner, widget.runner)
        folder = widget.folder
        idle = lambda: not folder.moving and not any(r.running for r in busy)  # noqa: E731
        qtbot.waitUntil(idle, timeout=120_000)

    return wait


@pytest.fixture
def model(widget, monkeypatch):
    """A model that says 1 everywhere, at once; what it was asked is noted."""
    asked = []

    def say(job, _stop=None):
        asked.append(job.image.name)
        labels = ov.LabelMap(np.ones((70, 80), np.uint16), job.vocabulary, ov.Grid.regular(2))
        return ov.Annotation(job.image.name, labels)
        yield

    def prepare(image, _plane, _recipe, _stop):
        asked.append(f"ahead: {image.name}")
        return
        yield

    monkeypatch.setattr(widget.session, "run_steps", say)
    monkeypatch.setattr(widget.session, "relabel_steps", say)
    monkeypatch.setattr(widget.session, "prepare_steps", prepare)
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", lambda _text: None)
    return asked


@pytest.fixture
def opened(widget, images, model, settle):
    widget.words.add_words("nucleus; fibre")
    widget.folder.open(images)
    settle(widget)
    return widget


def shown(widget):
    """Name of the one image, its labels layer, and how far each image of the list is."""
    (source,) = [each for each in widget.viewer.layers if isinstance(each, ImageLayer)]
    assert widget.form.chosen_image() is source
    box = find(widget, QComboBox, "pictures")
    states = [box.itemText(i).partition(" · ")[2] for i in range(box.count())]
    return source.name, widget.pictures.labels_of(source), states


def press(widget, key):
    """Press a key that is bound to the viewer."""
    bound = {str(k): act for k, act in widget.viewer.keymap.items()}
    bound[key.replace("-", "+")](widget.viewer)


def test_nothing_but_a_button_until_a_folder_is_open(widget, images, settle, monkeypatch):
    assert find(widget, QComboBox, "pictures").isHidden()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(images))
    find(widget, QPushButton, "folder").click()
    settle(widget)
    assert shown(widget) == ("cell 1", None, ["new"] * 4)
    assert not find(widget, QComboBox, "pictures").isHidden()
    assert not find(widget, QPushButton, "previous").isEnabled()


def test_labels_are_kept_and_come_back(opened, images, finish, settle):
    widget = opened
    finish(widget)
    layer = shown(widget)[1]
    layer.paint((5, 5), 2)
    painted, owner = layer.data.copy(), editing_of(layer).draft.owner.copy()
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    assert shown(widget) == ("cell 2", None, ["corrected", "new", "new", "new"])
    (file,) = (images / "ovseg").glob("*.zarr")
    kept = read_labels(file)
    assert (kept.labels.ids == painted).all()
    finish(widget)
    find(widget, QPushButton, "previous").click()
    settle(widget)
    name, again, states = shown(widget)
    assert (name, states) == ("cell 1", ["corrected", "labelled", "new", "new"])
    assert again is not layer
    assert (again.data == painted).all()
    assert (editing_of(again).draft.owner == owner).all()
    finish(widget)
    assert (again.data == painted).all()
    assert [c.name for c in widget.session.rows] == ["nucleus", "fibre"]


def adopt(widget, ids):
    """Adopt labels that mean by an id what the table does."""
    widget.viewer.add_labels(ids, features={"index": [1, 2], "name": ["nucleus", "fibre"]})
    find(widget, QPushButton, "adopt").click()


def restore(widget, ids):
    """Add a layer as one of a project comes."""
    source = widget.form.chosen_image()
    labels = ov.LabelMap(np.asarray(ids), widget.session.vocabulary(), ov.Grid.regular(2))
    widget.viewer.add_layer(layers.new_labels(source, ov.Annotation("x", labels), ()))


@pytest.mark.parametrize("bring", [adopt, restore])
@pytest.mark.parametrize("stored", [False, True])
def test_labels_that_no_run_made_are_kept(opened, settle, tmp_path, bring, stored):
    widget, ids = opened, np.zeros((70, 80), np.uint16)
    ids[:30], ids[30:50] = 1, 2
    if stored:
        zarr = pytest.importorskip("zarr")
        given = zarr.create_array(store=str(tmp_path / "z"), data=ids)
    else:
        given = ids.copy()
    bring(widget, given)
    widget.folder.step(1)
    settle(widget)
    assert shown(widget)[2][0] != "new"
    widget.folder.step(-1)
    settle(widget)
    assert (shown(widget)[1].data == ids).all()


def test_what_was_painted_last_in_a_layer_that_is_removed_is_kept(opened, finish, settle):
    widget = opened
    finish(widget)
    layer = shown(widget)[1]
    layer.paint((5, 5), 2)
    widget.viewer.layers.remove(layer)
    adopt(widget, np.full((70, 80), 2, np.uint16))
    shown(widget)[1].paint((5, 5), 1)
    widget.viewer.layers.remove(shown(widget)[1])
    widget.folder.step(1)
    settle(widget)
    widget.folder.step(-1)
    settle(widget)
    again = shown(widget)[1]
    assert (again.data[5, 5], again.data[60, 60]) == (1, 2)


def test_to_look_at_labels_does_not_save_them(opened, finish, settle):
    widget = opened
    finish(widget)
    for by in (1, -1):
        widget.folder.step(by)
        settle(widget)
    assert shown(widget)[1] is not None
    assert not widget.folder.saver._changed


def test_padlocks_are_of_the_image_that_is_shown(opened, finish, settle):
    widget = opened
    finish(widget)
    widget.session.lock(1, True)
    on = Qt.CheckState.Checked
    assert widget.words.table.item(0, LOCK).checkState() == on
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    assert widget.words.table.item(0, LOCK).checkState() != on  # no pixel is locked
    finish(widget)
    assert not editing_of(shown(widget)[1]).draft.owner.any()
    find(widget, QPushButton, "previous").click()
    settle(widget)
    assert widget.words.table.item(0, LOCK).checkState() == on
    assert (editing_of(shown(widget)[1]).draft.owner == Owner.LOCKED).all()


def test_a_broken_image_is_told_and_stepped_over(opened, settle):
    widget = opened
    for expected in ("cell 2", "cell 10"):
        find(widget, QPushButton, "next").click()
        settle(widget)
        assert shown(widget)[0] == expected
    assert "stepped over cell 3.png: cannot read" in widget.panel.message.text()
    assert shown(widget)[2] == ["new", "new", "cannot be read", "new"]
    assert not find(widget, QPushButton, "next").isEnabled()
    press(widget, keys.PREVIOUS_IMAGE)
    settle(widget)
    assert shown(widget)[0] == "cell 2"
    press(widget, keys.PREVIOUS_IMAGE)
    settle(widget)
    find(widget, QComboBox, "pictures").activated.emit(3)
    settle(widget)
    assert shown(widget)[0] == "cell 10"


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


def test_the_next_image_is_encoded_ahead(opened, model, finish, settle):
    widget = opened
    assert model == []  # not before this one is labelled
    finish(widget)
    settle(widget)
    assert model == ["cell 1", "ahead: cell 2"]
    widget.session.edit(2, name="fibres")  # labels follow; nothing new to encode
    settle(widget)
    widget.folder.step(1)
    settle(widget)
    finish(widget)
    settle(widget)
    assert model[-2:] == ["cell 2", "ahead: cell 3"] or model[-1] == "cell 2"


def test_a_run_takes_the_worker_from_what_is_done_ahead(opened, model, finish, qtbot, monkeypatch):
    widget = opened
    stopped = []

    def prepare(_image, _plane, _recipe, stop):
        while not stop():
            yield ov.progress.Progress("windows", 0, 1)
        stopped.append(True)

    monkeypatch.setattr(widget.session, "prepare_steps", prepare)
    finish_once(widget, qtbot)
    qtbot.waitUntil(lambda: widget.turns.now == Turn.AHEAD, timeout=20_000)
    assert widget.panel.run_button.isEnabled()
    assert widget.panel.bar.format() == "ready"
    seen = len(model)
    finish_once(widget, qtbot)
    assert model[seen:] == ["cell 1"]
    widget.turns.stop()


def finish_once(widget, qtbot):
    with qtbot.waitSignal(widget.work.ended, timeout=20_000):
        widget.segment()


def test_what_was_encoded_ahead_is_not_encoded_again(widget, images, finish, settle, monkeypatch):
    widget.words.add_words("grass; gravel; background")
    widget.folder.open(images)
    settle(widget)
    finish(widget)
    settle(widget)
    widget.folder.step(1)
    settle(widget)

    def refuse(*_):
        raise AssertionError("the picture was encoded again")

    monkeypatch.setattr(batches, "_attempt", refuse)
    finish(widget)
    assert shown(widget)[1] is not None


def test_how_an_image_is_shown_is_kept(opened, settle):
    widget = opened
    source = widget.form.chosen_image()
    source.gamma, source.contrast_limits = 0.5, (20, 120)
    display = display_of(source)
    widget.folder.step(1)
    settle(widget)
    assert display_of(widget.form.chosen_image()) == display


def test_words_come_from_the_folder_or_must_agree_with_it(opened, images, finish, settle):
    widget = opened
    finish(widget)
    widget.folder.step(1)
    settle(widget)
    widget.session.set_rows([])
    widget.folder.open(images)
    settle(widget)
    assert [c.id for c in widget.session.rows] == [1, 2]  # though cell 2 is new
    assert [c.name for c in widget.session.rows] == ["nucleus", "fibre"]
    assert widget.turns.now == Turn.REST  # to look at it changes nothing
    widget.session.set_rows([])
    widget.words.add_words("vessel")
    assert widget.session.rows[0].id == 3  # those before are in files
    widget.session.set_rows(ov.Vocabulary.parse("vessel"))
    widget.folder.open(images)
    settle(widget)
    assert "1 is 'nucleus'" in widget.panel.message.text()


def test_words_that_change_while_the_next_image_is_read_stay(opened, finish, settle):
    widget = opened
    for _ in range(2):
        finish(widget)
        layer = shown(widget)[1]
        layer.paint((5, 5), 2)
        widget.folder.step(1)
        settle(widget)
    widget.folder.step(-1)
    widget.words.add_words("vessel")
    widget.session.edit(2, name="fibres")
    settle(widget)
    expected = {1: "nucleus", 2: "fibres", 3: "vessel"}
    assert {c.id: c.name for c in widget.session.rows} == expected
    name, layer, _ = shown(widget)
    assert (name, layer.data[5, 5], list(layer.features["category"])[2]) == ("cell 2", 2, "fibres")
    assert editing_of(layer).draft.owner[5, 5] == Owner.PERSON
    assert widget.turns.now == Turn.REST  # to look at it changes nothing
    widget.folder.step(-1)
    widget.session.edit(3, name="vein")
    settle(widget)
    assert [c.name for c in widget.session.rows] == ["nucleus", "fibres", "vein"]


def test_words_that_are_typed_while_a_folder_is_opened_stay_or_are_refused(
    widget, images, model, finish, settle
):
    widget.folder.open(images)
    widget.words.add_words("nucleus; fibre")
    settle(widget)
    assert [c.name for c in widget.session.rows] == ["nucleus", "fibre"]
    finish(widget)
    widget.folder.step(1)
    settle(widget)
    widget.session.set_rows([])
    at = widget.folder.at
    widget.folder.open(images)
    widget.session.set_rows(ov.Vocabulary.parse("vessel"))
    settle(widget)
    assert "1 is 'nucleus'" in widget.panel.message.text()
    assert widget.folder.at == at
    assert [c.name for c in widget.session.rows] == ["vessel"]


def test_what_is_shown_over_an_image_goes_with_it(opened, finish, settle):
    widget = opened
    finish(widget)
    find(widget, QCheckBox, "owners").setChecked(True)
    find(widget, QCheckBox, "preview").setChecked(True)
    widget.viewer.add_points(np.zeros((1, 2)), name="mine")
    finish(widget)
    widget.folder.step(1)
    settle(widget)
    assert {each.name for each in widget.viewer.layers} == {"cell 2", "mine"}


def test_a_calibration_set_by_hand_comes_back_with_the_image(opened, finish, settle):
    widget = opened
    finish(widget)
    image = widget.viewer.layers[0]
    image.scale, image.units = (0.25, 0.5), ("um", "um")
    placed = grid_of(image)
    widget.folder.step(1)
    settle(widget)
    assert np.allclose(widget.viewer.layers[0].scale, 1)  # another image
    widget.folder.step(-1)
    settle(widget)
    again, labels = widget.viewer.layers
    assert again is not image
    for layer in (again, labels):
        assert np.allclose(grid_of(layer).affine, placed.affine)
        assert grid_of(layer).units == placed.units


def test_a_folder_without_images_is_told(widget, tmp_path, settle, monkeypatch):
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", lambda _text: None)
    widget.folder.open(tmp_path)
    settle(widget)
    assert "there is no image in" in widget.panel.message.text()
    assert find(widget, QComboBox, "pictures").isHidden()


def is_free(folder):
    """Whether another window may have a folder."""
    try:
        taken = lock(folder / "ovseg", "it")
    except InputError:
        return False
    unlock(folder / "ovseg", taken)
    return True


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
