import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ovseg import Category, Vocabulary
from napari_ovseg.errors import VocabularyError
from napari_ovseg.naming import free_name, with_every_id


def test_parse_gives_ids_in_order_and_synonyms():
    vocabulary = Vocabulary.parse("nucleus, cell nucleus; cytoplasm;\n background ")
    assert [(c.id, c.name, c.queries, c.role) for c in vocabulary] == [
        (1, "nucleus", ("nucleus", "cell nucleus"), "thing"),
        (2, "cytoplasm", ("cytoplasm",), "thing"),
        (3, "background", ("background",), "background"),
    ]


@pytest.mark.parametrize("blank", ["\u3000", "\xa0", " ,\u2003,", "\x0c"])
def test_parse_passes_over_blanks_of_any_kind(blank):
    assert Vocabulary.parse(f"nucleus;{blank}\n{blank};cell") == Vocabulary.parse("nucleus; cell")


def test_words_have_single_spaces_between_them():
    (category,) = Vocabulary.parse("cell   nucleus, the \u3000 nucleus")
    assert category.queries == ("cell nucleus", "the nucleus")
    with pytest.raises(VocabularyError, match=r"U\+0009"):
        Vocabulary.parse("cell\tnucleus")


@pytest.mark.parametrize("name", ["beta-actin", "Zellkern (groß)", "細胞核", "ядро", "a/b", "=1+1"])
def test_names_of_any_kind_survive_toml(name):
    vocabulary = Vocabulary(
        (Category(7, name, ("x", "y, z; w"), colour="#010203", threshold=0.5, role="stuff"),)
    )
    assert Vocabulary.from_toml(vocabulary.to_toml()) == vocabulary


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        (" ; ,; ", "empty"),
        ("cat; Cat", "two categories"),
        ("x" * 10_000, "200 characters"),
        ("a\x00b", "U+0000"),
        ("cell\u200b", "U+200B"),
        ("right\u202eleft", "U+202E"),
        ("cell<end_of_text>nucleus", "tokenizer's mark"),
        ("cell< START_of_text >", "tokenizer's mark"),
        (";".join(f"w{i}" for i in range(2001)), "2000 categories"),
    ],
)
def test_bad_words_are_refused_with_a_reason(text, told):
    with pytest.raises(VocabularyError, match=told.replace("+", r"\+")):
        Vocabulary.parse(text)


@pytest.mark.parametrize(
    "values",
    [{"id": 0}, {"id": 65_536}, {"id": True}, {"colour": "red"}, {"threshold": 1.0}, {"threshold": -0.1},
     {"threshold": "x"}, {"role": "class"}, {"name": 3}, {"queries": "cell"}],
)  # fmt: skip
def test_bad_fields_are_refused(values):
    with pytest.raises(VocabularyError):
        Category(**{"id": 1, "name": "a", **values})


@pytest.mark.parametrize(
    "text",
    ["not toml [", "x = 1", "[[category]]\nnam = 'a'", "[[category]]\nname = 1", "category = [1]",
     "[[category]]\nname = 'a'\nqueries = 3", "[[category]]\nname = 'a'\nqueries = 'cell'",
     "[[category]]\nname = 'a'\ndefinition = 3", "[[category]]\nname = 'a'\ncolour = 3"],
)  # fmt: skip
def test_bad_files_are_refused(text):
    with pytest.raises(VocabularyError):
        Vocabulary.from_toml(text)


def test_duplicate_ids_are_refused():
    with pytest.raises(VocabularyError, match="id 3"):
        Vocabulary((Category(3, "a"), Category(3, "b")))


def test_colours_differ_and_stay(tmp_path):
    colours = [Category(i, "a").colour for i in range(1, 200)]
    assert len(set(colours)) > 190
    assert Category(5, "b").colour == colours[4]
    vocabulary = Vocabulary.parse("a; b")
    vocabulary.save(tmp_path / "words.toml")
    assert Vocabulary.load(tmp_path / "words.toml") == vocabulary


def test_missing_file_is_told(tmp_path):
    with pytest.raises(VocabularyError, match="nowhere"):
        Vocabulary.load(tmp_path / "nowhere.toml")


@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text):
    try:
        vocabulary = Vocabulary.parse(text)
    except VocabularyError:
        return
    assert [c.id for c in vocabulary] == list(range(1, len(vocabulary) + 1))
    assert Vocabulary.from_toml(vocabulary.to_toml()) == vocabulary


def test_separators_of_other_scripts():
    words = Vocabulary.parse("细胞核\uff1b细胞质\uff0c胞质\uff1b背景")
    assert [(c.name, c.queries) for c in words] == [
        ("细胞核", ("细胞核",)), ("细胞质", ("细胞质", "胞质")), ("背景", ("背景",)),
    ]  # fmt: skip


def test_ids_without_a_word_get_a_name_that_no_other_has():
    words = Vocabulary((Category(1, "Category 3"), Category(2, "category 3 (3)")))
    assert [(c.id, c.name) for c in with_every_id(words, [0, 2, 3, 7])][2:] == [
        (3, "category 3 (3) (3)"), (7, "category 7"),
    ]  # fmt: skip
    assert free_name("vessel", 4, {"vein"}) == "vessel"
    assert Category(4, free_name("v" * 200, 4, {"v" * 200}))  # not longer than names may be
