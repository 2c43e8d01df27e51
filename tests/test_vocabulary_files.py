"""Vocabularies as TOML and CSV."""

import csv

import pytest

import napari_ovseg as ov
from napari_ovseg.errors import VocabularyError
from napari_ovseg.vocabulary import Category
from napari_ovseg.vocabulary_files import load_vocabulary, save_vocabulary

HARD = ov.Vocabulary(
    (
        Category(7, "nucleus", ("nucleus", "cell nucleus"), "a dark, round body", "#123456", 0.25),
        Category(300, "β-actin, fibres", role="stuff", min_size=40),
        Category(9, '=SUM("A1")', ("'quoted'", "-x")),
        Category(2, "細胞質", role="background"),
    )
)


@pytest.mark.parametrize("ending", ["toml", "csv", "CSV"])
def test_words_come_back(tmp_path, ending):
    path = tmp_path / f"words.{ending}"
    save_vocabulary(HARD, path)
    assert load_vocabulary(path) == HARD


def test_no_cell_is_a_formula(tmp_path):
    save_vocabulary(HARD, tmp_path / "w.csv")
    with (tmp_path / "w.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t"))]


def test_an_apostrophe_that_guards_nothing_is_the_words_own(tmp_path):
    (tmp_path / "w.csv").write_text("name,definition\n'n Boom,'=a\n''s,\n")
    words = load_vocabulary(tmp_path / "w.csv")
    assert [(c.name, c.definition) for c in words] == [("'n Boom", "=a"), ("'s", "")]
    save_vocabulary(words, tmp_path / "again.csv")
    assert load_vocabulary(tmp_path / "again.csv") == words


def test_a_spreadsheets_csv_needs_only_names(tmp_path):
    (tmp_path / "w.csv").write_text("\ufeffname,queries\nnucleus,nucleus; cell nucleus\nfibre,\n")
    words = load_vocabulary(tmp_path / "w.csv")
    assert [(c.id, c.name, c.queries) for c in words] == [
        (1, "nucleus", ("nucleus", "cell nucleus")),
        (2, "fibre", ("fibre",)),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no rows"),
        ("category\nnucleus\n", "header with 'name'"),
        ("name,id\nnucleus,one\n", "wrong kind"),
        ("name\nnucleus,beyond\n", "header with 'name'"),
        ('name\n"nucleus\n', "not a CSV file"),
        ("name\nnucleus\nNucleus\n", "two categories"),
        ("name,threshold\nnucleus,3\n", "threshold"),
        ("name,min_size\nnucleus,-3\n", "smallest size"),
    ],
)
def test_bad_files_are_told(tmp_path, text, told):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(VocabularyError, match=told):
        load_vocabulary(tmp_path / "w.csv")


def test_what_csv_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    words = ov.Vocabulary((Category(1, "a", ("a; b",)),))
    with pytest.raises(VocabularyError, match="save it as TOML"):
        save_vocabulary(words, tmp_path / "w.csv")
    assert not list(tmp_path.iterdir())
    with pytest.raises(VocabularyError, match="cannot read"):
        load_vocabulary(tmp_path / "gone.csv")


def test_files_of_everyday_programs_are_read(tmp_path):
    """Editors of Windows put a mark first; spreadsheets of some countries part by semicolons."""
    toml = tmp_path / "a.toml"
    toml.write_bytes(b"\xef\xbb\xbf[[category]]\nname = 'cell'\n")
    table = tmp_path / "a.csv"
    table.write_text('id;name;queries\n1;cell;"cell; cell body"\n', encoding="utf-8-sig")
    assert [c.name for c in load_vocabulary(toml)] == ["cell"]
    assert [c.queries for c in load_vocabulary(table)] == [("cell", "cell body")]


def test_decimals_of_such_tables_have_commas(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("name;threshold\ncell;0,5\n", encoding="utf-8")
    assert [c.threshold for c in load_vocabulary(table)] == [0.5]
