"""What wins a pixel: areas, margins, thresholds."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

import napari_ovseg as ov
from napari_ovseg.asking import asked, queries_steps
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import RecipeError
from napari_ovseg.methods import METHODS
from napari_ovseg.pipeline import bar_small_steps
from napari_ovseg.progress import run
from noise import WORDS, picture


def test_one_word_does_not_paint_everything_it_competes():
    """A contrast word takes pixels; a background of the vocabulary's own replaces it."""
    features = ov.encode(picture())
    alone = ov.label(features, ov.Vocabulary.parse("gravel"), ov.Recipe(contrast=()))
    assert (alone.ids == 1).all()
    text_words = ov.Recipe(contrast=("gravel stone", "pebbles", "crushed stone"))
    same = ov.label(features, ov.Vocabulary.parse("grass"), text_words)
    assert (same.ids == 0).any()
    own = ov.label(features, ov.Vocabulary.parse("grass; background"), text_words)
    assert (own.ids > 0).all()


def test_area_threshold_drops_small_categories_and_fills_their_place():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    words = ov.Vocabulary.parse("grass; gravel; brick wall; rust; snow; water")
    plain = ov.label(features, words)
    counts = np.bincount(plain.ids.ravel(), minlength=7)
    share = (np.sort(counts[counts > 0])[0] + 0.5) / counts.sum()
    dropped = ov.label(features, words, ov.Recipe(contrast=(), area_threshold=float(share)))
    assert len(np.unique(dropped.ids)) == len(np.unique(plain.ids)) - 1
    assert (dropped.ids > 0).all()


def test_areas_are_counted_before_the_threshold():
    features = ov.encode(picture(), ov.Recipe(contrast=("sky",)))
    strict = ov.Recipe(contrast=("sky",), threshold=0.6, area_threshold=0.2)
    loose = replace(strict, threshold=0.0)
    kept = []
    for recipe in (strict, loose):
        queries = run(queries_steps(features, WORDS, recipe))
        asked = replace(features, recipe=recipe)
        kept.append(run(bar_small_steps(asked, queries, WORDS)).eligible.tolist())
    assert kept[0] == kept[1]


def test_a_margin_leaves_more_to_the_background():
    noise = np.random.default_rng(0).integers(0, 255, (120, 80), np.uint8)
    image = np.hstack([data.gravel()[:120, :80], noise])  # something, and nothing
    words = ov.Vocabulary.parse("grass; gravel; background")
    features = ov.encode(image, ov.Recipe(background_margin=0.0))
    shares = [
        (ov.label(features, words, ov.Recipe(background_margin=m)).ids == 3).mean()
        for m in (-100.0, -1.0, 0.0, 1.0, 3.0, 100.0)
    ]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    # How much is nothing at 0 is the weights' affair; that it is little by little, is not.
    assert any(0 < share < 1 for share in shares), shares
    # The starter asks for one of its own where the recipe says nothing.
    own = load_backbone("starter", "cpu").preferences.background_margin
    given = ov.label(features, words, ov.Recipe(background_margin=own))
    assert np.array_equal(ov.label(features, words, ov.Recipe()).ids, given.ids)
    # All that is background is ahead.
    two = ov.Vocabulary.parse("grass; background; other")
    assert set(np.unique(ov.label(features, two, ov.Recipe(background_margin=99.0)).ids)) <= {2, 3}
    # Without a background nothing is behind.
    alone = ov.Vocabulary.parse("grass; gravel")
    ids = [ov.label(features, alone, ov.Recipe(background_margin=m)).ids for m in (0.0, 100.0)]
    assert np.array_equal(*ids)


def test_thresholds_leave_pixels_unlabelled():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    strict = ov.Vocabulary(tuple(ov.Category(c.id, c.name, threshold=0.99) for c in WORDS))
    assert (ov.label(features, WORDS).ids > 0).all()
    assert (ov.label(features, strict).ids == 0).mean() > 0.05


def test_a_threshold_of_a_single_word_needs_something_to_lose_to():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    with pytest.raises(RecipeError, match="needs something to lose to"):
        ov.label(features, ov.Vocabulary((ov.Category(1, "grass", threshold=0.9),)))


def test_what_itaclip_uses_for_labelling_alone_encodes_nothing_anew():
    usual = ov.Recipe(method="itaclip")
    other = ov.Recipe(method=METHODS.get("itaclip")(definition_share=0.3, id_closing=True))
    assert usual.encoding() == other.encoding()
    assert usual.labelling_as(other) == other
    blurred = ov.Recipe(method=METHODS.get("itaclip")(blur_kernel=5))
    assert usual.encoding() != blurred.encoding()
    assert usual.labelling_as(ov.Recipe()).method == usual.method


def test_a_trained_method_scores_a_single_word_by_itself():
    words = ov.Vocabulary((ov.Category(1, "grass", threshold=0.5),))
    recipe = ov.Recipe(method="cat_seg", contrast=())
    ((_, number, threshold),) = asked(load_backbone("starter", "cpu"), words, recipe)
    assert (number, threshold) == (1, 0.5)
