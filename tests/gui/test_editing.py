"""What a person's tools do in a layer, with napari's own mouse events; no window is opened."""

import itertools

import numpy as np
import pytest
from napari.layers import Image, Labels

import napari_ovseg as ov
from drags import WORDS, annotation, drag
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.labels import Owner


def propose(layer, place, label):
    """Let the model say something else of a part."""
    ids = layer.data.copy()
    ids[place] = label
    layers.update_labels(layer, annotation(ids), (), "set up")


def test_what_the_brush_confirms_is_a_persons(layer):
    drag(layer, (20, 10), (20, 50))
    owner = editing_of(layer).draft.owner
    assert owner[20, 10:51].all()
    assert owner[18:23, 30].all()
    assert not owner[:17].any()
    layers.update_labels(layer, annotation(np.full((40, 60), 2)), ())
    assert (layer.data[20, 10:51] == 1).all()
    assert layer.data[5, 5] == 2


def test_axes_of_other_layers_are_not_the_brushs(layer):
    drag(layer, (3, 20, 10), (3, 20, 50), shown=(1, 2))
    draft = editing_of(layer).draft
    assert draft.owner[20, 10:51].all()
    assert not draft.owner[:17].any()
    assert draft.steps == (1, 0)


@pytest.mark.parametrize("mode_first", [True, False])
def test_a_drag_is_one_step_whether_it_changes_or_confirms(layer, mode_first):
    propose(layer, np.s_[20, 30:], 2)  # one half of the way changes, the other is confirmed
    if not mode_first:  # napari's own callback then comes after ours
        layer.mode = "pan_zoom"
        layer.mode = "paint"
    before = layer.data.copy()
    drag(layer, (20, 10), (20, 30), (20, 50))
    assert editing_of(layer).draft.steps == (2, 0)
    assert (layer.data[20] == [*[1] * 53, *[2] * 7]).all()
    assert editing_of(layer).draft.owner[20, 10:51].all()
    drag(layer, (5, 5), (5, 9))
    assert editing_of(layer).draft.steps == (3, 0)
    layer.undo()
    layer.undo()
    assert (layer.data == before).all()
    assert not editing_of(layer).draft.owner.any()


def stack(scale=(1, 1, 1), shape=(7, 40, 60)):
    """Labels of one category throughout, all the model's."""
    ids = np.ones(shape, np.uint16)
    names = ov.Annotation("x", ov.LabelMap(ids, WORDS, ov.Grid.regular(len(shape))))
    source = Image(np.zeros(shape, np.uint8), scale=scale)
    return layers.new_labels(source, names, ())


@pytest.mark.parametrize("size", [1, 2, 5, 10, 11])
@pytest.mark.parametrize("scale", [(1, 1, 1), (1, 3, 1), (2, 1, 0.4)])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_brush_claims_what_it_would_change(size, scale, dimensions):
    reached = []
    for label in (1, 2):  # the first confirms, the second changes
        made = stack(scale)
        made.mode, made.brush_size, made.selected_label = "paint", size, label
        made.n_edit_dimensions = dimensions
        places = [(3, 20, 10.4), (3, 22, 30), (3, 5, 59), (3, -2, 50)]
        drag(made, *[np.multiply(p, scale) for p in places], shown=(1, 2))
        reached.append(editing_of(made).draft.owner == Owner.PERSON)
        assert editing_of(made).draft.steps == (1, 0)
    assert (reached[0] == (made.data == 2)).all()
    assert (reached[0] == reached[1]).all()


def test_a_polygon_claims_what_it_would_change():
    corners = np.array([(3, 4.7, 9.2), (3, 8.6, 50.9), (3, 37.8, 33.3), (3, -3, 20)])
    made = [stack(), stack()]
    for label, layer in enumerate(made, start=1):
        layer.paint_polygon(corners, label)
    assert (editing_of(made[0]).draft.owner == (made[1].data == 2)).all()


def test_every_fill_after_a_stroke_is_a_step_of_its_own(layer):
    layer.selected_label = 2
    drag(layer, (20, 10))
    layer.mode = "fill"
    for label in (2, 1):
        layer.selected_label = label
        drag(layer, (5, 5))
    assert editing_of(layer).draft.steps == (3, 0)
    layer.undo()
    assert layer.data[5, 5] == 2


def test_a_stroke_that_is_being_painted_is_a_persons_already():
    zarr = pytest.importorskip("zarr")
    ids = zarr.array(np.ones((40, 60), np.uint16))
    made = layers.new_labels(Image(np.zeros((40, 60), np.uint8)), annotation(np.ones((40, 60))), ())
    made.data = ids
    draft = editing_of(made).draft
    draft.claim(draft_box := (slice(0, 40), slice(0, 60)), np.ones((40, 60), bool), Owner.MODEL)
    with made.block_history():  # as during a drag
        made.paint((20, 20), 2)
        draft.propose(draft_box, np.full((40, 60), 1))
        made.paint((20, 40), 2)
    assert made.data[20, 20] == made.data[20, 40] == 2
    assert draft.owner[20, 20] == draft.owner[20, 40] == Owner.PERSON


@pytest.mark.parametrize("label", [1, 2])
def test_what_the_brush_passes_over_is_a_persons_before_it_is_released(layer, label):
    """What it only confirms, too: labels that follow come at any time."""
    layer.selected_label = label
    everywhere = np.full((40, 60), 3 - label)
    drag(
        layer, (20, 10), (20, 50),
        between=lambda: layers.update_labels(layer, annotation(everywhere), (), "words"),
    )  # fmt: skip
    draft = editing_of(layer).draft
    assert (layer.data[20, 10:51] == label).all()
    assert (draft.owner[20, 10:51] == Owner.PERSON).all()
    assert (layer.data[5] == 3 - label).all()
    layer.undo()
    layer.undo()
    assert (layer.data == 1).all()


def test_owners_of_another_shape_are_none(layer):
    cut = Labels(layer.data[:10], metadata=layer.metadata)
    assert editing_of(cut).draft.owner.all()
    assert cut.metadata["ovseg"]["owner"].shape == (10, 60)


def test_what_the_eraser_passes_stays_unlabelled(layer):
    propose(layer, np.s_[:, 30:], 0)
    layer.mode = "erase"
    drag(layer, (20, 20), (20, 40))
    layers.update_labels(layer, annotation(np.full((40, 60), 2)), ())
    assert not layer.data[20, 20:41].any()
    assert layer.data[30, 40] == 2


def test_a_polygon_claims_all_of_its_inside(layer):
    propose(layer, np.s_[:, 30:], 2)
    layer.paint_polygon([(10, 10), (10, 50), (30, 50), (30, 10)], 1)
    assert editing_of(layer).draft.owner[12:29, 12:49].all()
    assert editing_of(layer).draft.steps == (2, 0)
    layer.undo()
    assert not editing_of(layer).draft.owner.any()


def test_an_outline_and_what_it_encloses_are_one_step(layer):
    propose(layer, np.s_[:], 2)
    before, outline = layer.data.copy(), layer._overlays["brush_stroke"]
    corners = [(10, 10), (10, 50), (30, 50), (30, 10), (10, 10)]
    # What napari does from a click of the right button to the way back, here with a pan between.
    drag(layer, corners[0], button=2)
    layer._begin_stroke()
    outline.active = True
    for start, stop in itertools.pairwise(corners):
        layer._draw(1, np.array(start), np.array(stop))
        drag(layer, (20, 30), (35, 55))
    layer.paint_polygon(corners, 1)
    layer._commit_stroke()
    outline.active = False
    draft = editing_of(layer).draft
    assert draft.steps == (2, 0)
    assert draft.owner[10:31, 10:51].all()
    assert not draft.owner[35, 55]
    assert (layer.data[8:33, 12:49] == 1).all()
    layer.undo()
    assert (layer.data == before).all()
    assert not draft.owner.any()


def test_an_outline_that_is_dropped_claims_nothing(layer):
    layer._begin_stroke()
    layer._draw(1, np.array((10, 10)), np.array((10, 50)))
    layer._abort_stroke()
    drag(layer, (30, 30))
    owner = editing_of(layer).draft.owner
    assert owner[30, 30]
    assert not owner[10].any()


def test_locked_pixels_do_not_give_way_to_the_bucket(layer):
    where = np.zeros((40, 60), bool)
    where[:10] = True
    editing_of(layer).draft.claim((slice(0, 40), slice(0, 60)), where, Owner.LOCKED)
    layer.fill((20, 20), 2)
    assert (layer.data[:10] == 1).all()
    assert (layer.data[10:] == 2).all()
    assert (np.asarray(layer._slice.image.raw) == layer.data).all()
