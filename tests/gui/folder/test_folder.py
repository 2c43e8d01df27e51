"""The images of a folder in the real window, one after the other."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFileDialog, QPushButton

import napari_ovseg as ov
from in_folders import find, shown
from napari_ovseg.gui import keys, layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import new_labels
from napari_ovseg.gui.vocabulary_table import LOCK
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Owner

pytestmark = pytest.mark.gui


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


def test_whoever_only_looks_leaves_no_project(opened, projects, finish, settle, qtbot):
    widget = opened
    finish(widget)
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    finish(widget)

    def folders():
        return {p.name for p in projects.iterdir() if p.is_dir()}

    qtbot.waitUntil(lambda: len(folders()) == 2 and not widget.keeper._given, timeout=20_000)
    before = folders()
    for key in (keys.PREVIOUS_IMAGE, keys.NEXT_IMAGE) * 2:
        press(widget, key)
        settle(widget)
    assert (shown(widget)[1].data == 1).all()
    press(widget, keys.PREVIOUS_IMAGE)
    settle(widget)
    shown(widget)[1].fill((0, 0), 2)  # this is more than a look
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    kept = {each.project.folder.name for each in widget.keeper.kept.values()}
    qtbot.waitUntil(lambda: not widget.keeper._given, timeout=20_000)
    assert len(folders() - before - kept) == 1


def test_padlocks_of_other_labels_stay_closed(opened, finish, settle):
    widget = opened
    other = widget.viewer.add_image(np.zeros((30, 40), np.uint8), name="other")
    labels = widget.viewer.add_layer(
        new_labels(other, annotation_of(widget, np.full((30, 40), 2, np.uint16)), ())
    )
    widget.session.lock(2, True)
    assert (editing_of(labels).draft.owner == Owner.LOCKED).all()
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    assert 2 in widget.session.locked


def annotation_of(widget, ids):
    labels = ov.LabelMap(ids, widget.session.vocabulary(), ov.Grid.regular(2))
    return ov.Annotation("other", labels)


def test_work_that_is_nowhere_else_keeps_its_project(opened, projects, finish, settle, qtbot):
    """Where the window was closed meanwhile, or words could not be saved beside the images."""
    widget = opened
    finish(widget)
    press(widget, keys.NEXT_IMAGE)
    settle(widget)
    press(widget, keys.PREVIOUS_IMAGE)
    settle(widget)
    (kept,) = widget.keeper.kept.values()
    assert kept.from_disk
    folder = kept.project.folder
    widget.session.edit(1, name="renamed")
    file = folder / "project.json"
    told = lambda: file.is_file() and "renamed" in file.read_text()  # noqa: E731
    qtbot.waitUntil(told, timeout=20_000)
    layer = shown(widget)[1]
    widget.keeper._let_go(layer)
    qtbot.waitUntil(lambda: not widget.keeper._given, timeout=20_000)
    assert folder.is_dir()
    widget.keeper.keep_all()  # as by a window that is opened again
    (again,) = widget.keeper.kept.values()
    assert not again.from_disk
