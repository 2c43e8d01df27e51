"""The offline definitions: their file, plurals, and which domain wins."""

import re
import subprocess
import sys
import tomllib
from importlib.resources import files

import pytest

from napari_ovseg.errors import InputError
from napari_ovseg.lexicon import DOMAINS, definition_of

TEXT = files("napari_ovseg").joinpath("lexicon.toml").read_text(encoding="utf-8")
TABLES = tomllib.loads(TEXT)
ENTRIES = [(domain, *entry) for domain in DOMAINS for entry in TABLES[domain].items()]


def test_tables_and_their_number_of_entries():
    assert set(TABLES) == {*DOMAINS, "plurals"}
    assert len(ENTRIES) >= 300


def test_no_word_twice_in_a_table():
    # tomllib refuses equal keys; here also those that differ in case or spaces.
    for table in re.split(r"^\[\w+\]$", TEXT, flags=re.MULTILINE)[1:]:
        words = [" ".join(w.lower().split()) for w in re.findall(r'^"([^"]+)" =', table, re.M)]
        assert words
        assert len(words) == len(set(words))


@pytest.mark.parametrize("domain", DOMAINS)
def test_words_and_definitions_are_short_plain_text(domain):
    for word, definition in TABLES[domain].items():
        assert word == " ".join(word.lower().split()), word
        assert 20 <= len(definition) <= 140, word
        assert 8 <= len(definition.split()) <= 18, word
        assert (word + definition).isascii(), word
        assert (word + definition).isprintable(), word
        assert definition == " ".join(definition.split()), word
        # Commas and semicolons separate queries and categories where words are typed.
        assert not set(definition) & set(",;"), word


def test_no_definition_holds_its_own_word():
    for _, word, definition in ENTRIES:
        assert not re.search(rf"\b{re.escape(word)}\b", definition), word


def test_every_word_is_found_in_its_domain():
    for domain, word, definition in ENTRIES:
        assert definition_of(word, domain=domain) == definition


def test_plurals_of_the_table_lead_to_a_word():
    for plural, singular in TABLES["plurals"].items():
        assert definition_of(plural) == definition_of(singular) is not None, plural


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("dogs", "dog"),
        ("buses", "bus"),
        ("houses", "house"),
        ("benches", "bench"),
        ("skies", "sky"),
        ("nuclei", "nucleus"),
        ("cell nuclei", "cell nucleus"),
        ("bacteria", "bacterium"),
        ("mitochondria", "mitochondrion"),
        ("vertebrae", "vertebra"),
        ("grain boundaries", "grain boundary"),
        ("  Red  Blood CELLS\n", "red blood cell"),
    ],
)
def test_plural_case_and_spaces(plural, singular):
    assert definition_of(plural) == definition_of(singular) is not None


@pytest.mark.parametrize(
    "word", ["", " ", "s", "es", "ies", "blorptangle", "細胞核", "nucleus, cell"]
)
def test_unknown_words_have_no_definition(word):
    assert definition_of(word) is None


def test_words_that_end_in_s_are_no_plurals():
    assert definition_of("grass") == TABLES["natural"]["grass"]
    assert definition_of("glass") == definition_of("glasses") == TABLES["natural"]["glass"]


def test_domain_precedence():
    microscopy, engineering = (TABLES[d]["dendrite"] for d in ("microscopy", "engineering"))
    assert microscopy != engineering
    assert definition_of("dendrite") == definition_of("dendrites") == microscopy
    assert definition_of("dendrite", domain="microscopy") == microscopy
    assert definition_of("Dendrites", domain="engineering") == engineering
    for elsewhere in ("natural", "medical"):
        assert definition_of("dendrite", domain=elsewhere) == microscopy
    assert len({definition_of("background", domain=d) for d in DOMAINS}) == len(DOMAINS)


def test_a_domain_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="microscopy, medical, engineering, natural"):
        definition_of("dog", domain="astronomy")


def test_import_loads_neither_torch_nor_numpy():
    code = (
        "import sys, napari_ovseg.lexicon as l; assert l.definition_of('dog'); "
        "print(*{'torch', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100
    )
    assert not done.stdout.strip()
