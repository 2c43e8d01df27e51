"""A large proposal is written in turns of the event loop, and is one step all the same."""

import numpy as np
import pytest
from napari.components import ViewerModel
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
    yield PartWriter(ViewerModel(), owner)
    owner.deleteLater()


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(1, 4, SHAPE).astype(np.uint16)


@pytest.fixture
def drawn(layer):
    """What is on screen, as far as it was drawn part by part."""
    screen = layer.data.copy()

    def draw(event):
        place = tuple(slice(o, o + n) for o, n in zip(event.offset, event.data.shape, strict=True))
        screen[place] = event.data

    layer.events.labels_update.connect(draw)
    layer.events.set_data.connect(lambda _: np.copyto(screen, layer.data))
    return screen


def test_the_view_comes_first_and_the_rest_follows(layer, writer, ids, qtbot):
    layer.corner_pixels = np.array([[2 * SIDE, 2 * SIDE], [2 * SIDE + 50, 2 * SIDE + 50]])
    inside, outside = np.s_[2 * SIDE :, 2 * SIDE :], np.s_[:SIDE, :SIDE]
    states = []

    def look(_box):  # at every write: a look now and then may come too late
        states.append(((layer.data[inside] == ids[inside]).all(), layer.data[outside].any()))

    editing_of(layer).draft.listeners.append(look)
    assert writer.write(layer, annotation_of(ids), ()) == 0
    qtbot.waitUntil(lambda: not writer.writing)
    assert states[0] == (True, False)
    assert len(states) > 1
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


PLACE = (slice(200, 1100), slice(300, 1400))


def glimpse(category):
    sides = [s.stop - s.start for s in PLACE]
    return Glimpse("labels", 0, 1, PLACE, np.full(sides, category, np.uint16))


def test_a_glimpse_is_shown_and_not_written(layer, writer, drawn):
    layer.paint((500, 500), 3)
    mine = layer.data != 0
    where = np.zeros(SHAPE, bool)
    where[:, 600:] = True
    writer.show(layer, glimpse(2), ())
    expected = np.zeros(SHAPE, np.uint16)
    expected[PLACE] = 2
    assert (drawn == np.where(mine, 3, expected)).all()
    assert (layer.data == np.where(mine, 3, 0)).all()
    writer.hide()
    assert (drawn == layer.data).all()
    writer.show(layer, glimpse(2), (), where)
    assert (drawn == np.where(mine, 3, np.where(where, expected, 0))).all()
    assert editing_of(layer).draft.steps == (1, 0)


def test_what_follows_a_glimpse_is_drawn_over_it(layer, writer, drawn, ids):
    writer.show(layer, glimpse(2), ())
    writer.write(layer, annotation_of(ids), ())
    writer.finish()
    assert (drawn == ids).all()
    drawn[:] = 0
    writer.hide()
    assert not drawn.any()  # nothing was left to hide, so nothing was drawn


def test_no_glimpse_where_parts_cannot_be_drawn(layer, writer, drawn):
    layer.contour = 2
    drawn[:] = 0
    writer.show(layer, glimpse(2), ())
    assert not drawn.any()


def test_the_next_words_do_not_wait_for_the_last(layer, writer, ids, qtbot):
    writer.write(layer, annotation_of(ids), (), "words")
    qtbot.waitUntil(lambda: bool(layer.data.any()))
    assert writer.writing
    other = ids % 3 + 1
    written = []
    editing_of(layer).draft.listeners.append(written.append)
    writer.write(layer, annotation_of(other), (), "words")
    assert len(written) == 0
    writer.finish()
    assert (layer.data == other).all()
    assert editing_of(layer).draft.steps == (1, 0)
    layer.undo()
    assert not layer.data.any()


def test_some_rows_do_not_take_the_place_of_others(layer, writer, ids):
    for top in (0, SIDE, 2 * SIDE):
        rows = annotation_of(ids[top : top + SIDE])
        assert writer.write(layer, rows, (), "run", top=top) == 0
        assert writer.writing
    writer.finish()
    assert (layer.data == ids).all()
    assert editing_of(layer).draft.steps == (1, 0)


def test_a_write_that_fails_is_told_once(layer, writer, ids, qtbot, monkeypatch):
    draft, real = editing_of(layer).draft, editing_of(layer).draft.propose
    box = ordered((slice(0, SHAPE[0]), slice(0, SHAPE[1])), (slice(0, 9), slice(0, 9)))[-1]

    def propose(place, *rest):
        if place == box:
            raise OSError("the disk is full")
        return real(place, *rest)

    monkeypatch.setattr(draft, "propose", propose)
    layer.corner_pixels = np.array([[0, 0], [8, 8]])
    with qtbot.captureExceptions() as errors:
        writer.write(layer, annotation_of(ids), ())
        qtbot.waitUntil(lambda: not writer.writing)
        qtbot.wait(50)
    assert [str(error) for _, error, _ in errors] == ["the disk is full"]


def test_parts_cover_every_pixel_once():
    place = (slice(5, 2000), slice(100, 3001))
    seen = np.zeros((2100, 3100), int)
    for part in ordered(place, (slice(0, 10), slice(0, 10))):
        seen[part] += 1
    assert (seen[place] == 1).all()
    assert seen.sum() == 1995 * 2901
