"""Features are those of the pixels that were encoded; no window is opened."""

import numpy as np
import pytest
from napari.layers import Image

import napari_ovseg as ov
from napari_ovseg import pipeline
from napari_ovseg.gui.seen import seen
from napari_ovseg.gui.session import Session
from napari_ovseg.progress import run


@pytest.fixture
def encoded(monkeypatch):
    """Count what is encoded; a program writes into the pixels meanwhile, where one is named."""
    calls, writes, real = [], [], pipeline.encode_steps

    def encode(*args):
        features = yield from real(*args)
        calls.append(args)
        for write in writes:
            write()
        return features

    monkeypatch.setattr(pipeline, "encode_steps", encode)
    return calls, writes


@pytest.fixture
def session():
    made = Session()
    made.add("grass")
    return made


def noise():
    return np.random.default_rng(0).integers(0, 255, (60, 60)).astype(np.uint8)


def test_pixels_that_a_program_changes_during_a_run_are_encoded_by_the_next(encoded, session):
    calls, writes = encoded
    pixels = noise()
    image = ov.Image.of(pixels)
    writes.append(lambda: pixels.__setitem__(slice(0, 30), 7))
    for count in (1, 2, 2):
        run(session.run_steps(session.job(image, (), ov.Display(limits=(0, 255)))))
        assert len(calls) == count


def test_pixels_that_were_changed_in_place_are_seen_in_each_of_several_layers(encoded, session):
    calls, _ = encoded
    shown = [Image(noise(), name=name, blending="additive") for name in "ab"]

    def label():
        image, display = seen(shown[0], shown)
        run(session.run_steps(session.job(image, (), display)))

    label()
    label()
    assert len(calls) == 1
    shown[1].data[:30] = 7
    label()
    assert len(calls) == 2
