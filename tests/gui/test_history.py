"""Random histories: whatever is run, no pixel that a person changed is changed by the model."""

import os

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from napari.layers import Image

import napari_ovseg as ov
from napari_ovseg.gui import layers

SIDE = 8
WORDS = [ov.Vocabulary.parse("a; b; c"), ov.Vocabulary.parse("a; b; c; d; e")]
places = st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))


class History(RuleBasedStateMachine):
    """A person paints, erases, fills and exports; the model runs again and again."""

    def __init__(self):
        super().__init__()
        source = Image(np.zeros((SIDE, SIDE), np.uint8))
        self.proposed = np.zeros((SIDE, SIDE), np.uint16)
        self.layer = layers.new_labels(source, self.annotation(self.proposed, 0), ())
        self.mine = {}

    @staticmethod
    def annotation(ids, words):
        return ov.Annotation("x", ov.LabelMap(ids, WORDS[words], ov.Grid.regular(2)))

    def touch(self, changed):
        for place in zip(*np.nonzero(changed), strict=True):
            self.mine[place] = int(self.layer.data[place])
        # What a person set to what the model had proposed is the model's again (decision 5).
        self.mine = {p: v for p, v in self.mine.items() if v != self.proposed[p]}

    @rule(seed=st.integers(0, 999), words=st.integers(0, 1))
    def run_again(self, seed, words):
        self.proposed = np.random.default_rng(seed).integers(0, 4, (SIDE, SIDE)).astype(np.uint16)
        layers.update_labels(self.layer, self.annotation(self.proposed, words), ())
        # A pixel of a person's that the model now agrees with cannot be told apart any more.
        self.mine = {p: v for p, v in self.mine.items() if v != self.proposed[p]}

    @rule(place=places, label=st.integers(0, 6), size=st.integers(1, 4))
    def paint(self, place, label, size):
        before = self.layer.data.copy()
        self.layer.brush_size = size
        self.layer.paint(place, label)
        self.touch(before != self.layer.data)

    @rule(place=places, label=st.integers(0, 6))
    def fill(self, place, label):
        before = self.layer.data.copy()
        self.layer.fill(place, label)
        self.touch(before != self.layer.data)

    @rule()
    def undo(self):
        before = self.layer.data.copy()
        self.layer.undo()
        self.touch(before != self.layer.data)

    @rule()
    def read_back(self):
        annotation = layers.annotation_of(self.layer)
        assert (annotation.labels.ids == self.layer.data).all()

    @invariant()
    def what_a_person_changed_stays(self):
        for place, value in self.mine.items():
            assert self.layer.data[place] == value


History.TestCase.settings = settings(
    max_examples=int(os.environ.get("OVSEG_HISTORIES", "20")), stateful_step_count=40, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.soak
class TestHistory(History.TestCase):
    """Run by unittest's rules, which hypothesis uses."""
