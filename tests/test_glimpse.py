"""A glimpse says at each pixel that it looks at what the labels will be there."""

from dataclasses import replace

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg import glimpse as module
from napari_ovseg.glimpse import Glimpse
from napari_ovseg.pipeline import label_steps
from napari_ovseg.points import sample

WORDS = ov.Vocabulary.parse("brick; grass, lawn; water; sand; background")


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(0)
    image = np.kron(rng.integers(0, 255, (24, 31, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    plain = ov.Refinement(edge_snap=0)
    return ov.encode(image, ov.Recipe(refinement=plain, working_size=ov.WorkingSize(1.3)))


def glimpses(features, view, vocabulary=WORDS):
    steps = list(label_steps(features, vocabulary, view=view))
    return [step for step in steps if isinstance(step, Glimpse)]


@pytest.mark.parametrize("threshold", [0.0, 0.3])
@pytest.mark.parametrize("place", [(0, 384, 0, 496), (37, 201, 290, 496), (383, 384, 7, 9)])
def test_every_pixel_as_in_the_labels(features, monkeypatch, place, threshold):
    monkeypatch.setattr(module, "LEAST", 0)
    monkeypatch.setattr(module, "MOST", 384 * 496)
    words = ov.Vocabulary(tuple(replace(c, threshold=threshold) for c in WORDS))
    view = slice(*place[:2]), slice(*place[2:])
    (seen,) = glimpses(features, view, words)
    labels = ov.label(features, words)
    assert len(np.unique(labels.ids)) > 1
    assert (seen.ids == labels.ids[view]).all()
    assert seen.place == view


def test_fewer_pixels_are_looked_at_in_a_large_view(features, monkeypatch):
    monkeypatch.setattr(module, "LEAST", 0)
    monkeypatch.setattr(module, "MOST", 384 * 496 / 9 + 1)
    looked = []
    monkeypatch.setattr(
        "napari_ovseg.points.sample",
        lambda f, q, r, c: looked.append((len(r), len(c))) or sample(f, q, r, c),
    )
    (seen,) = glimpses(features, (slice(0, 384), slice(0, 496)))
    assert looked == [(128, 166)]
    labels = ov.label(features, WORDS)
    assert seen.ids.shape == (384, 496)
    assert (seen.ids == labels.ids).mean() > 0.9
    assert (seen.ids[1::3, 1::3][:, :165] == labels.ids[1::3, 1::3][:, :165]).all()


def test_small_images_and_windows_kept_apart_have_none(features, monkeypatch):
    view = slice(0, 384), slice(0, 496)
    assert glimpses(features, view) == []
    monkeypatch.setattr(module, "LEAST", 0)
    assert glimpses(features, (slice(3, 3), slice(0, 9))) == []
    apart = ov.encode(np.zeros((400, 400), np.uint8), ov.Recipe(tiling=ov.Tiling(blend="exact")))
    assert not apart.merged
    assert glimpses(apart, (slice(0, 64), slice(0, 64))) == []
