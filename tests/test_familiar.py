"""Words that a small model never learnt: recognised, told, and left out."""

import json

import numpy as np
import pytest

import napari_ovseg as ov
from models import write_folder
from napari_ovseg.asking import asked
from napari_ovseg.backbones._learnt import Learnt
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import RecipeError, VocabularyError
from napari_ovseg.familiar import queries_for, unfamiliar

BACKGROUNDS = ["rest", "everything else", "Hintergrund"]
LEARNT = Learnt(
    ("cell nucleus", "cell nuclei", "crack", "dark spot inside a cell", "berry", "grass")
)


@pytest.mark.parametrize(
    ("query", "text", "unknown"),
    [
        ("cell nucleus", "cell nucleus", ()),
        ("Cell Nucleus", "Cell Nucleus", ()),
        ("the cell nuclei", "the cell nuclei", ()),
        ("cracks", "crack", ()),
        ("berries", "berry", ()),
        ("grasses", "grass", ()),
        ("pavement crack", "crack", ("pavement",)),
        ("crack in a bridge", "crack", ("bridge",)),
        ("dark spot in grass of a bridge", "dark spot in grass", ("bridge",)),
        ("no crack", "", ("no",)),
        ("crack-free grass", "", ("free",)),
        ("crack detector", "", ("detector",)),
        ("spaceship", "", ("spaceship",)),
        ("beta-actin", "", ("beta", "actin")),
        ("ядро клетки", "", ("ядро", "клетки")),
        ("...", "", ()),
        ("of the", "", ()),
    ],
)
def test_reading(query, text, unknown):
    reading = LEARNT.read(query)
    assert (reading.text, reading.unknown) == (text, unknown)


def test_a_slip_of_the_pen_gets_a_suggestion():
    assert LEARNT.suggestion("cell nuclues") == "cell nucleus"
    assert LEARNT.suggestion("spaceship") == ""


def taught(folder, *phrases):
    """Write a folder whose manifest says which phrases its model learnt."""
    manifest = json.loads((write_folder(folder) / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "learnt": phrases}))
    return str(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return taught(tmp_path_factory.mktemp("models") / "small", *LEARNT.phrases)


@pytest.fixture(scope="module")
def with_background(tmp_path_factory):
    return taught(tmp_path_factory.mktemp("models") / "more", *LEARNT.phrases, "background")


def grass_and_background(name):
    return ov.Vocabulary((ov.Category(1, "grass"), ov.Category(2, name, role="background")))


def asked_for(folder, words, **values):
    """Return the texts that are asked, and for which categories."""
    rows = asked(load_backbone(folder, "cpu"), words, ov.Recipe(backbone=folder, **values))
    return [(text, category) for ((_, text),), category, _ in rows]


def test_of_several_words_those_are_asked_that_were_learnt(small):
    backbone = load_backbone(small, "cpu")
    words = ov.Vocabulary.parse(
        "fissure, crack, pavement crack; pavement crack; spaceship; cell nuclues"
    )
    assert [queries_for(backbone, c) for c in words] == [("crack",), ("crack",), (), ()]
    told = [str(u) for u in unfamiliar(backbone, words, ov.Recipe(contrast=()))]
    assert len(told) == 3
    assert "“pavement crack” was read as “crack”" in told[0]
    assert "“spaceship” was never learnt" in told[1]
    assert "Did you mean" not in told[1]
    assert "Did you mean “cell nucleus”?" in told[2]


def test_nothing_is_labelled_with_a_word_that_was_never_learnt(small):
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    recipe = ov.Recipe(backbone=small, contrast=())
    labels = ov.segment(image, ov.Vocabulary.parse("spaceship; grass"), recipe).labels
    assert labels.counts() == {"spaceship": 0, "grass": 64 * 64}
    with pytest.raises(VocabularyError, match="never learnt any of these words: spaceship"):
        ov.segment(image, ov.Vocabulary.parse("spaceship"), recipe)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_background_in_words_never_learnt_is_asked_for_as_background(with_background, name):
    words = grass_and_background(name)
    assert asked_for(with_background, words) == [("grass", 1), ("background", 2)]
    (told,) = unfamiliar(load_backbone(with_background, "cpu"), words, ov.Recipe())
    assert f"“{name}” was read as “background”" in str(told)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_contrast_words_stay_where_a_background_cannot_be_asked_for(small, name):
    words = grass_and_background(name)
    assert asked_for(small, words, contrast=("crack",)) == [("grass", 1), ("crack", 0)]
    (told,) = unfamiliar(load_backbone(small, "cpu"), words, ov.Recipe(contrast=("crack",)))
    assert f"“{name}” was never learnt" in str(told)
    with pytest.raises(RecipeError, match="needs something to lose to"):
        asked_for(small, words, contrast=(), threshold=0.3)


def test_contrast_words_are_read_as_the_others_are(small):
    contrast = ("pavement crack", "berries", "spaceship", "cell nuclues", "dead grass")
    words = ov.Vocabulary.parse("grass")
    expected = [("grass", 1), ("crack", 0), ("berry", 0)]
    assert asked_for(small, words, contrast=contrast) == expected
    told = unfamiliar(load_backbone(small, "cpu"), words, ov.Recipe(contrast=contrast))
    assert [(u.name, u.contrast) for u in told] == [(contrast[i], True) for i in (0, 2, 3)]
    assert "contrast word “pavement crack” was read as “crack”" in str(told[0])
    assert "contrast word “spaceship” was never learnt by this model; it does not" in str(told[1])
    assert "Did you mean “cell nucleus”?" in str(told[2])
    with pytest.raises(RecipeError, match="needs something to lose to"):
        asked_for(small, words, contrast=("spaceship",), threshold=0.3)


def test_a_model_that_knows_language_is_asked_everything(tmp_path):
    backbone = load_backbone(str(write_folder(tmp_path / "large")), "cpu")
    words = ov.Vocabulary.parse("spaceship, ufo; grass")
    assert unfamiliar(backbone, words, ov.Recipe(contrast=("airship",))) == ()
    assert queries_for(backbone, next(iter(words))) == ("spaceship", "ufo")
