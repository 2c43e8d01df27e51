"""Words of a folder, and how its images are shown."""

import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QCheckBox

import napari_ovseg as ov
from in_folders import find, shown
from napari_ovseg.folder_queue import FolderQueue
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layer_display import display_of
from napari_ovseg.gui.places import grid_of
from napari_ovseg.gui.turns import Turn
from napari_ovseg.labels import Owner

pytestmark = pytest.mark.gui


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


def test_ids_of_labels_that_are_still_being_saved_are_taken(
    opened, finish, settle, qtbot, monkeypatch
):
    """Else a new word gets the number of another, and that is what saved pixels are called then."""
    widget, may, save = opened, threading.Event(), FolderQueue.save
    finish(widget)
    monkeypatch.setattr(FolderQueue, "save", lambda *args: may.wait(30) and save(*args))
    widget.folder.step(1)
    second = lambda: getattr(widget.form.chosen_image(), "name", "") == "cell 2"  # noqa: E731
    qtbot.waitUntil(lambda: second() and not widget.folder.moving, timeout=20_000)
    widget.session.set_rows(list(widget.session.rows)[:1])
    widget.words.add_words("stroma")
    may.set()
    settle(widget)
    assert {c.id: c.name for c in widget.session.rows} == {1: "nucleus", 3: "stroma"}


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
