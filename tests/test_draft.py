"""Who owns a pixel, and one order of undo; numpy only."""

import numpy as np
import pytest

from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.annotate.history import LEAST_STEPS
from napari_ovseg.annotate.reach import stamped
from napari_ovseg.errors import InputError
from napari_ovseg.labels import Owner

ALL = whole((4, 6))


def paint(draft, place, label):
    """Write as napari does, then tell of it."""
    mask = np.zeros(draft.ids.shape, bool)
    mask[place] = True
    old = draft.ids[mask]
    draft.ids[mask] = label
    return draft.stroke([(whole(draft.ids.shape), mask, old)])


def test_a_model_writes_only_where_pixels_are_its_own():
    draft = Draft(np.zeros((4, 6), np.uint16))
    paint(draft, np.s_[0, :2], 5)
    assert draft.propose(ALL, np.full((4, 6), 3)) == 2
    assert draft.ids[0].tolist() == [5, 5, 3, 3, 3, 3]
    assert (draft.owner == Owner.PERSON).sum() == 2
    only = np.zeros((4, 6), bool)
    only[1] = True
    draft.propose(ALL, np.full((4, 6), 4), only)
    assert draft.ids[:3, 2].tolist() == [3, 4, 3]


def test_what_is_locked_changes_for_nobody():
    draft = Draft(np.full((4, 6), 2, np.uint16))
    corner = np.zeros((4, 6), bool)
    corner[:2, :2] = True
    assert draft.claim(ALL, corner, Owner.LOCKED) == 4
    assert paint(draft, np.s_[0, :], 7)  # some of it was refused
    assert draft.ids[0].tolist() == [2, 2, 7, 7, 7, 7]
    draft.replace(ALL, draft.ids == 2, np.zeros((4, 6)))
    draft.propose(ALL, np.full((4, 6), 1))
    assert (draft.ids[:2, :2] == 2).all()
    assert draft.claim(ALL, corner) == 0  # a person cannot claim it either
    assert draft.claim(ALL, corner, Owner.MODEL) == 4
    draft.propose(ALL, np.full((4, 6), 1))
    assert (draft.ids[:2, :2] == 1).all()


def test_a_command_may_make_pixels_a_persons_and_undo_gives_them_back():
    draft = Draft(np.full((4, 6), 2, np.uint16))
    corner = np.zeros((4, 6), bool)
    corner[:2, :2] = True
    draft.claim(ALL, corner, Owner.LOCKED)
    draft.replace(ALL, draft.ids == 2, np.asarray(3), Owner.PERSON)
    assert ((draft.ids == 2) == corner).all()
    assert (draft.owner[~corner] == Owner.PERSON).all()
    assert (draft.owner[corner] == Owner.LOCKED).all()
    draft.undo()
    assert (draft.ids == 2).all()
    assert (draft.owner[~corner] == Owner.MODEL).all()


def test_writes_of_one_action_are_one_step():
    draft = Draft(np.zeros((4, 6), np.uint16))
    for value in (1, 2, 3):
        draft.propose(ALL, np.full((4, 6), value), part_of="typing")
    paint(draft, np.s_[2], 9)
    draft.propose(ALL, np.full((4, 6), 4), part_of="typing")
    assert draft.steps == (3, 0)
    draft.undo()
    assert draft.ids[0, 0] == 3
    draft.undo()
    draft.undo()
    assert (draft.ids == 0).all()
    assert (draft.owner == Owner.MODEL).all()
    assert draft.steps == (0, 3)
    assert not draft.undo()
    while draft.redo():
        pass
    assert draft.ids[:, 0].tolist() == [4, 4, 9, 4]


def test_a_step_that_changes_nothing_is_none():
    draft = Draft(np.zeros((4, 6), np.uint16))
    draft.propose(ALL, np.zeros((4, 6)))
    draft.claim(ALL, np.zeros((4, 6), bool))
    assert draft.steps == (0, 0)


def test_what_a_program_wrote_without_a_word_is_a_persons_and_a_step():
    draft = Draft(np.zeros((4, 6), np.uint16))
    draft.claim(ALL, np.eye(4, 6, dtype=bool), Owner.LOCKED)
    paint(draft, np.s_[0, 1], 5)
    draft.ids[1] = 8
    draft.propose(ALL, np.full((4, 6), 3))
    assert draft.ids[1].tolist() == [8, 0, 8, 8, 8, 8]  # one pixel was locked
    assert draft.ids[2, 0] == 3
    assert draft.steps == (4, 0)
    draft.undo()
    assert draft.ids[1].tolist() == [8, 0, 8, 8, 8, 8]
    draft.undo()
    assert draft.ids.sum() == 5
    draft.ids[3, 0] = 7
    draft.redo()  # there is nothing to redo after that
    assert draft.ids.sum() == 12
    assert draft.steps == (3, 0)


def test_undo_in_an_array_on_disk_leaves_alone_what_others_wrote_elsewhere():
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array({}, shape=(4, 6), chunks=(3, 3), dtype="uint16")
    array[...] = 0
    draft = Draft(array)
    draft.propose(ALL, np.eye(4, 6))
    array[1, 3] = 8
    draft.undo()
    assert array[1, 3] == 8
    assert array[...].sum() == 8


def test_a_change_of_a_large_map_is_kept_small():
    side, rng = 4096, np.random.default_rng(0)
    draft = Draft(rng.integers(0, 50, (side, side)).astype(np.uint16))
    before = draft.ids.copy()
    draft.propose(whole((side, side)), rng.integers(0, 50, (side, side)).astype(np.uint16))
    assert draft.nbytes <= 20e6
    draft.undo()
    assert draft.nbytes <= 20e6
    assert (draft.ids == before).all()


def test_a_hundred_steps_are_kept_whatever_they_take(monkeypatch):
    monkeypatch.setattr("napari_ovseg.annotate.history.BUDGET", 1)
    draft = Draft(np.zeros((4, 6), np.uint16))
    for value in range(1, 151):
        draft.propose(ALL, np.full((4, 6), value))
    assert draft.steps == (LEAST_STEPS, 0)
    while draft.undo():
        pass
    assert (draft.ids == 50).all()


def test_every_write_is_told():
    told = []
    draft = Draft(np.zeros((3, 4, 6), np.uint16))
    draft.listeners.append(told.append)
    draft.propose(whole((3, 4, 6), (1,)), np.ones((1, 4, 6)))
    draft.undo()
    assert told == [whole((3, 4, 6), (1,))] * 2


def test_owners_of_another_shape_are_refused():
    with pytest.raises(InputError, match="shape of the labels"):
        Draft(np.zeros((4, 6), np.uint16), np.zeros((4, 5), np.uint8))


def reached_in(corners, footprint, shape):
    mask, boxes = np.zeros(shape, bool), []
    for box, reached in stamped(np.array(corners), footprint, shape):
        mask[box] |= reached
        boxes.append(box)
    return mask, boxes


def test_a_footprint_reaches_what_it_covers_and_no_pixel_outside():
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    mask, boxes = reached_in([(4, 0), (4, 1), (4, 2)], cross, (20, 20))
    assert boxes == [(slice(4, 7), slice(0, 5))]
    assert mask[5, :5].all()
    assert mask[[4, 6], 1:4].all()
    assert mask.sum() == 11
    mask, boxes = reached_in([(-2, -1), (19, 19)], cross, (20, 20))
    assert np.argwhere(mask).tolist() == [[0, 0]]
    for outside in ((-9, -9), (5, 30)):
        assert reached_in([outside], cross, (20, 20))[1] == []


def test_a_long_way_is_taken_in_pieces():
    corners = [(i, i) for i in range(500)]
    mask, boxes = reached_in(corners, np.ones((1, 1), bool), (500, 500))
    assert (mask == np.eye(500, dtype=bool)).all()
    assert max(side.stop - side.start for box in boxes for side in box) <= 64


def test_after_undo_an_action_begins_anew():
    ids = np.zeros((4, 4), np.uint16)
    draft = Draft(ids)
    everything = whole(ids.shape)
    draft.propose(everything, np.full((4, 4), 1), part_of="live")
    draft.claim(everything, np.eye(4, dtype=bool))
    draft.undo()
    draft.propose(everything, np.full((4, 4), 2), part_of="live")
    draft.undo()
    assert (ids == 1).all()
    draft.undo()
    assert not ids.any()
