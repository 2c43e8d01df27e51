"""Rows of the table: ids that nobody takes, removal, keys, files, pixels, details."""

import numpy as np
import pytest
from napari.layers import Labels, Layer
from napari.utils.action_manager import action_manager
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QInputDialog,
    QLineEdit,
    QPushButton,
)

import napari_ovseg as ov
from napari_ovseg import ready
from napari_ovseg.gui import keys, layers, words_panel
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.replacement import GO
from napari_ovseg.gui.tally import Tally
from napari_ovseg.gui.vocabulary_table import PIXELS
from napari_ovseg.gui.widget import OvsegWidget
from napari_ovseg.labels import Owner
from napari_ovseg.vocabulary import Category
from sheets import WORDS

pytestmark = pytest.mark.gui


def test_words_that_were_exchanged_give_their_ids_to_nobody(sheet, monkeypatch):
    widget, layer, _ = sheet
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: (GO, True))
    widget.words._replacement.run(ov.Vocabulary.parse("nucleus; beta-actin"))
    widget.session.add("sky")
    (sky,) = (c.id for c in widget.session.rows if c.name == "sky")
    layer.undo()
    layer.undo()
    assert (layer.data == 3).any()
    assert not (layer.data == sky).any()


def test_a_duplicate_takes_nobodys_place(sheet):
    widget, layer, _ = sheet
    source = widget.form.chosen_image()
    assert widget.pictures.labels_of(source) is layer
    copy = widget.viewer.add_layer(Layer.create(*layer.as_layer_data_tuple()))
    widget.viewer.layers.move(widget.viewer.layers.index(copy), 0)
    assert widget.pictures.labels_of(source) is layer
    assert editing_of(copy).draft.owner is not editing_of(layer).draft.owner
    assert list(copy.features["category"]) == list(layer.features["category"])


def test_the_labels_that_are_chosen_in_the_list_are_those_of_the_table(widget, finish):
    pictures = []
    for name in ("a", "b"):
        pictures.append(widget.viewer.add_image(np.zeros((40, 60), np.uint8), name=name))
        if not widget.session.rows:
            widget.words.add_words("grass; gravel")
        finish(widget)
    assert widget.form.chosen_image() is pictures[1]
    labels = widget.pictures.labels_of(pictures[0])
    widget.viewer.layers.selection.active = labels
    assert widget.form.chosen_image() is pictures[0]
    widget.words.table.chosen.emit(2)
    assert labels.selected_label == 2


def test_locks_come_back_with_the_dock(widget, finish):
    widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="a")
    widget.words.add_words("grass")
    finish(widget)
    labels = widget._chosen_labels()
    labels.fill((0, 0), 1)
    widget.session.lock(1, True)
    again = OvsegWidget(widget.viewer)
    assert again.session.locked == {1}
    again.close()


def test_a_dock_that_was_closed_knows_which_ids_are_taken(sheet, qtbot):
    widget, layer, _ = sheet
    widget.session.remove([4])
    qtbot.waitUntil(lambda: len(layer.features) == 4)  # with that of what is unlabelled
    again = OvsegWidget(widget.viewer)
    again.session.add("sky")
    assert [c.id for c in again.session.rows] == [1, 2, 3, 5]
    again.close()


@pytest.mark.parametrize(
    ("answer", "expected"), [(("unlabelled", True), 0), (("nucleus", True), 1), (("", False), 2)]
)
def test_removal_asks_what_becomes_of_the_pixels(sheet, monkeypatch, answer, expected):
    widget, layer, _ = sheet
    asked = []
    monkeypatch.setattr(QInputDialog, "getItem", lambda *a: (asked.append(a[2]), answer)[1])
    widget.words.remove([4])  # has no pixels: nothing is asked
    assert asked == []
    widget.words.remove([2])
    assert asked == ["600 pixels are beta-actin. They become:"]
    assert (layer.data[10:20] == expected).all()
    owner = Owner.PERSON if expected == 1 else Owner.MODEL  # what is unlabelled is nobody's word
    assert (editing_of(layer).draft.owner[10:20] == owner).all()
    assert (2 in [c.id for c in widget.session.rows]) == (expected == 2)
    if expected != 2:
        layer.undo()
        assert (layer.data[10:20] == 2).all()
        assert not editing_of(layer).draft.owner.any()


def test_keys_choose_a_category(sheet):
    widget, layer, table = sheet
    press = {str(key): act for key, act in layer.keymap.items()}
    press["Shift+3"](layer)
    assert layer.selected_label == 3
    assert table.selected() == [3]
    press["Shift+Down"](layer)
    assert layer.selected_label == 4
    press["Shift+Down"](layer)
    assert layer.selected_label == 1
    press["Shift+Up"](layer)
    assert layer.selected_label == 4
    press["Shift+9"](layer)  # there is no ninth
    assert layer.selected_label == 4
    table.cellClicked.emit(1, 4)
    assert layer.selected_label == 2
    press["Shift+N"](layer)
    assert widget.words.entry is widget.window().focusWidget()


def test_no_key_of_ours_is_naparis(sheet):
    widget, _, _ = sheet
    ours = {key.replace("-", "+") for key in (*keys.FIRST_NINE, keys.NEXT, keys.PREVIOUS, keys.ADD)}
    taken = {str(key) for key in (*Labels.class_keymap, *widget.viewer.class_keymap)}
    shortcuts = action_manager._shortcuts.values()
    taken |= {str(key) for several in shortcuts for key in several}
    assert len(taken) > 30
    assert not ours & taken


def test_words_go_to_a_file_and_back(sheet, tmp_path):
    from napari_ovseg.vocabulary_files import save_vocabulary

    widget, _, table = sheet
    for ending in ("toml", "csv"):
        save_vocabulary(widget.session.vocabulary(), tmp_path / f"words.{ending}")
        widget.session.set_rows([])
        assert widget.words.open_file(tmp_path / f"words.{ending}")
        assert tuple(widget.session.rows) == WORDS.categories
        assert table.rowCount() == 4
    (tmp_path / "bad.csv").write_text("category,colour\nnucleus,red\n")
    assert not widget.words.open_file(tmp_path / "bad.csv")
    assert "header with 'name'" in widget.panel.message.text()
    assert tuple(widget.session.rows) == WORDS.categories


def shown(table):
    return [table.item(row, PIXELS).text() for row in range(table.rowCount())]


def test_pixels_follow_strokes_and_undo(sheet, qtbot):
    widget, layer, table = sheet
    start = ["600", "600", "600", "0"]
    qtbot.waitUntil(lambda: shown(table) == start, timeout=10_000)
    layer.fill((2, 2), 4)
    qtbot.waitUntil(lambda: shown(table) == ["0", "600", "600", "600"], timeout=10_000)
    layer.undo()
    qtbot.waitUntil(lambda: shown(table) == start, timeout=10_000)
    layer.data = np.full((40, 60), 2, np.uint16)
    qtbot.waitUntil(lambda: shown(table) == ["0", "2,400", "0", "0"], timeout=10_000)
    widget.viewer.layers.remove(layer)
    assert shown(table) == [""] * 4


def test_only_what_was_written_is_counted_again(widget, qtbot, monkeypatch):
    source = widget.viewer.add_image(np.zeros((3, 900, 1100), np.uint8), name="stack")
    ids = np.ones((900, 1100), np.uint16)
    annotation = ov.Annotation("stack", ov.LabelMap(ids, WORDS, ov.Grid.regular(2)))
    layer = widget.viewer.add_layer(layers.new_labels(source, annotation, (1,)))
    widget.session.set_rows(WORDS)
    table, squares = widget.words.table, []
    count = Tally._count_square
    monkeypatch.setattr(Tally, "_count_square", lambda t, s: (squares.append(s), count(t, s)))
    widget.viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: shown(table)[0] == "990,000", timeout=20_000)
    squares.clear()
    layer.brush_size = 9
    layer.paint((1, 256, 300), 2)
    layer.data[0, 5, 5] = 3  # on a plane that is not on screen
    qtbot.waitUntil(lambda: shown(table)[1] != "0", timeout=10_000)
    assert sorted(squares) == [(0, 1), (1, 1)]
    assert shown(table)[:2] == [f"{(layer.data[1] == i).sum():,}" for i in (1, 2)]
    widget.viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: shown(table)[2] == "1", timeout=10_000)


def test_details_are_those_of_the_selected_category(sheet):
    widget, _, table = sheet
    details = widget.words.details
    widget.findChild(QPushButton, "ovseg_show_details").click()
    assert details.isVisible()
    assert not details.role.isEnabled()
    table.select(2)
    assert details.windowTitle() == "beta-actin"
    details.role.setCurrentText("stuff")
    details.definition.setText("thin bright fibres ")
    details.definition.editingFinished.emit()
    details.min_size.setValue(50)
    told = widget.session.rows[1]
    assert (told.role, told.definition, told.min_size) == ("stuff", "thin bright fibres", 50)
    assert table.selected() == [2]
    table.select(1)
    assert (details.role.currentText(), details.min_size.value()) == ("thing", 0)
    assert widget.session.rows[1] == told
    widget.session.edit(1, min_size=7)
    assert details.min_size.value() == 7
    details.close()
    widget.session.remove([1])
    assert not details.min_size.isEnabled()


def test_an_edit_leaves_the_selection_where_it_is(sheet):
    widget, layer, table = sheet
    table.select(3)  # with the arrow keys: the brush stays what it is
    widget.session.edit(3, colour="#123456")
    assert table.selected() == [3]
    layer.selected_label = 2
    assert table.selected() == [2]


def test_a_window_that_was_closed_counts_no_more(sheet):
    widget, layer, _ = sheet
    listeners = editing_of(layer).draft.listeners
    assert listeners
    widget.destroyed.emit(widget)
    assert not listeners
    layer.fill((2, 2), 4)


def test_opened_labels_are_editable_at_once(widget):
    layer = widget.viewer.add_layer(
        Labels(np.ones((8, 8), np.uint16), metadata={"ovseg": {"vocabulary": WORDS.to_toml()}})
    )
    assert editing_of(layer).draft.owner.all()


def test_ready_words_are_taken_or_added(widget, monkeypatch):
    button = widget.findChild(QPushButton, "ovseg_ready")
    menus = {action.text(): action.menu() for action in button.menu().actions()}
    jobs = {action.text(): action for action in menus["microscopy"].actions()}
    jobs["Blood smear"].trigger()
    smear = widget.session.rows
    assert smear == list(ready.ready("blood-smear"))
    asked = []

    def answer(*told):
        asked.append(told[3])
        return answers.pop()

    answers = [(words_panel.REPLACE, True), (words_panel.ADD, True), ("", False)]
    monkeypatch.setattr(QInputDialog, "getItem", answer)
    jobs["Phase contrast, living cells"].trigger()
    assert widget.session.rows == smear
    jobs["Phase contrast, living cells"].trigger()
    assert widget.session.rows[:5] == smear
    assert [(c.id, c.name) for c in widget.session.rows[5:]] == [(6, "cell"), (7, "debris")]
    jobs["Bacteria and yeast"].trigger()
    assert widget.session.rows == list(ready.ready("bacteria-and-yeast"))
    assert asked == [[words_panel.ADD, words_panel.REPLACE]] * 3


def test_everything_has_a_tip(widget):
    inputs = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)
    own = [
        w
        for kind in inputs
        for w in widget.findChildren(kind)
        if w.objectName().startswith("ovseg_")
    ]
    assert len(own) > 20
    assert [w.objectName() for w in own if not w.toolTip()] == []


def test_a_removed_category_leaves_the_brush_also_where_the_table_was_empty_meanwhile(sheet):
    widget, layer, _ = sheet
    layer.selected_label = 1
    for number in (1, 2, 3, 4):
        layer.data[layer.data == number] = 0
    widget.session.set_rows(())
    widget.viewer.add_points(name="another layer")
    widget.session.set_rows(ov.Vocabulary((Category(7, "other"),)))
    widget._show_words()
    assert layer.selected_label == 7
