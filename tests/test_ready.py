"""Ready vocabularies: complete, within the formats, and learnt by the starter."""

import pytest

from napari_ovseg import ready
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.cli._shared import vocabulary_of
from napari_ovseg.errors import VocabularyError
from napari_ovseg.lexicon import DOMAINS

JOBS = [
    "fluorescence-nuclei",
    "he-tissue",
    "blood-smear",
    "electron-microscopy-cells",
    "chest-xray",
    "chest-ct",
    "heart-mr",
    "retina-fundus",
    "skin-lesion",
    "cracks",
    "rust",
    "weld",
    "surface-defects",
    "alloy-grains",
    "crops-and-weeds",
    "natural-scene",
]


def test_common_jobs_are_there():
    assert set(JOBS) <= set(ready.names())
    assert set(ready.titles()) == set(DOMAINS)


@pytest.mark.parametrize("name", ready.names())
def test_the_starter_learnt_every_word(name):
    learnt = load_backbone("starter", "cpu").learnt
    unknown = [q for c in ready.ready(name) for q in c.queries if q not in learnt.phrases]
    assert unknown == []


@pytest.mark.parametrize("name", ready.names())
def test_ids_are_written_down_and_words_are_of_one_category(name):
    words = ready.ready(name)
    assert [c.id for c in words] == list(range(1, len(words) + 1))
    queries = [q for c in words for q in c.queries]
    assert len(set(queries)) == len(queries)
    assert sum(c.role == "background" for c in words) <= 1
    assert len({c.colour for c in words}) == len(words)


def test_a_name_or_a_file_is_found(tmp_path, monkeypatch):
    words = ready.ready("blood-smear")
    assert ready.find("blood-smear") == words
    words.save(tmp_path / "mine.toml")
    assert ready.find(str(tmp_path / "mine.toml")) == words
    with pytest.raises(VocabularyError, match=r"or one of: .*blood-smear"):
        ready.find("blood")
    with pytest.raises(VocabularyError, match="cannot read"):
        ready.find("gone.toml")


def test_the_command_line_lists_and_takes_them(capsys):
    from argparse import Namespace

    assert main(["vocabularies"]) == 0
    assert "blood-smear" in capsys.readouterr().out
    assert vocabulary_of(Namespace(words=None, vocabulary="weld")) == ready.ready("weld")
