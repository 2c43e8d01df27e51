"""What labels follow and what they do not, while a run is under way and after it."""

import numpy as np
import pytest
from qtpy.QtWidgets import QCheckBox, QComboBox, QInputDialog, QPushButton

import napari_ovseg as ov
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.slices import ALL
from napari_ovseg.gui.turns import Turn
from napari_ovseg.labels import Owner
from stripes import SIDE

pytestmark = pytest.mark.gui


def words(widget):
    return {c.id: c.name for c in widget.session.rows}


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


def test_words_that_change_during_a_first_run_are_followed_at_its_end(
    widget, under_way, model, rest
):
    widget.words.remove([2])
    widget.words.add_words("stroma")
    assert words(widget) == {1: "nucleus", 3: "stroma"}  # 2 is on its way into labels
    model.may_end.set()
    rest(widget)
    layer = widget.pictures.labels_of(under_way)
    assert set(np.unique(layer.data)) == {1, 3}
    assert list(layer.features["category"]) == ["unlabelled", "nucleus", "stroma"]


def test_what_takes_the_place_of_words_during_a_run_has_ids_of_its_own(
    widget, under_way, model, rest
):
    widget.words._replacement.run(ov.Vocabulary.parse("fibre; nucleus"))
    assert words(widget) == {3: "fibre", 1: "nucleus"}
    model.may_end.set()
    rest(widget)
    assert set(np.unique(widget.pictures.labels_of(under_way).data)) == {1, 3}


def test_what_a_run_found_for_a_removed_word_is_not_written(widget, under_way, model, rest):
    model.encoded = False  # so that nothing follows
    widget.words.remove([2])
    model.may_end.set()
    rest(widget)
    assert set(np.unique(widget.pictures.labels_of(under_way).data)) == {0, 1}


def test_rows_that_come_early_hold_no_removed_word(widget, under_way, model, qtbot):
    model.tells_early = True
    widget.words.remove([2])
    model.may_end.set()
    qtbot.waitUntil(lambda: widget.pictures.labels_of(under_way) is not None)
    layer = widget.pictures.labels_of(under_way)
    qtbot.waitUntil(lambda: bool(layer.data.any()))
    widget.turns.stop()
    assert set(np.unique(layer.data)) == {0, 1}
    assert not layer.data[SIDE // 2 :].any()


def test_a_word_that_is_removed_is_not_written_into_slices_to_come(
    widget, model, rest, monkeypatch
):
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("unlabelled", True))
    source = widget.viewer.add_image(np.zeros((3, SIDE, SIDE), np.uint8), name="stack")
    widget.words.add_words("nucleus; cytoplasm")
    find(widget, QComboBox, "slices").setCurrentText(ALL)
    seen = []

    def remove(*_):
        seen.append(widget.turns.now)
        if len(seen) == 1:
            widget.words.remove([2])

    widget.work.labelled.connect(remove)
    widget.segment()
    rest(widget)
    assert seen.count(Turn.RUN) == 3
    layer = widget.pictures.labels_of(source)
    assert set(np.unique(layer.data)) == {0, 1}
    assert all(plane.any() for plane in layer.data)


@pytest.mark.parametrize("pending", [True, False])
def test_labels_that_follow_bring_no_removed_layer_back(
    widget, source, labelled, model, rest, qtbot, pending
):
    model.may_end.clear()
    widget.words.add_words("stroma")
    if not pending:
        qtbot.waitUntil(lambda: widget.turns.now == Turn.FOLLOW)
    widget.viewer.layers.remove(labelled)
    model.may_end.set()
    rest(widget)
    assert widget.pictures.labels_of(source) is None


def test_a_run_that_is_cancelled_leaves_nothing_to_follow(widget, under_way, model, rest):
    widget.words.add_words("stroma")
    widget.turns.stop()
    model.may_end.set()
    rest(widget)
    assert widget.pictures.labels_of(under_way) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.show(2, False),
        lambda session: session.move(2, -1),
        lambda session: session.edit(2, colour="#123456"),
        lambda session: session.configure(contrast=session.recipe.contrast),
    ],
    ids=["hidden", "order", "colour", "same settings"],
)
def test_labels_follow_nothing_that_the_model_is_not_asked(widget, labelled, rest, change):
    widget.words.add_words("stroma")
    rest(widget)
    labelled.undo()
    before = labelled.data.copy()
    change(widget.session)
    assert widget.turns.at_rest
    assert (labelled.data == before).all()
    widget.session.edit(2, threshold=0.5)
    assert not widget.turns.at_rest
    rest(widget)
    assert (labelled.data != before).any()


def test_nothing_follows_while_a_difference_is_not_decided_on(
    widget, labelled, model, finish, settle
):
    before = labelled.data.copy()
    find(widget, QCheckBox, "preview").setChecked(True)
    widget.session.set_rows(reversed(widget.session.rows))  # the stripes change places
    finish(widget)
    assert find(widget, QPushButton, "reject").isVisible()
    widget.words.add_words("stroma")
    settle(widget)
    assert (labelled.data == before).all()
    find(widget, QPushButton, "reject").click()
    assert (labelled.data == before).all()
    widget.words.add_words("fibre")
    settle(widget)
    assert set(np.unique(labelled.data)) == {1, 2, 3, 4}


def test_a_run_that_would_change_nothing_stops_no_labels_from_following(
    widget, labelled, finish, settle
):
    find(widget, QCheckBox, "preview").setChecked(True)
    finish(widget)
    widget.words.add_words("stroma")
    settle(widget)
    assert (labelled.data == 3).any()


def test_the_rest_of_adopted_labels_stays_unlabelled(widget, source, model, rest):
    ids = np.zeros((SIDE, SIDE), np.int32)
    ids[:10] = 1
    layer = widget.viewer.add_labels(ids, features={"index": [1], "name": ["nucleus"]})
    widget.session.set_rows([])
    widget.adopt()
    rest(widget)
    assert widget.pictures.labels_of(source) is layer
    assert not layer.data[10:].any()


def test_adopted_labels_end_no_run_of_another_image(widget, under_way, model, rest):
    other = widget.viewer.add_image(np.zeros((8, 8), np.uint8), name="other")
    widget.form.choose_image(other)
    ids = np.eye(8, dtype=np.int32)
    widget.viewer.add_labels(ids, features={"index": [1], "name": ["nucleus"]})
    widget.adopt()
    model.may_end.set()
    rest(widget)
    assert (widget.pictures.labels_of(other).data == ids).all()
    assert set(np.unique(widget.pictures.labels_of(under_way).data)) == {1, 2}
    assert widget.form.chosen_image() is other  # nobody chose the image whose labels came


def test_pixels_that_are_given_to_another_word_stay_what_they_became(
    widget, labelled, settle, monkeypatch
):
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: ("nucleus", True))
    widget.words.add_words("stroma")
    settle(widget)
    given = labelled.data == 3
    assert given.any()
    widget.words.remove([3])
    settle(widget)
    assert (labelled.data[given] == 1).all()
    assert (editing_of(labelled).draft.owner[given] == Owner.PERSON).all()
