"""Masks in PNG and TIFF: with a table, with a palette, of other programs."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import napari_ovseg as ov
from cells import WORDS, annotation, blobs, same
from napari_ovseg.errors import InputError
from napari_ovseg.importers import read_labels

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def test_a_png_comes_back_with_its_table(tmp_path):
    small = ov.Vocabulary((*WORDS.categories[:2], replace(WORDS.categories[2], id=9)))
    given = annotation(blobs(values=(0, 1, 7, 9)), vocabulary=small)
    read = read_labels(ov.export(given, tmp_path, "png")[0])
    assert (read.labels.ids == given.labels.ids).all()
    same(read, given)
    stack = ov.export(annotation(given.labels.ids[None], vocabulary=small), tmp_path / "s", "png")
    assert read_labels(stack[0]).labels.vocabulary == small


def test_a_png_larger_than_pillow_takes_from_strangers_comes_back(tmp_path, monkeypatch):
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs(values=(0, 1, 7)), vocabulary=small)
    path = ov.export(given, tmp_path, "png")[0]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", given.labels.ids.size // 3)
    same(read_labels(path), given)


def test_a_png_goes_by_its_table_and_without_one_by_itself(tmp_path):
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs(values=(0, 1, 7)), vocabulary=small)
    path, table = ov.export(given, tmp_path, "png")
    words = table.read_text("utf-8").replace("nucleus", "kernel")
    table.write_text(words, "utf-8")
    changed = read_labels(path).labels.vocabulary.categories[0]
    first = small.categories[0]
    assert changed.name == "kernel"
    assert (changed.definition, changed.threshold) == (first.definition, first.threshold)
    table.unlink()
    same(read_labels(path), given)


def test_a_png_without_a_table_has_the_palettes_colours(tmp_path):
    picture = Image.fromarray(np.array([[0, 1], [200, 255]], np.uint8))
    picture.putpalette([0, 0, 0, 255, 0, 16] + [7] * 762)
    picture.save(tmp_path / "voc.png")
    read = read_labels(tmp_path / "voc.png").labels
    assert read.ids.tolist() == [[0, 1], [200, 0]]
    assert [(c.id, c.name) for c in read.vocabulary] == [(1, "category 1"), (200, "category 200")]
    assert read.vocabulary.categories[0].colour == "#ff0010"


@pytest.mark.parametrize(
    ("mode", "match"), [("RGB", "mode RGB"), ("LA", "mode LA"), ("RGBA", "mode RGBA")]
)
def test_pictures_that_are_no_labels_are_refused(tmp_path, mode, match):
    Image.new(mode, (4, 4)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match=match):
        read_labels(tmp_path / "x.png")


@pytest.mark.parametrize(
    ("values", "dtype", "read"),
    [
        ([[0, 255]], np.uint8, [[0, 255]]),  # black and white, as other programs write masks
        ([[0, 1]], bool, [[0, 1]]),
        ([[0, 700]], np.uint16, [[0, 700]]),
        ([[255, 700]], np.uint16, [[255, 700]]),  # not of a data set of bytes
        ([[3, 255]], np.uint8, [[3, 0]]),
    ],
)
def test_masks_of_other_programs_are_read(tmp_path, values, dtype, read):
    Image.fromarray(np.array(values * 4, dtype)).save(tmp_path / "x.png")
    labels = read_labels(tmp_path / "x.png").labels
    assert labels.ids.tolist() == read * 4
    assert {c.id for c in labels.vocabulary} == {v for v in read[0] if v}


def test_values_that_the_table_lacks_are_told(tmp_path):
    path, table = ov.export(annotation(np.ones((4, 4), np.uint16), vocabulary=ov.Vocabulary(WORDS.categories[:2])), tmp_path, "png")  # fmt: skip
    table.write_text(
        "\n".join(line for line in table.read_text().splitlines() if "nucleus" not in line)
    )
    with pytest.raises(InputError, match=r"values \[1\]"):
        read_labels(path)
