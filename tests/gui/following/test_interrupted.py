"""Runs that are cancelled, and pictures that change under them."""

import numpy as np
import pytest
from qtpy.QtWidgets import QPushButton

from napari_ovseg.gui.turns import Turn
from stripes import SIDE

pytestmark = pytest.mark.gui


def press(widget, name):
    widget.findChild(QPushButton, f"ovseg_{name}").click()


@pytest.fixture
def run_again(widget, labelled, model, qtbot):
    """A second run of a labelled picture, under way."""

    def begin():
        model.may_end.clear()
        widget.segment()
        qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN and widget.runner.running)

    return begin


@pytest.fixture
def run_while_labels_follow(widget, model, run_again, qtbot):
    """A run that begins before labels have followed a new word."""

    def begin():
        model.may_end.clear()
        widget.words.add_words("stroma")
        qtbot.waitUntil(lambda: widget.turns.now == Turn.FOLLOW and widget.runner.running)
        run_again()

    return begin


def cancel(widget, model, rest):
    press(widget, "cancel")
    model.may_end.set()
    rest(widget)


def test_words_that_change_during_a_run_are_followed_when_it_is_cancelled(
    widget, labelled, model, run_again, rest
):
    run_again()
    widget.words.add_words("stroma")
    cancel(widget, model, rest)
    assert (labelled.data == 3).any()


def test_words_that_a_run_began_before_they_were_followed_are_followed_when_it_is_cancelled(
    widget, labelled, model, run_while_labels_follow, rest
):
    run_while_labels_follow()
    cancel(widget, model, rest)
    assert (labelled.data == 3).any()


def test_a_run_that_is_cancelled_relabels_nothing_where_nothing_changed(
    widget, labelled, model, run_again, rest
):
    widget.words.add_words("stroma")
    rest(widget)
    labelled.undo()
    before = labelled.data.copy()
    run_again()
    cancel(widget, model, rest)
    assert (labelled.data == before).all()


def test_a_run_that_ended_has_followed_what_it_interrupted(
    widget, labelled, model, run_again, run_while_labels_follow, rest
):
    run_while_labels_follow()
    model.may_end.set()
    rest(widget)
    assert (labelled.data == 3).any()
    labelled.undo()
    before = labelled.data.copy()
    run_again()
    cancel(widget, model, rest)
    assert (labelled.data == before).all()


def test_pixels_of_another_layer_that_is_seen_with_it_are_noticed(
    widget, labelled, source, model, rest, qtbot
):
    other = widget.viewer.add_image(np.zeros((SIDE, SIDE), np.uint8), name="other")
    other.blending = "additive"
    widget.form.choose_image(source)
    widget.pictures.together = True
    told = []
    widget.work.told.connect(lambda text, _popup: told.append(text))
    model.may_end.clear()
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN and widget.runner.running)
    other.data = np.ones((SIDE, SIDE), np.uint8)
    model.may_end.set()
    rest(widget)
    assert any("pixels of 'other' were replaced" in text for text in told)


def test_the_levels_of_a_pyramid_that_are_set_again_are_no_others(widget, model, rest, qtbot):
    levels = [np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE // 2, SIDE // 2), np.uint8)]
    source = widget.viewer.add_image(levels, multiscale=True)
    widget.words.add_words("nucleus; cytoplasm")
    model.may_end.clear()
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN and widget.runner.running)
    source.data = levels
    model.may_end.set()
    rest(widget)
    assert widget.pictures.labels_of(source) is not None


def test_a_first_run_that_is_cancelled_brings_no_labels(widget, under_way, model, rest):
    widget.words.add_words("stroma")
    cancel(widget, model, rest)
    assert widget.pictures.labels_of(under_way) is None


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (SIDE + 3, SIDE), (2, SIDE, SIDE)])
@pytest.mark.parametrize("first", [True, False])
def test_labels_of_pixels_that_were_replaced_meanwhile_are_dropped(
    widget, source, model, rest, qtbot, shape, first, finish
):
    if not first:
        finish(widget)
        layer = widget.pictures.labels_of(source)
        before = layer.data.copy()
        widget.session.set_rows(reversed(widget.session.rows))  # the stripes change places
    told = []
    widget.work.told.connect(lambda text, _popup: told.append(text))
    model.may_end.clear()
    model.tells_early = True
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN and widget.runner.running)
    model.encoded = False
    source.data = np.ones(shape, np.uint8)
    model.may_end.set()
    qtbot.waitUntil(lambda: not model.may_end.is_set())
    model.may_end.set()
    rest(widget)
    assert any("were replaced during the run" in text for text in told)
    if first:
        assert widget.pictures.labels_of(source) is None
    else:
        assert (layer.data == before).all()


def test_undo_takes_back_what_typing_brought_to_the_slice_on_screen(widget, model, rest, finish):
    widget.viewer.add_image(np.zeros((3, SIDE, SIDE), np.uint8), name="stack")
    widget.words.add_words("nucleus; cytoplasm")
    for at in (0, 1):
        widget.viewer.dims.set_point(0, at)
        finish(widget)
    for at in (0, 1):
        widget.viewer.dims.set_point(0, at)
        widget.words.add_words(f"word {at}")
        rest(widget)
    (layer,) = (each for each in widget.viewer.layers if "labels" in each.name)
    first = layer.data[0].copy()
    assert (first == 3).any()
    assert (layer.data[1] == 4).any()
    layer.undo()
    assert (layer.data[0] == first).all()
    assert set(np.unique(layer.data[1])) == {1, 2}
