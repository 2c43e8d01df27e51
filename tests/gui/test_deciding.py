"""What a run may write: in a region, after a look at the difference; and who decided what is there."""

import numpy as np
import pytest
from qtpy.QtWidgets import QCheckBox, QComboBox, QPushButton
from skimage.draw import line, polygon2mask
from skimage.morphology import dilation

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.places import grid_of
from napari_ovseg.gui.where import EVERYWHERE, SHAPES, VIEW, where_to
from napari_ovseg.labels import Owner

pytestmark = pytest.mark.gui


@pytest.fixture
def window(widget, monkeypatch):
    """A window whose model says what the test wants, at once."""
    source = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="cells", scale=(2, 2))
    widget.words.add_words("nucleus; fibre; background")
    said = np.ones((40, 60), np.uint16)

    def say(_job, _stop=None):
        words = widget.session.vocabulary()
        labels = ov.LabelMap(said.copy(), words, grid_of(source))
        return ov.Annotation("cells", labels)
        yield

    monkeypatch.setattr(widget.session, "run_steps", say)
    monkeypatch.setattr(widget.session, "relabel_steps", say)
    return widget, source, said


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


def test_shapes_say_where_a_run_writes(window, finish):
    widget, source, said = window
    find(widget, QComboBox, "where").setCurrentText(SHAPES)
    widget.segment()
    assert "no shape lies on the picture" in widget.panel.message.text()
    shapes = widget.viewer.add_shapes([[[0, 0], [0, 40], [40, 40], [40, 0]]])  # world units
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert layer.data[5, 5] == 1
    assert layer.data[:, 30:].sum() == 0
    shapes.add_ellipses([[10, 30], [10, 50], [30, 50], [30, 30]])
    said[...] = 2
    finish(widget)
    assert layer.data[10, 20] == 2
    assert layer.data[5, 24] == 0  # a corner around the ellipse
    assert not layer.data[30:].any()
    shapes.visible = False
    widget.segment()
    assert "no shape lies on the picture" in widget.panel.message.text()


def test_only_what_is_in_view_is_written(window):
    widget, source, _ = window
    assert where_to(EVERYWHERE, widget.viewer, source, [()]) == {(): None}
    source.corner_pixels = np.array([[10, 20], [19, 39]])
    where = where_to(VIEW, widget.viewer, source, [()])[()]
    assert where[10:20, 20:40].all()
    assert where.sum() == 200
    source.corner_pixels = np.array([[0, 0], [-1, -1]])
    with pytest.raises(InputError, match="nothing of the picture is in view"):
        where_to(VIEW, widget.viewer, source, [()])


def test_a_difference_is_shown_before_it_is_written(window, finish):
    widget, source, said = window
    finish(widget)
    layer = widget.pictures.labels_of(source)
    layer.paint((5, 5), 3)
    before = layer.data.copy()
    find(widget, QCheckBox, "preview").setChecked(True)
    said[:20], said[20:] = 2, 3
    finish(widget)
    assert (layer.data == before).all()
    shown = widget.viewer.layers["cells [labels]: what would change"]
    assert shown.data[10, 10] == 2
    assert shown.data[5, 5] == 0  # a person's
    assert "1,200 to background" in widget.panel.message.text()
    accept = find(widget, QPushButton, "accept_some")
    assert not accept.isHidden()
    widget.words.table.select(3)
    accept.click()
    assert (layer.data[20:] == 3).all()
    assert (layer.data[:20] == before[:20]).all()
    assert shown not in widget.viewer.layers
    layer.undo()
    assert (layer.data == before).all()
    finish(widget)
    find(widget, QPushButton, "reject").click()
    assert (layer.data == before).all()
    finish(widget)
    find(widget, QPushButton, "accept").click()
    assert layer.data[5, 5] == 3
    assert layer.data[10, 10] == 2


def test_what_is_shown_first_is_not_written_where_there_are_no_labels_either(window, finish):
    widget, source, said = window
    find(widget, QCheckBox, "preview").setChecked(True)
    said[:20], said[20:] = 2, 3
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert not layer.data.any()
    shown = widget.viewer.layers["cells [labels]: what would change"]
    assert (shown.data == said).all()
    find(widget, QPushButton, "accept").click()
    assert (layer.data == said).all()
    layer.undo()
    assert not layer.data.any()


def test_what_is_accepted_has_the_words_of_the_table_by_then(window, finish, settle):
    widget, source, said = window
    finish(widget)
    layer = widget.pictures.labels_of(source)
    find(widget, QCheckBox, "preview").setChecked(True)
    said[:20], said[20:] = 2, 3
    finish(widget)
    said[...] = 3  # no labels follow the words as long as this is not decided
    widget.words.add_words("vessel")
    widget.session.edit(2, name="strand")
    widget.session.remove([3])
    settle(widget)
    find(widget, QPushButton, "accept").click()
    assert list(layer.features["category"]) == ["unlabelled", "nucleus", "strand", "vessel"]
    assert 'name = "vessel"' in layer.metadata["ovseg"]["vocabulary"]
    assert (layer.data[:20] == 2).all()
    assert (layer.data[20:] == 1).all()  # there is no word for what they would become


def test_without_a_selected_category_nothing_is_accepted_and_nothing_dropped(window, finish):
    widget, source, said = window
    finish(widget)
    layer = widget.pictures.labels_of(source)
    find(widget, QCheckBox, "preview").setChecked(True)
    said[...] = 2
    finish(widget)
    widget.words.table.clearSelection()
    accept = find(widget, QPushButton, "accept_some")
    accept.click()
    assert "select in the table which to accept" in widget.panel.message.text()
    assert "cells [labels]: what would change" in widget.viewer.layers
    assert accept.isVisible()
    assert (layer.data == 1).all()
    widget.words.table.select(2)
    accept.click()
    assert (layer.data == 2).all()
    assert not accept.isVisible()


def test_one_switch_shows_who_decided(window, finish, qtbot):
    widget, source, _ = window
    finish(widget)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: layer.visible)  # napari gives no tool to a hidden layer
    layer.mode = "paint"
    switch = find(widget, QCheckBox, "owners")
    switch.setChecked(True)
    (shown,) = [each for each in widget.viewer.layers if "who decided" in each.name]
    assert widget.viewer.layers.selection.active is layer
    assert layer.mode == "paint"
    layer.paint((5, 5), 2)
    widget.session.lock(1, True)
    assert shown.data[5, 5] == Owner.PERSON
    assert shown.data[20, 20] == Owner.LOCKED
    assert (np.asarray(shown._slice.image.raw) == shown.data).all()
    switch.setChecked(False)
    assert shown not in widget.viewer.layers
    assert widget.pictures.labels_of(source) is layer


def test_who_decided_is_shown_of_the_image_that_is_chosen(window, finish, qtbot):
    widget, source, _ = window
    finish(widget)
    second = widget.viewer.add_image(source.data.copy(), name="second")
    finish(widget)
    labels = [widget.pictures.labels_of(image) for image in (source, second)]
    qtbot.waitUntil(lambda: labels[1].visible)

    def shown():
        return [each for each in widget.viewer.layers if "who decided" in each.name]

    def shows(layer):
        return [each.data is editing_of(layer).draft.owner for each in shown()] == [True]

    switch = find(widget, QCheckBox, "owners")
    switch.setChecked(True)
    assert shows(labels[1])
    widget.form.choose_image(source)
    qtbot.waitUntil(lambda: shows(labels[0]))
    (over,) = shown()
    source.scale = (3, 2)
    assert np.allclose(over.scale, (3, 2))
    widget.viewer.layers.remove(labels[0])
    widget.form.choose_image(source)  # napari has chosen another
    qtbot.waitUntil(lambda: not shown())
    widget.form.choose_image(second)
    qtbot.waitUntil(lambda: shows(labels[1]))
    switch.setChecked(False)
    assert not shown()


def test_shapes_count_on_the_slice_that_they_were_drawn_on_and_lines_do_not(widget):
    source = widget.viewer.add_image(np.zeros((5, 40, 60), np.uint8), scale=(3, 1, 1))
    square = np.array([[10, 10], [10, 30], [30, 30], [30, 10]], float)
    shapes = widget.viewer.add_shapes(np.insert(square, 0, 3, axis=1), scale=(3, 1, 1))
    shapes.add_paths(np.insert(square + 5, 0, 2, axis=1))
    planes = [(number,) for number in range(5)]
    ((plane, drawn),) = where_to(SHAPES, widget.viewer, source, planes).items()
    assert plane == (3,)
    assert drawn[11:30, 11:30].all()
    assert drawn.sum() <= 21 * 21
    for number in (0, 2):
        with pytest.raises(InputError, match="no shape lies on the picture"):
            where_to(SHAPES, widget.viewer, source, [(number,)])
    widget.viewer.add_shapes(square)  # of two axes: seen on every slice
    found = where_to(SHAPES, widget.viewer, source, planes)
    assert list(found) == planes
    assert all((each == drawn).all() for each in found.values())
    assert found[0,] is found[4,]  # a stack has many


def test_a_shape_is_filled_as_it_is_drawn(widget):
    """But for its outline, and where sides cross."""
    source = widget.viewer.add_image(np.zeros((50, 60), np.uint8))
    rng = np.random.default_rng(0)
    for number in range(6):
        corners = rng.uniform(2, 48, (3 + number % 6, 2))
        shapes = widget.viewer.add_shapes([corners], shape_type="polygon")
        outline = np.zeros((50, 60), bool)
        ends = np.rint(corners).astype(int)
        for start, end in zip(ends, np.roll(ends, -1, axis=0), strict=True):
            outline[line(*start, *end)] = True
        inside = ~dilation(outline, np.ones((3, 3)))
        found = where_to(SHAPES, widget.viewer, source, [()])[()]
        assert (found != polygon2mask((50, 60), corners))[inside].sum() <= 3
        widget.viewer.layers.remove(shapes)


def test_what_is_in_view_of_a_pyramid_whose_slices_are_halved_too(widget):
    levels = [np.zeros((8, 64, 96), np.uint8), np.zeros((4, 32, 48), np.uint8)]
    source = widget.viewer.add_image(levels, multiscale=True)
    source._data_level = 1
    source.corner_pixels = np.array([[0, 0, 0], [0, 15, 47]])
    where = where_to(VIEW, widget.viewer, source, [(3,)])[3,]
    assert where[:32].all()
    assert not where[32:].any()
