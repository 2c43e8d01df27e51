"""Other arrays, other layers, and what is kept of them; no window is opened."""

import gc
import weakref

import numpy as np
from napari.layers import Image, Labels

from drags import annotation
from napari_ovseg.gui import layers
from napari_ovseg.gui.editing import editing_of


def test_another_array_from_a_program_is_taken_as_a_persons(layer):
    layer.paint((5, 5), 2)
    new = layer.data.copy()
    new[30] = 2
    layer.data = new
    owner = editing_of(layer).draft.owner
    assert owner[30].all()
    assert owner[5, 5]
    assert not owner[20].any()
    layer.undo()  # its history was that of the other array
    assert (layer.data == new).all()
    layer.data = np.zeros((8, 8), np.uint16)
    assert editing_of(layer).draft.owner.shape == (8, 8)


def test_what_a_program_wrote_before_it_gave_another_array_is_a_persons(layer):
    layer.data[10:20, 10:20] = 2  # tells nobody
    layer.data = layer.data.copy()
    owner = editing_of(layer).draft.owner
    assert owner[10:20, 10:20].all()
    assert owner.sum() == 100


def test_a_duplicate_has_owners_of_its_own(layer):
    layer.paint((5, 5), 2)
    data, state, _ = layer.as_layer_data_tuple()
    twin = Labels(data.copy(), **state)
    twin.undo()
    editing_of(twin)
    twin.paint((30, 30), 2)
    assert editing_of(twin).draft.owner[5, 5]
    assert editing_of(twin).draft.owner[30, 30]
    assert not editing_of(layer).draft.owner[30, 30]


def test_napari_keeps_no_history_of_its_own(layer):
    layer.paint((5, 5), 2)
    layer.fill((30, 30), 2)
    assert not layer._undo_history


def test_a_layer_that_is_removed_is_forgotten():
    made = layers.new_labels(Image(np.zeros((4, 4), np.uint8)), annotation(np.ones((4, 4))), ())
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None
