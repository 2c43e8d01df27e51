"""Words that a small model never learnt: recognised, told, and left out."""

import json
from itertools import product
from string import ascii_lowercase

import numpy as np
import pytest

import napari_ovseg as ov
from models import write_folder
from napari_ovseg.asking import asked
from napari_ovseg.backbones._files import STARTER, in_folder
from napari_ovseg.backbones._learnt import Learnt, Reading
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


WIDER = Learnt(
    ("cell", "nucleus", "red blood cell", "knife", "man", "child", "tissue", "leaf", "grass", "gas",
     "knee joint", "worm-like organelle", "healthy leaf", "two-tone cell", "inside of a cell",
     "pad without a hole", "hole", "mass")
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "text", "unknown"),
    [
        ("inside of a cell", "inside of a cell", ()),
        ("pad without a hole", "pad without a hole", ()),
        ("worm like organelle", "worm-like organelle", ()),
        ("cell without a hole", "", ("without",)),
        ("tissue without tumour", "", ("without", "tumour")),
        ("cells except leaves", "", ("except",)),
        ("anything but grass", "", ("anything", "but")),
        ("unhealthy leaf", "", ("unhealthy",)),
        ("unusual leaf", "leaf", ("unusual",)),
        ("red_blood_cell", "red blood cell", ()),
        ("red_cell", "red cell", ()),
        ("cell 2", "cell", ("2",)),
        ("cell (2)", "cell", ("2",)),
        ("cell B", "cell", ("b",)),
        ("nuclei (DAPI)", "nucleus", ("dapi",)),
        ("nuclei DAPI", "", ("dapi",)),
        ("nuclei, healthy", "healthy nucleus", ()),
        ("Photo of a cell", "a cell", ()),
        ("the image of knives", "knife", ()),
        ("men", "man", ()),
        ("children", "child", ()),
        ("knee", "", ("knee",)),
        ("worm", "", ("worm",)),
        ("two", "", ("two",)),
        ("Ga", "", ("ga",)),
        ("mas", "", ("mas",)),
        ("Gras", "", ("gras",)),
        ("As", "", ("as",)),
        ("ones", "", ("ones",)),
        ("the ons", "", ("ons",)),
        ("", "", ()),
        ("()", "", ()),
        ("7", "", ("7",)),
    ],
)
def test_a_word_is_known_where_it_named_something(query, text, unknown):
    reading = WIDER.read(query)
    assert (reading.text, reading.unknown) == (text, unknown)


def test_the_starter_reads_its_phrases_as_they_are_and_anything_else_without_an_error():
    learnt = Learnt(in_folder(STARTER).learnt)
    for phrase in learnt.phrases:
        assert learnt.read(phrase) == Reading(phrase, phrase, ())
    for size in (1, 2, 3):
        for letters in product(ascii_lowercase, repeat=size):
            learnt.read("".join(letters))
    for word in learnt.words:
        for part in (*(word[:end] for end in range(1, len(word))), f"{word}s", f"{word}es"):
            assert learnt.read(part).text in {"", *learnt.words}


def test_a_slip_of_the_pen_gets_a_suggestion():
    assert LEARNT.suggestion("cell nuclues") == "cell nucleus"
    assert LEARNT.suggestion("spaceship") == LEARNT.suggestion("track") == ""


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


def test_python_is_told_of_words_that_were_never_learnt_once(small, caplog):
    image = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    recipe = ov.Recipe(backbone=small, contrast=())
    words = ov.Vocabulary.parse("warp drive; grass")
    ov.segment(image, words, recipe)
    (told,) = caplog.messages
    assert told.startswith("“warp drive” was never learnt")
    features = ov.encode(image, recipe)
    ov.label(features, words)
    ov.label(features, ov.Vocabulary.parse("grass"))
    assert len(caplog.messages) == 1
    ov.label(features, ov.Vocabulary.parse("pavement crack"))
    assert "was read as “crack”" in caplog.messages[1]


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
