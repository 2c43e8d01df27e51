"""Refinement inside the pipeline: bands equal the whole, and labels stay those of the words."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg import refining
from napari_ovseg.errors import RecipeError
from napari_ovseg.gui.samples import photograph
from napari_ovseg.image import Image
from napari_ovseg.pipeline import label_steps
from napari_ovseg.refine import _reach

WORDS = ov.Vocabulary.parse("grass; gravel; brick wall")


@pytest.fixture(scope="module")
def features():
    picture = photograph()[0][0][100:350, 60:400]
    return ov.encode(picture, ov.Recipe(working_size=ov.WorkingSize(magnification=1)))


@contextmanager
def tall_reads():
    """Collect how many rows of pictures are read at a time."""
    read, plain = [], Image.read

    def counted(image, level=0):
        pixels = plain(image, level)
        read.append(len(pixels))
        return pixels

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "read", counted)
        yield read


def stepwise(steps):
    """All that is yielded, and last what is returned."""
    try:
        while True:
            yield next(steps)
    except StopIteration as end:
        yield end.value


def refined(features, **values):
    return ov.label(
        features, WORDS, replace(features.recipe, refinement=ov.Refinement(**values))
    ).ids


def test_bands_of_pamr_equal_the_whole_image(features, monkeypatch):
    whole = refined(features, pamr_steps=3, pamr_dilations=(4, 8))
    monkeypatch.setattr(refining, "_BAND", 1)
    assert (refined(features, pamr_steps=3, pamr_dilations=(4, 8)) == whole).all()
    assert (whole != ov.label(features, WORDS).ids).any()


def test_bands_that_are_snapped_equal_the_whole_image(features, monkeypatch):
    whole = refined(features, edge_snap=1.0)
    monkeypatch.setattr(refining, "_BAND", 1)
    monkeypatch.setattr(_reach, "_TILE", 50)
    recipe = replace(features.recipe, refinement=ov.Refinement(edge_snap=1.0))
    with tall_reads() as read:
        *steps, labels = stepwise(label_steps(features, WORDS, recipe))
    assert (labels.ids == whole).all()
    assert [s.done for s in steps if s.stage == "refining"] == [0, 50, 100, 150, 200, 250]
    assert len(read) == 5
    assert max(read) < 150


def test_rows_of_rows():
    picture = ov.Image.of(np.arange(60).reshape(20, 3))
    part = picture.rows(slice(4, 14)).rows(slice(2, 5))
    assert (part.read() == picture.read()[6:9]).all()


def test_snapped_labels_differ_at_borders_only(features):
    plain, snapped = ov.label(features, WORDS).ids, refined(features, edge_snap=1.0)
    assert snapped.dtype == np.uint16
    assert set(np.unique(snapped)) <= set(np.unique(plain))
    changed = np.argwhere(snapped != plain)
    assert 0 < len(changed) < plain.size / 3
    for row, column in changed[:: max(1, len(changed) // 50)]:
        near = plain[max(0, row - 9) : row + 10, max(0, column - 9) : column + 10]
        assert snapped[row, column] in near


def test_a_pass_of_its_own_leaves_the_features_alone(features):
    before = features.vectors.clone()
    refined(features, edge_snap=1.0, pamr_steps=1)
    assert (features.vectors == before).all()
    assert features.recipe.refinement == ov.Refinement()


def test_what_fails_a_threshold_becomes_background(features):
    words = ov.Vocabulary.parse("grass; brick wall; background")
    ids = ov.label(features, words, replace(features.recipe, threshold=0.999)).ids
    assert (ids == 3).mean() > 0.3
    assert 0 not in ids


def test_a_threshold_needs_something_to_lose_to(features):
    with pytest.raises(RecipeError, match="needs something to lose to"):
        ov.label(features, WORDS, replace(features.recipe, threshold=0.5, contrast=()))


@pytest.mark.parametrize(
    "values",
    [
        {"edge_snap": 1.5},
        {"edge_snap": -0.1},
        {"pamr_steps": -1},
        {"pamr_dilations": ()},
        {"pamr_dilations": (0,)},
    ],
)
def test_impossible_refinements(values):
    with pytest.raises(RecipeError):
        ov.Refinement(**values)
