"""Random histories: no pixel that a person touched is changed by the model, and undo is exact."""

import os
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from napari.layers import Image

import napari_ovseg as ov
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.reopening import layer_of
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project

SIDE = 8
WORDS = [ov.Vocabulary.parse("a; b; c"), ov.Vocabulary.parse("e; d; c; b; a")]
places = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))
planes = st.integers(0, 2)


@dataclass
class State:
    """A copy of everything undo must bring back."""

    ids: np.ndarray
    owner: np.ndarray

    def same_as(self, other):
        return (self.ids == other.ids).all() and (self.owner == other.owner).all()


class History(RuleBasedStateMachine):
    """A person paints, erases, fills, locks, renames, undoes, saves; the model runs on and on.

    What napari's events tell is not trusted here: the test knows what a person touched from the
    arrays before and after, and keeps a copy of every state.
    """

    @initialize(kind=st.sampled_from(["2D", "stack", "zarr", "zarr stack"]), saves=st.sampled_from([0, 0, 0, 1]))  # fmt: skip
    def begin(self, kind, saves):
        shape = (3, SIDE, SIDE) if "stack" in kind else (SIDE, SIDE)
        self.source = Image(np.zeros(shape, np.uint8))
        self.saves_left = saves
        ids = np.zeros((SIDE, SIDE), np.uint16)
        self.layer = layers.new_labels(
            self.source, self.annotation(ids, 0), (0,) * (len(shape) - 2)
        )
        if "zarr" in kind:
            array = zarr.create_array({}, shape=shape, chunks=(5,) * len(shape), dtype="uint16")
            array[...] = 0
            self.layer.data = array
        self.editing = editing_of(self.layer)
        self.undone, self.done = [], []
        self.live = None

    @staticmethod
    def annotation(ids, words):
        return ov.Annotation("x", ov.LabelMap(ids, WORDS[words], ov.Grid.regular(2)))

    def state(self):
        return State(np.asarray(self.layer.data).copy(), self.editing.draft.owner.copy())

    def made(self, before, part_of=None):
        """Write down a step, unless nothing changed."""
        if before.same_as(self.state()):
            return
        if part_of is None or part_of != self.live:
            self.done.append(before)
        self.undone, self.live = [], part_of

    def place(self, plane, place):
        if self.layer.data.ndim == 2:
            return place
        self.layer._slice_dims(ov_point(plane))
        return (plane, *place)

    def plane(self, plane):
        return () if self.layer.data.ndim == 2 else (plane,)

    @rule(plane=planes, seed=st.integers(0, 999), words=st.integers(0, 1), live=st.booleans())
    def run_again(self, plane, seed, words, live):
        before = self.state()
        proposed = np.random.default_rng(seed).integers(0, 4, (SIDE, SIDE)).astype(np.uint16)
        part_of = "live" if live else ""
        index = self.plane(plane)
        layers.update_labels(self.layer, self.annotation(proposed, words), index, part_of)
        after = self.state()
        mine = before.owner != Owner.MODEL
        assert (after.ids[mine] == before.ids[mine]).all()
        assert (after.owner == before.owner).all()
        assert (after.ids[index][~mine[index]] == proposed[~mine[index]]).all()
        self.made(before, "live" if live else None)

    @rule(plane=planes, place=places, label=st.integers(0, 6), size=st.integers(1, 4))
    def paint(self, plane, place, label, size):
        place = self.place(plane, place)
        before = self.state()
        self.layer.brush_size = size
        self.layer.paint(place, label)
        self.hand(before)

    @rule(plane=planes, place=places, label=st.integers(0, 6))
    def fill(self, plane, place, label):
        place = self.place(plane, place)
        before = self.state()
        self.layer.fill(place, label)
        self.hand(before)

    @rule(plane=planes, corners=st.lists(places, min_size=3, max_size=5, unique=True), label=st.integers(1, 6))  # fmt: skip
    def polygon(self, plane, corners, label):
        corners = [self.place(plane, corner) for corner in corners]
        before = self.state()
        self.layer.paint_polygon(corners, label)
        self.hand(before)

    def hand(self, before):
        """What a person changed is the person's, except where it was locked: that stayed."""
        after = self.state()
        changed = after.ids != before.ids
        locked = before.owner == Owner.LOCKED
        assert not changed[locked].any()
        assert (after.owner[changed] == Owner.PERSON).all()
        assert (after.owner[locked] == Owner.LOCKED).all()
        self.made(before)

    @rule(label=st.integers(0, 4), owner=st.sampled_from([Owner.LOCKED, Owner.MODEL, Owner.PERSON]))
    def give(self, label, owner):
        before = self.state()
        box = tuple(slice(0, n) for n in self.layer.data.shape)
        self.editing.draft.claim(box, before.ids == label, owner)
        assert (self.state().ids == before.ids).all()
        self.made(before)

    @rule(words=st.integers(0, 1), hidden=st.sets(st.integers(1, 3)))
    def rename_and_reorder(self, words, hidden):
        before = self.state()
        layers.describe(self.layer, WORDS[words], hidden)
        assert self.state().same_as(before)

    @precondition(lambda self: self.saves_left)
    @rule()
    def save_and_reload(self):
        """As the window does; a file takes a while, so once in one of four histories."""
        self.saves_left -= 1
        before = self.state()
        with TemporaryDirectory() as folder:
            Project.create(f"{folder}/p", layers.annotation_of(self.layer), {}).close()
            project, annotation, _ = Project.open(f"{folder}/p")
            project.close()
        self.layer = layer_of(annotation, self.source)
        self.editing = editing_of(self.layer)
        assert self.state().same_as(before)
        self.undone, self.done, self.live = [], [], None

    @rule()
    def undo(self):
        self.turn(self.done, self.undone, self.layer.undo)

    @rule()
    def redo(self):
        self.turn(self.undone, self.done, self.layer.redo)

    def turn(self, source, target, act):
        """Undo and redo are one another's mirror: the state that was left is the next one's end."""
        before = self.state()
        act()
        if source:
            target.append(before)
            before = source.pop()
        assert self.state().same_as(before)
        self.live = None

    @rule()
    def read_back(self):
        annotation = layers.annotation_of(self.layer)
        assert (annotation.labels.ids == np.asarray(self.layer.data)).all()
        assert (annotation.owner == self.editing.draft.owner).all()

    @invariant()
    def what_is_shown_is_what_is_there(self):
        if hasattr(self, "layer"):
            index = tuple(int(p) for p in self.layer._slice_input.world_slice.point[:-2])
            shown = np.asarray(self.layer._slice.image.raw)
            assert (shown == np.asarray(self.layer.data[index])).all()


def ov_point(plane):
    """The viewer's slider, for a layer without a viewer."""
    from napari.components import Dims

    return Dims(ndim=3, ndisplay=2, point=(plane, 0, 0), range=((0, 2, 1), (0, 7, 1), (0, 7, 1)))


History.TestCase.settings = settings(
    max_examples=int(os.environ.get("OVSEG_HISTORIES", "20")), stateful_step_count=40, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.soak
class TestHistory(History.TestCase):
    """Run by unittest's rules, which hypothesis uses."""
