"""Stacks in the real window: a range or all of the slices, one after the other."""

import numpy as np
import pytest
from qtpy.QtWidgets import QCheckBox, QComboBox, QPushButton, QSpinBox

from napari_ovseg import batches
from napari_ovseg.feature_cache import FeatureCache
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.slices import ALL, THIS
from napari_ovseg.gui.turns import Turn

pytestmark = pytest.mark.gui


def slices(count=4, height=70, width=80):
    """Slices of coarse noise, each with a flat half of its own."""
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 255, (count, height, width)).astype(np.uint8)
    for at, picture in enumerate(stack):
        picture[:, : width // 2] = 40 * at
    return stack


@pytest.fixture
def window(widget):
    """A window with a stack (t, z, y, x) at time 1 and slice 2."""
    source = widget.viewer.add_image(
        np.stack([slices(), slices()[::-1]]), name="stack", axis_labels=("t", "z", "y", "x")
    )
    widget.viewer.dims.set_point((0, 1), (1, 2))
    widget.words.add_words("grass; gravel; background")
    return widget, source


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


def choose(widget, choice, first=None, last=None):
    find(widget, QComboBox, "slices").setCurrentText(choice)
    if first is not None:
        find(widget, QSpinBox, "first").setValue(first)
        find(widget, QSpinBox, "last").setValue(last)


@pytest.fixture
def run(qtbot):
    """Press Segment and wait until all slices are done."""

    def wait(widget, until=Turn.REST):
        widget.segment()
        qtbot.waitUntil(lambda: widget.turns.now == until, timeout=120_000)

    return wait


def done(layer):
    """Index of the slices that have labels."""
    return {tuple(map(int, plane)) for plane in np.argwhere(layer.data.any((-2, -1)))}


def test_the_row_is_there_for_stacks_only(window):
    widget, _ = window
    row = find(widget, QComboBox, "slices")
    assert [row.itemText(i) for i in range(row.count())] == [
        THIS, "range of t", "range of z", ALL,
    ]  # fmt: skip
    assert not row.isHidden()
    assert find(widget, QSpinBox, "first").isHidden()
    choose(widget, "range of z")
    assert find(widget, QSpinBox, "last").value() == 3
    picture = widget.viewer.add_image(slices()[0])
    widget.form.choose_image(picture)
    assert widget.panel.writing.slices.isHidden()
    assert widget.panel.writing.slices.planes(()) == [()]


def test_a_range_along_one_axis(window, run):
    widget, source = window
    choose(widget, "range of z", 2, 1)  # either way round
    run(widget)
    layer = widget.pictures.labels_of(source)
    assert done(layer) == {(1, 1), (1, 2)}
    choose(widget, "range of t")
    run(widget)
    assert done(layer) == {(1, 1), (1, 2), (0, 2)}


def test_all_slices_but_those_corrected_as_one_step(window, run, monkeypatch):
    widget, source = window
    run(widget)  # only the one on screen
    layer = widget.pictures.labels_of(source)
    assert done(layer) == {(1, 2)}
    layer.paint((0, 3, 5, 5), 2)
    before = layer.data.copy()
    choose(widget, ALL)
    places = []
    widget.work.stepped.connect(places.append)
    run(widget)
    assert "7 of 8 slices labelled; 1 left alone" in widget.panel.message.text()
    assert (layer.data[0, 3] == before[0, 3]).all()
    assert done(layer) == set(np.ndindex(2, 4))
    assert places[0] == "slice 1 of 8"
    assert places[-1] == "slice 8 of 8"
    labelled = layer.data.copy()
    layer.undo()
    assert (layer.data == before).all()
    layer.redo()
    assert (layer.data == labelled).all()

    def refuse(*_):
        raise AssertionError("a slice was encoded again")

    monkeypatch.setattr(batches, "_attempt", refuse)
    widget.session.cache = FeatureCache(widget.session.cache.folder)  # another process
    widget.session.recent.clear()
    run(widget)
    assert "7 of 8 slices labelled" in widget.panel.message.text()


def test_a_first_run_can_be_undone_whole(window, run):
    widget, source = window
    choose(widget, ALL)
    run(widget)
    layer = widget.pictures.labels_of(source)
    assert done(layer) == set(np.ndindex(2, 4))
    assert not editing_of(layer).draft.owner.any()
    layer.undo()
    assert not layer.data.any()


def test_cancel_keeps_the_slices_that_are_finished(window, run, qtbot):
    widget, source = window
    choose(widget, ALL)
    seen = []
    widget.work.labelled.connect(lambda *_: seen.append(1))
    widget.segment()
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=120_000)
    find(widget, QPushButton, "cancel").click()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.REST, timeout=20_000)
    layer = widget.pictures.labels_of(source)
    assert done(layer) == {(1, 2), (0, 0)}  # the one on screen comes first
    assert "2 of 8 slices labelled" in widget.panel.message.text()
    assert widget.panel.run_button.isEnabled()
    assert widget.panel.bar.format() == "ready"
    run(widget)
    assert "8 of 8 slices labelled" in widget.panel.message.text()


def test_a_slice_that_is_corrected_during_the_run_is_left_alone(window, qtbot):
    widget, source = window
    choose(widget, "range of z")
    seen = []

    def paint(*_):
        seen.append(1)
        if len(seen) == 1:
            widget.pictures.labels_of(source).paint((1, 3, 5, 5), 1)

    widget.work.labelled.connect(paint)
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.REST, timeout=120_000)
    layer = widget.pictures.labels_of(source)
    assert done(layer) == set(np.ndindex(2, 4)) - {(0, z) for z in range(4)}
    assert (layer.data[1, 3] != 0).sum() < 500  # the brush, and nothing else
    assert "3 of 4 slices labelled; 1 left alone" in widget.panel.message.text()


def test_a_slice_that_cannot_be_read_ends_the_run_and_is_named(widget, run):
    stack = slices().astype(np.float32)
    stack[2, 0, 0] = np.nan
    source = widget.viewer.add_image(stack, contrast_limits=(0, 255))
    widget.viewer.dims.set_point(0, 0)
    widget.words.add_words("grass; background")
    choose(widget, ALL)
    run(widget)
    assert "slice 3 of 4: " in widget.panel.message.text()
    assert done(widget.pictures.labels_of(source)) == {(0,), (1,)}


def test_several_slices_are_not_shown_first(window, run):
    widget, source = window
    find(widget, QCheckBox, "preview").setChecked(True)
    choose(widget, ALL)
    run(widget)
    assert "shows one slice" in widget.panel.message.text()
    assert widget.pictures.labels_of(source) is None


def test_words_are_live_on_every_slice_that_was_encoded(window, run, settle):
    widget, source = window
    choose(widget, ALL)
    run(widget)
    widget.viewer.dims.set_point((0, 1), (0, 0))  # not one of the last four
    layer = widget.pictures.labels_of(source)
    before = layer.data.copy()
    widget.session.remove([3])
    settle(widget)
    assert (before[0, 0] == 3).any()
    assert not (layer.data[0, 0] == 3).any()
    assert (layer.data[1] == before[1]).all()


def test_one_picture_has_no_row_of_slices(widget):
    row = widget.panel.writing.slices
    assert row.isHidden()
    widget.viewer.add_image(slices()[0])
    assert row.isHidden()
    stack = widget.viewer.add_image(slices())
    widget.form.choose_image(stack)
    assert row.isVisible()


def test_a_stack_that_is_seen_from_the_side_is_not_labelled(window, run):
    widget, source = window
    widget.viewer.dims.roll()
    widget.segment()
    assert "seen from the side" in widget.panel.message.text()
    assert widget.pictures.labels_of(source) is None
    widget.viewer.dims.order = (0, 1, 2, 3)
    run(widget)
    assert done(widget.pictures.labels_of(source)) == {(1, 2)}
