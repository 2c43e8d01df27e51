"""What is shown first, and who decided, stay true whatever becomes of the layers meanwhile."""

import numpy as np
import pytest
from qtpy.QtWidgets import QCheckBox, QPushButton

import napari_ovseg as ov
from napari_ovseg.gui.places import grid_of

pytestmark = pytest.mark.gui
SHOWN = "cells [labels]: what would change"


@pytest.fixture
def window(widget, monkeypatch, finish):
    """A labelled image; the next run would change a half of it, and is shown first."""
    source = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="cells")
    widget.words.add_words("nucleus; fibre; background")
    said = np.ones((40, 60), np.uint16)

    def say(_job, _stop=None):
        labels = ov.LabelMap(said.copy(), widget.session.vocabulary(), grid_of(source))
        return ov.Annotation("cells", labels)
        yield

    monkeypatch.setattr(widget.session, "run_steps", say)
    monkeypatch.setattr(widget.session, "relabel_steps", say)
    finish(widget)
    find(widget, QCheckBox, "preview").setChecked(True)
    said[:20] = 2
    return widget, source, widget.pictures.labels_of(source), said


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


def asks(widget):
    return not find(widget, QPushButton, "accept").parentWidget().isHidden()


def test_what_would_change_nothing_is_told_and_no_layer_comes(window, finish):
    widget, _, layer, said = window
    said[...] = layer.data
    finish(widget)
    assert widget.panel.message.text() == "nothing would change"
    assert SHOWN not in widget.viewer.layers
    assert not asks(widget)


def test_the_brush_stays_where_it_is(window, finish):
    widget, _, layer, _ = window
    widget.viewer.layers.selection.active = layer
    finish(widget)
    assert SHOWN in widget.viewer.layers
    assert widget.viewer.layers.selection.active is layer


@pytest.mark.parametrize("which", ["shown", "labels"])
def test_what_is_removed_by_hand_is_not_decided_on(window, finish, qtbot, which):
    widget, _, layer, _ = window
    before = layer.data.copy()
    finish(widget)
    assert asks(widget)
    widget.viewer.layers.remove(SHOWN if which == "shown" else layer)
    assert not asks(widget)
    qtbot.waitUntil(lambda: SHOWN not in widget.viewer.layers)
    assert widget.panel.message.text() == ""
    find(widget, QPushButton, "accept").click()
    assert (layer.data == before).all()


def test_what_is_shown_follows_the_labels_place(window, finish):
    widget, source, _, _ = window
    finish(widget)
    source.scale = (0.5, 0.5)
    assert tuple(widget.viewer.layers[SHOWN].scale) == (0.5, 0.5)


def test_words_that_change_meanwhile_are_followed_after_the_decision(window, finish, settle, qtbot):
    widget, _, layer, said = window
    finish(widget)
    find(widget, QPushButton, "reject").click()
    qtbot.waitUntil(lambda: widget.turns.at_rest)
    assert (layer.data == 1).all()  # no word has changed
    finish(widget)
    said[...] = 3
    widget.session.edit(1, threshold=0.5)
    settle(widget)
    assert (layer.data == 1).all()
    find(widget, QPushButton, "reject").click()
    qtbot.waitUntil(lambda: int(layer.data.min()) == 3, timeout=20_000)


def test_who_decided_follows_another_array(window):
    widget, _, layer, _ = window
    find(widget, QCheckBox, "owners").setChecked(True)
    view = widget.viewer.layers["cells [labels]: who decided"]
    new = layer.data.copy()
    new[5:9] = 3
    layer.data = new
    assert (view.data[5:9] == 1).all()
    assert view.data.sum() == 4 * 60


def test_a_dock_that_is_closed_takes_its_layers_along(window, finish, qtbot):
    widget, source, layer, _ = window
    finish(widget)
    find(widget, QCheckBox, "owners").setChecked(True)
    viewer = widget.viewer
    assert len(viewer.layers) == 4
    widget.runner.cancel()
    viewer.window.remove_dock_widget(viewer.window.dock_widgets["Label by words"].parent())
    widget.deleteLater()
    qtbot.waitUntil(lambda: list(viewer.layers) == [source, layer])


def test_labels_of_another_image_are_not_followed_instead(window, finish, settle, qtbot):
    widget, source, _, said = window
    find(widget, QCheckBox, "preview").setChecked(False)
    other = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="other")
    widget.form.choose_image(other)
    finish(widget)
    before = widget.pictures.labels_of(other).data.copy()
    widget.form.choose_image(source)
    find(widget, QCheckBox, "preview").setChecked(True)
    said[:20] = 1
    said[20:] = 2
    finish(widget)
    assert asks(widget)
    said[...] = 3
    widget.session.edit(1, threshold=0.5)
    settle(widget)
    widget.form.choose_image(other)
    find(widget, QPushButton, "reject").click()
    qtbot.waitUntil(lambda: widget.turns.at_rest)
    assert (widget.pictures.labels_of(other).data == before).all()


def test_words_are_followed_when_what_is_shown_is_removed_by_hand(window, finish, settle, qtbot):
    widget, _, layer, said = window
    finish(widget)
    said[...] = 3
    widget.session.edit(1, threshold=0.5)
    settle(widget)
    widget.viewer.layers.remove(SHOWN)
    qtbot.waitUntil(lambda: int(layer.data.min()) == 3, timeout=20_000)


def test_all_selected_layers_can_be_removed_at_once(window, finish, qtbot):
    widget, _, layer, _ = window
    finish(widget)
    widget.viewer.add_points(name="stays")  # the canvas needs one
    shown = widget.viewer.layers[SHOWN]
    widget.viewer.layers.selection = {layer, shown}
    widget.viewer.layers.remove_selected()
    qtbot.waitUntil(lambda: [each.name for each in widget.viewer.layers] == ["cells", "stays"])


def test_a_preview_that_comes_changes_no_selection(window, finish):
    widget, source, layer, _ = window
    two = {source, layer}
    widget.viewer.layers.selection = two
    finish(widget)
    assert SHOWN in widget.viewer.layers
    assert set(widget.viewer.layers.selection) == two
