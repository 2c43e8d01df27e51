"""A large proposal is written in turns of the event loop, and is one step all the same."""

import numpy as np
import pytest
from napari.layers import Image

import napari_ovseg as ov
from napari_ovseg.glimpse import Glimpse
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.parts import SIDE, PartWriter, ordered

SHAPE = (2 * SIDE + 100, 3 * SIDE)
WORDS = ov.Vocabulary.parse("a; b; c")
pytestmark = pytest.mark.gui


def annotation_of(ids):
    return ov.Annotation("x", ov.LabelMap(ids, WORDS, ov.Grid.regular(2)))


@pytest.fixture
def layer():
    source = Image(np.zeros(SHAPE, np.uint8))
    return layers.new_labels(source, annotation_of(np.zeros(SHAPE, np.uint16)), ())


@pytest.fixture
def writer(qtbot, qapp):
    from qtpy.QtCore import QObject

    owner = QObject()
    yield PartWriter(owner)
    owner.deleteLater()


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(1, 4, SHAPE).astype(np.uint16)


def test_the_view_comes_first_and_the_rest_follows(layer, writer, ids, qtbot):
    layer.corner_pixels = np.array([[2 * SIDE, 2 * SIDE], [2 * SIDE + 50, 2 * SIDE + 50]])
    assert writer.write(layer, annotation_of(ids), ()) == 0
    assert (layer.data[2 * SIDE :, 2 * SIDE :] == ids[2 * SIDE :, 2 * SIDE :]).all()
    assert not layer.data[:SIDE, :SIDE].any()
    qtbot.waitUntil(lambda: not writer.writing)
    assert (layer.data == ids).all()
    assert editing_of(layer).draft.steps == (1, 0)


def test_undo_waits_for_the_end_and_takes_all_of_it_back(layer, writer, ids):
    writer.write(layer, annotation_of(ids), ())
    assert writer.writing
    layer.undo()
    assert not layer.data.any()
    layer.redo()
    assert (layer.data == ids).all()


def test_a_stroke_in_between_stays(layer, writer, ids, qtbot):
    writer.write(layer, annotation_of(ids), ())
    assert writer.writing
    layer.paint((2 * SIDE, 10), 2)
    painted = layer.data == 2
    painted[ids == 2] = False
    assert painted.any()
    qtbot.waitUntil(lambda: not writer.writing)
    assert (layer.data[painted] == 2).all()
    for _ in range(3):
        layer.undo()
    assert not layer.data.any()


def test_whoever_reads_gets_all_of_it(layer, writer, ids):
    writer.write(layer, annotation_of(ids), ())
    assert (layers.annotation_of(layer).labels.ids == ids).all()


def test_a_run_writes_where_it_may_and_only_there(layer, writer, ids, qtbot):
    where = np.zeros(SHAPE, bool)
    where[100:1000, 300:2000] = True
    layer.paint((500, 500), 3)
    mine = layer.data.copy()
    kept = writer.write(layer, annotation_of(ids), (), "", where)
    qtbot.waitUntil(lambda: not writer.writing)
    assert kept == np.count_nonzero(mine)
    assert (layer.data == np.where(mine, mine, np.where(where, ids, 0))).all()


def test_a_plane_of_a_stack(writer, ids, qtbot):
    source = Image(np.zeros((3, *SHAPE), np.uint8))
    layer = layers.new_labels(source, annotation_of(np.zeros(SHAPE, np.uint16)), (0,))
    writer.write(layer, annotation_of(ids), (2,))
    qtbot.waitUntil(lambda: not writer.writing)
    assert (layer.data[2] == ids).all()
    assert not layer.data[:2].any()


def test_a_glimpse_and_what_follows_it_are_one_step(layer, writer, ids, qtbot):
    place = (slice(200, 1200), slice(300, 1900))
    coarse = np.full((1000, 1600), 2, np.uint16)
    writer.show(layer, Glimpse("labels", 0, 1, place, coarse), (), "words")
    qtbot.waitUntil(lambda: not writer.writing)
    expected = np.zeros(SHAPE, np.uint16)
    expected[place] = 2
    assert (layer.data == expected).all()
    writer.write(layer, annotation_of(ids), (), "words")
    writer.finish()
    assert (layer.data == ids).all()
    layer.undo()
    assert not layer.data.any()


def test_parts_cover_every_pixel_once():
    place = (slice(5, 2000), slice(100, 3001))
    seen = np.zeros((2100, 3100), int)
    for part in ordered(place, (slice(0, 10), slice(0, 10))):
        seen[part] += 1
    assert (seen[place] == 1).all()
    assert seen.sum() == 1995 * 2901
