"""Objects below their category's smallest size go to the next best one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import label as components
from skimage import data

import napari_ovseg as ov
from napari_ovseg import points, refining, scoring
from napari_ovseg.asking import queries_steps
from napari_ovseg.errors import VocabularyError
from napari_ovseg.progress import run
from napari_ovseg.refine.small_objects import small_objects

WORDS = ov.Vocabulary.parse("cell nucleus; stroma; epithelium; background")


@pytest.fixture(scope="module", params=["merged", "exact"])
def features(request):
    picture = data.immunohistochemistry()[100:260, 60:260]
    recipe = ov.Recipe(working_size=ov.WorkingSize(magnification=1.5))
    return ov.encode(picture, replace(recipe, tiling=ov.Tiling(blend=request.param)))


def sized(words, **sizes):
    return ov.Vocabulary(tuple(replace(c, min_size=sizes.get(c.name.split()[0], 0)) for c in words))


def sized_one(words, category, size):
    """Give one category, by its id, a smallest size."""
    return ov.Vocabulary(tuple(replace(c, min_size=size * (c.id == category)) for c in words))


def scores(features, words):
    """Logits of every pixel by the plain way, and what decides about them."""
    queries = run(queries_steps(features, words, features.recipe))
    rows, columns = np.indices(features.shape).reshape(2, -1)
    return points.logits_at(features, queries, *map(torch.from_numpy, (rows, columns))), queries


def sizes(ids, category):
    objects, count = components(ids == category, np.ones((3, 3)))
    return np.bincount(objects.ravel(), minlength=count + 1)[1:]


def uneven(ids, size):
    """Find a category with objects below and above a size; which one has some is the model's."""
    found = (c.id for c in WORDS if (s := sizes(ids, c.id)).size and s.min() < size < s.max())
    return next(found)


def test_an_object_is_what_touches_also_at_corners():
    ids = np.array([[1, 0, 2, 2], [0, 1, 0, 0], [3, 0, 0, 1]], np.uint16)
    assert (
        small_objects(ids, {1: 3, 2: 2, 7: 9}) == ((ids == 1) & (np.arange(4) == 3) | (ids == 1))
    ).all()
    assert (
        small_objects(ids, {1: 2, 3: 2}) == np.isin(ids, [3]) | (np.arange(12).reshape(3, 4) == 11)
    ).all()
    assert not small_objects(np.zeros((3, 3), np.uint16), {1: 5}).any()


def test_pixels_are_scored_as_in_the_whole_image(features):
    logits, queries = scores(features, WORDS)
    ids = ov.label(features, WORDS).ids
    again = scoring.decide(logits, queries).numpy().reshape(ids.shape)
    assert (again == ids).mean() > 0.9995  # equal scores, to rounding
    some = torch.tensor([159, 0, 70]), torch.tensor([199, 0, 31])
    few = points.logits_at(features, queries, *some)
    assert torch.allclose(few, logits[some[0] * 200 + some[1]], atol=1e-3)


def test_no_object_is_too_small_and_the_next_best_has_it(features):
    before = ov.label(features, WORDS).ids
    chosen = uneven(before, 40)
    after = ov.label(features, sized_one(WORDS, chosen, 40)).ids
    assert sizes(after, chosen).min() >= 40
    changed = after != before
    assert (changed == small_objects(before, {chosen: 40})).all()
    logits, queries = scores(features, WORDS)
    others = logits.masked_fill(queries.ids == chosen, -torch.inf).argmax(-1)
    expected = queries.ids[others].numpy().reshape(before.shape)
    assert (after[changed] == expected[changed]).mean() > 0.999


def test_what_is_too_small_there_again_goes_on(features):
    least = {"cell": 60, "stroma": 60, "epithelium": 60, "background": 60}
    ids = ov.label(features, sized(WORDS, **least)).ids
    for category in range(1, 5):
        assert sizes(ids, category).min(initial=60) >= 60
    nothing = ov.label(features, sized(WORDS, **dict.fromkeys(least, 10**6))).ids
    assert (nothing == 4).all()  # nowhere left to go


def test_what_no_category_may_have_is_unlabelled(features):
    words = ov.Vocabulary.parse("cell nucleus; stroma")
    huge = sized(words, cell=10**6, stroma=10**6)
    contrast = replace(features.recipe, contrast=("epithelium",))
    ids = ov.label(features, huge, contrast).ids
    assert not ids.any()  # a contrast word has no smallest size, and what is left is unlabelled
    assert ov.label(features, words, contrast).ids.any()


def test_blocks_do_not_matter(features, monkeypatch):
    words = sized(WORDS, stroma=30, epithelium=50)
    whole = ov.label(features, words).ids
    monkeypatch.setattr(scoring, "_BLOCK", 4000)
    monkeypatch.setattr(refining, "_BAND", 999)
    assert (ov.label(features, words).ids == whole).mean() > 0.9995


def test_thresholds_hold_for_the_next_best(features):
    strict = ov.Vocabulary(tuple(replace(c, threshold=0.4) for c in WORDS))
    before = ov.label(features, strict).ids
    chosen = uneven(before, 60)
    changed = before != (after := ov.label(features, sized_one(strict, chosen, 60)).ids)
    logits, queries = scores(features, strict)
    chances = logits.softmax(-1) * (queries.ids != chosen)  # of what is left, among all
    best, winner = (t.numpy().reshape(before.shape) for t in chances.max(-1))
    expected = np.where(best < 0.4, 4, queries.ids.numpy()[winner])
    assert changed.any()
    assert (expected[changed] == after[changed]).all()


def test_after_refinement_too(features):
    snapped = replace(features.recipe, refinement=ov.Refinement(edge_snap=1.0))
    chosen = uneven(ov.label(features, WORDS, snapped).ids, 60)
    ids = ov.label(features, sized_one(WORDS, chosen, 60), snapped).ids
    assert sizes(ids, chosen).min() >= 60


@pytest.mark.parametrize("size", [-1, 2.0, True, "4", 10**10])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(VocabularyError, match="smallest size"):
        ov.Category(1, "cell", min_size=size)


def test_the_best_three_of_a_pixel_are_those_of_its_scores(features):
    logits, queries = scores(features, WORDS)
    chances = logits[70 * 200 + 31].softmax(-1)
    told = points.best_at(features, queries, (70, 31))
    expected = sorted(zip(queries.ids.tolist(), chances.tolist(), strict=True), key=lambda p: -p[1])
    assert [i for i, _ in told] == [i for i, _ in expected[:3]]
    assert np.allclose([p for _, p in told], [p for _, p in expected[:3]], atol=1e-4)
    assert told[0][0] == ov.label(features, WORDS).ids[70, 31]


def test_a_category_is_as_likely_as_its_best_word(features):
    words = ov.Vocabulary.parse("cell nucleus, dark nucleus; stroma")
    logits, queries = scores(features, words)
    chances = logits[0].softmax(-1)
    told = dict(points.best_at(features, queries, (0, 0), 9))
    assert np.isclose(told[1], float(chances[:2].max()), atol=1e-4)
    assert set(told) == {0, 1, 2}  # contrast words are 0
