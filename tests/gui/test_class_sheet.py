"""The table of categories in the real window: show, lock, threshold, order, brush."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

import napari_ovseg as ov
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.vocabulary_table import LOCK, NAME, SHOW, THRESHOLD
from napari_ovseg.labels import Owner
from napari_ovseg.vocabulary import Category
from sheets import WORDS

pytestmark = pytest.mark.gui


def test_names_of_every_kind_are_shown(sheet):
    _, layer, _ = sheet
    assert list(layer.features["category"])[1:] == ["nucleus", "beta-actin", "細胞質", "background"]


def test_what_is_hidden_is_transparent_and_still_there(sheet, qtbot):
    _, layer, table = sheet
    table.item(1, SHOW).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: layer.colormap.color_dict[2][3] == 0)
    assert (layer.data == 2).any()
    table.item(1, SHOW).setCheckState(Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: layer.colormap.color_dict[2][3] == 1)


@pytest.mark.parametrize("column", [SHOW, LOCK])
def test_whoever_hides_or_locks_a_category_does_not_paint_with_it(sheet, qtbot, column):
    _, layer, table = sheet
    layer.selected_label = 1
    for at, painted in ((column, 1), (NAME, 3)):
        place = table.visualItemRect(table.item(2, at)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert layer.selected_label == painted


def test_a_number_without_a_word_stays_on_the_brush(sheet):
    widget, layer, _ = sheet
    layer.selected_label = 9  # as by napari's key M
    widget.viewer.add_points(name="another layer")
    widget.session.edit(1, colour="#123456")
    widget._show_words()
    assert layer.selected_label == 9


def test_what_is_locked_cannot_be_painted_or_removed(sheet):
    widget, layer, table = sheet
    table.item(0, LOCK).setCheckState(Qt.CheckState.Checked)
    layer.fill((2, 2), 4)
    assert (layer.data[:10] == 1).all()
    widget.session.lock(2, True)
    assert table.item(1, LOCK).checkState() == Qt.CheckState.Checked
    widget.words.remove([1])
    assert "locked" in widget.panel.message.text()
    assert [c.id for c in widget.session.rows] == [1, 2, 3, 4]
    table.item(0, LOCK).setCheckState(Qt.CheckState.Unchecked)
    layer.fill((2, 2), 4)
    assert (layer.data[:10] == 4).all()


def test_the_padlock_follows_undo_and_redo_in_all_pictures(sheet):
    widget, layer, table = sheet
    source = widget.viewer.add_image(np.zeros((8, 8), np.uint8), name="more cells")
    labels = ov.LabelMap(np.ones((8, 8), np.uint16), WORDS, ov.Grid.regular(2))
    more = layers.new_labels(source, ov.Annotation("more cells", labels), ())
    widget.viewer.add_layer(more)

    def locked():
        padlock = table.item(0, LOCK).checkState() == Qt.CheckState.Checked
        first = editing_of(layer).draft.owner[:10] == Owner.LOCKED
        assert (first == padlock).all()
        assert ((editing_of(more).draft.owner == Owner.LOCKED) == padlock).all()
        return padlock

    padlock = table.item(0, LOCK)
    padlock.setCheckState(Qt.CheckState.Checked)
    layer.fill((15, 15), 1)  # has the category from now on, and is not locked
    layer.undo()
    assert locked()
    layer.undo()
    assert not locked()
    layer.redo()
    assert locked()
    layer.redo()
    padlock.setCheckState(Qt.CheckState.Unchecked)
    assert not locked()
    layer.undo()
    assert locked()
    layer.undo()
    layer.undo()
    assert not locked()
    assert editing_of(layer).draft.steps == (0, 3)


def test_the_slider_is_the_threshold_and_stays_in_the_hand(sheet):
    widget, _, table = sheet
    slider = table.cellWidget(1, THRESHOLD)
    slider.setValue(37)
    assert widget.session.rows[1].threshold == 0.37
    assert table.cellWidget(1, THRESHOLD) is slider
    widget.session.edit(2, threshold=0.5)
    assert slider.value() == 50


def test_order_changes_and_ids_do_not(sheet, qtbot):
    widget, layer, table = sheet
    before = layer.data.copy()
    table.select(3)
    widget.words._up()
    assert [c.id for c in widget.session.rows] == [1, 3, 2, 4]
    assert table.selected() == [3]
    assert (layer.data == before).all()
    qtbot.waitUntil(lambda: list(layer.features["category"])[2] == "細胞質")


def test_the_first_labels_are_painted_with_the_row_that_is_selected(widget, finish):
    widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="first")
    widget.words.add_words("grass; gravel")
    widget.words.table.select(2)
    finish(widget)
    first = widget._chosen_labels()
    assert first.selected_label == 2
    first.selected_label = 1
    widget._layers_changed()
    assert first.selected_label == 1  # it is a person's choice from then on


def test_no_labels_are_painted_with_what_is_no_category(widget, finish):
    widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="first")
    widget.session.set_rows([Category(3, "grass"), Category(5, "gravel")])
    finish(widget)
    assert not widget.words.table.selected()
    assert widget._chosen_labels().selected_label == 3


def test_the_brush_leaves_a_category_that_was_removed(sheet, qtbot):
    widget, layer, table = sheet
    table.select(2)
    layer.selected_label = 2
    widget.session.remove([2])
    qtbot.waitUntil(lambda: layer.selected_label in {c.id for c in widget.session.rows})
    layer.selected_label = 0  # what erases is no category
    widget.session.edit(1, name="core")
    qtbot.wait(50)
    assert layer.selected_label == 0
