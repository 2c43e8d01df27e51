"""Words of the table and labels that have its ids: no pixel gets another name unasked."""

import numpy as np
import pytest
from qtpy.QtWidgets import QInputDialog

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.gui import adoption, agreement, layers, replacement, words_panel
from napari_ovseg.gui.widget import OvsegWidget
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project
from napari_ovseg.vocabulary import Category, Vocabulary

pytestmark = pytest.mark.gui
WORDS = Vocabulary.parse("nucleus; fibre; wall; background")


def labelled(viewer, name, words=WORDS):
    """An image whose labels a person has made: a quarter of each of the first three categories."""
    source = viewer.add_image(np.zeros((40, 60), np.uint8), name=name)
    ids = np.zeros((40, 60), np.uint16)
    ids[:10], ids[10:20], ids[20:30] = 1, 2, 3
    owner = np.where(ids, Owner.PERSON, Owner.MODEL).astype(np.uint8)
    annotation = ov.Annotation(name, ov.LabelMap(ids, words, ov.Grid.regular(2)), owner)
    return source, viewer.add_layer(layers.new_labels(source, annotation, ()))


@pytest.fixture
def window(widget, monkeypatch):
    """A window with a labelled image and its words; what is asked and told is noted."""
    asked = []
    answers = []

    def ask(*question):
        asked.append(question[2:4])
        return answers.pop(0)

    monkeypatch.setattr(QInputDialog, "getItem", ask)
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", lambda _text: None)
    _, layer = labelled(widget.viewer, "a")
    widget.session.set_rows(WORDS)
    return widget, layer, asked, answers


def names(layer):
    """What the ids of a layer are called there."""
    vocabulary = Vocabulary.from_toml(layer.metadata["ovseg"]["vocabulary"])
    return {c.id: c.name for c in vocabulary}


def told(widget):
    return {c.id: c.name for c in widget.session.rows}


def test_a_window_that_is_opened_again_begins_with_the_words_of_the_labels(
    make_napari_viewer, qtbot
):
    viewer = make_napari_viewer(show=True)
    _, first = labelled(viewer, "a")
    more = Vocabulary((*WORDS, Category(9, "vessel", threshold=0.3)))
    _, second = labelled(viewer, "b", more)
    before = first.data.copy()
    widget = OvsegWidget(viewer)
    viewer.window.add_dock_widget(widget)
    assert widget.session.rows == list(more)
    assert widget.turns.at_rest  # to look at labels changes nothing in them
    widget.words.add_words("dust")
    assert told(widget)[10] == "dust"
    qtbot.waitUntil(lambda: names(second) == told(widget))
    assert names(first) == told(widget)
    assert (first.data == before).all()
    widget.keeper.close()


def test_words_typed_into_an_empty_table_get_no_id_of_the_labels(window):
    widget, *_ = window
    widget.session.set_rows([])
    widget.words.add_words("vessel; dust")
    assert told(widget) == {5: "vessel", 6: "dust"}


def test_an_id_is_not_given_again_while_undo_brings_its_pixels_back(window):
    widget, layer, _, answers = window
    answers.append((words_panel.UNLABELLED, True))
    widget.words.remove([4])
    widget.words.remove([3])
    assert not (layer.data == 3).any()
    widget.words.add_words("vessel")
    assert told(widget) == {1: "nucleus", 2: "fibre", 5: "vessel"}
    widget.viewer.layers.clear()
    assert not widget.session.bound


def test_new_names_reach_the_labels_of_all_images(window, qtbot):
    widget, first, *_ = window
    source, second = labelled(widget.viewer, "b")
    widget.form.choose_image(source)
    widget.session.edit(1, name="cell")
    qtbot.waitUntil(lambda: names(second)[1] == "cell")
    assert names(first)[1] == "cell"


@pytest.mark.parametrize("answer", [replacement.STAY, replacement.GO, ""])
def test_words_of_a_file_leave_the_pixels_their_names(window, tmp_path, qtbot, answer):
    widget, layer, asked, answers = window
    answers.append((answer, bool(answer)))
    before = layer.data.copy()
    Vocabulary.parse("rust; Wall, walls; sky").save(tmp_path / "words.toml")
    widget.words.open_file(tmp_path / "words.toml")
    assert "1,200 pixels are nucleus, fibre" in asked[0][0]
    if not answer:
        assert told(widget) == {c.id: c.name for c in WORDS}
        return
    new = {5: "rust", 3: "Wall", 6: "sky"}
    stay = {1: "nucleus", 2: "fibre"} if answer == replacement.STAY else {}
    assert told(widget) == new | stay
    assert widget.session.rows[1].queries == ("Wall", "walls")
    assert (layer.data[20:] == before[20:]).all()
    assert bool(layer.data[:20].any()) == bool(stay)
    assert "have other ids here than in the file" in widget.panel.message.text()
    qtbot.waitUntil(lambda: names(layer) == new | stay)
    if answer == replacement.GO:
        layer.undo()
        layer.undo()
    assert (layer.data == before).all()


def test_ready_words_do_not_take_the_place_of_locked_ones(window):
    widget, layer, asked, answers = window
    widget.session.lock(2, True)
    answers.append((words_panel.REPLACE, True))
    before = layer.data.copy()
    widget.words.take_ready("blood-smear")
    assert "fibre is locked" in widget.panel.message.text()
    assert widget.session.rows == list(WORDS)
    assert (layer.data == before).all()
    assert len(asked) == 1


def test_words_without_pixels_make_room_unasked(window, tmp_path):
    widget, layer, asked, _ = window
    layer.data = np.zeros_like(layer.data)
    Vocabulary.parse("fibre; rust").save(tmp_path / "words.toml")
    widget.words.open_file(tmp_path / "words.toml")
    assert told(widget) == {2: "fibre", 5: "rust"}
    assert asked == []


def test_a_file_keeps_its_ids_while_there_are_no_labels(widget, tmp_path):
    widget.words.add_words("a; b")
    words = Vocabulary((Category(7, "b"), Category(3, "c", colour="#123456")))
    words.save(tmp_path / "words.toml")
    widget.words.open_file(tmp_path / "words.toml")
    assert widget.session.rows == list(words)
    assert not widget.panel.message.text()


def test_colours_are_those_of_the_file_or_of_the_new_ids():
    mine = list(Vocabulary.parse("a; b"))
    words = Vocabulary((Category(1, "c"), Category(2, "d", colour="#123456")))
    rows = agreement.fitted(words, mine, 2)
    assert rows == [Category(3, "c"), Category(4, "d", colour="#123456")]


def project_of(tmp_path, words, name="b"):
    """The folder of a project of another day, on an image of the same size."""
    ids = np.full((40, 60), 2, np.uint16)
    owner = np.full((40, 60), Owner.PERSON, np.uint8)
    annotation = ov.Annotation(name, ov.LabelMap(ids, words, ov.Grid.regular(2)), owner)
    project = Project.begin_in(tmp_path / f"{name}.ovseg", (40, 60))
    project.source = project.source.__class__("", name, (40, 60))
    project.save(annotation, {"locked": [5]}, project.begin())
    project.close()
    return tmp_path / f"{name}.ovseg"


def is_free(folder):
    try:
        project, _, _ = Project.open(folder)
    except InputError:
        return False
    project.close()
    return True


def test_a_project_that_means_other_words_is_refused_beside_other_labels(window, tmp_path, qtbot):
    widget, layer, *_ = window
    widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="b")
    before = layer.metadata["ovseg"]["vocabulary"]
    folder = project_of(tmp_path, Vocabulary.parse("nucleus; vessel"))
    widget.keeper.open(folder)
    message = widget.panel.message
    qtbot.waitUntil(lambda: "not those of the other labels" in message.text(), timeout=20_000)
    assert "2 is “fibre” in the table and “vessel”" in message.text()
    assert widget.session.rows == list(WORDS)
    qtbot.waitUntil(lambda: is_free(folder), timeout=20_000)
    assert layer.metadata["ovseg"]["vocabulary"] == before


def test_a_project_that_agrees_adds_its_words_and_its_image_is_chosen(window, tmp_path, qtbot):
    widget, layer, *_ = window
    widget.session.lock(1, True)
    other = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="b")
    widget.form.choose_image(widget.viewer.layers["a"])
    widget.viewer.layers.selection.active = other
    widget.form.choose_image(widget.viewer.layers["a"])  # chosen, though not active
    words = Vocabulary((Category(2, "fibre"), Category(5, "vessel")))
    widget.keeper.open(project_of(tmp_path, words))
    qtbot.waitUntil(lambda: widget.pictures.labels_of(other) is not None, timeout=20_000)
    assert widget.form.chosen_image() is other
    expected = {c.id: c.name for c in WORDS} | {5: "vessel"}
    assert told(widget) == expected
    assert widget.session.locked == {1, 5}
    qtbot.waitUntil(lambda: names(layer) == expected)
    assert (layer.data[:10] == 1).all()


def test_adopted_labels_take_the_words_that_other_labels_have(window):
    widget, layer, asked, answers = window
    source = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="b")
    drawn = widget.viewer.add_labels(np.ones((40, 60), np.int32), name="drawn")
    widget.form.choose_image(source)
    answers.append((adoption.KEEP, True))
    widget.adopt()
    assert widget.pictures.labels_of(source) is drawn
    assert [list(question[1]) for question in asked] == [[adoption.KEEP]]
    assert told(widget) == {c.id: c.name for c in WORDS}
    assert names(drawn)[1] == names(layer)[1] == "nucleus"
