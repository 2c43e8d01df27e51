"""Words that a small model never learnt: recognised, told, and left out."""

import json

import numpy as np
import pytest

import napari_ovseg as ov
from models import write_folder
from napari_ovseg.backbones._learnt import Learnt
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import VocabularyError
from napari_ovseg.familiar import queries_for, unfamiliar

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
        ("crack in a bridge", "crack in a", ("bridge",)),
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


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder whose manifest says which phrases its model learnt."""
    folder = write_folder(tmp_path_factory.mktemp("models") / "small")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "learnt": LEARNT.phrases}))
    return str(folder)


def test_of_several_words_those_are_asked_that_were_learnt(small):
    backbone = load_backbone(small, "cpu")
    words = ov.Vocabulary.parse(
        "fissure, crack, pavement crack; pavement crack; spaceship; cell nuclues"
    )
    assert [queries_for(backbone, c) for c in words] == [("crack",), ("crack",), (), ()]
    told = [str(u) for u in unfamiliar(backbone, words)]
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


def test_a_model_that_knows_language_is_asked_everything(tmp_path):
    backbone = load_backbone(str(write_folder(tmp_path / "large")), "cpu")
    words = ov.Vocabulary.parse("spaceship, ufo; grass")
    assert unfamiliar(backbone, words) == ()
    assert queries_for(backbone, next(iter(words))) == ("spaceship", "ufo")
