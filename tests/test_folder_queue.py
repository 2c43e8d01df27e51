"""A folder of images: their order, how far each is, and their labels beside them."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.folder_queue import FolderQueue, State, find_pictures, fitted
from napari_ovseg.labels import Owner, Provenance
from napari_ovseg.progress import run

WORDS = ov.Vocabulary.parse("nucleus; fibre")


def write(path, shade=0, size=(12, 10)):
    Image.fromarray(np.full(size, shade, np.uint8)).save(path)
    return path


def annotation(by_hand=0, size=(12, 10), words=WORDS):
    ids, owner = np.ones(size, np.uint16), np.zeros(size, np.uint8)
    ids[0, :by_hand], owner[0, :by_hand] = 2, Owner.PERSON
    provenance = Provenance(recipe="r", share_by_hand=by_hand / ids.size)
    return ov.Annotation("x", ov.LabelMap(ids, words, ov.Grid.regular(2)), owner, provenance)


@pytest.fixture
def folder(tmp_path):
    for at, name in enumerate(("cell 10.png", "cell 2.png", "Cell 1.tif")):
        write(tmp_path / name, at)
    (tmp_path / "notes.txt").write_text("no image")
    write(tmp_path / "._cell 1.png")
    return tmp_path


def opened(folder):
    return run(FolderQueue.open_steps(folder))


def test_two_comes_before_ten_and_only_images_are_listed(folder):
    names = [path.name for path in find_pictures(folder)]
    assert names == ["Cell 1.tif", "cell 2.png", "cell 10.png"]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_images_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"cannot list|no image in"):
        opened(tmp_path / name)


def test_labels_come_back_with_their_owners(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    queue = opened(folder)
    first, second, third = queue.files
    assert set(queue.states.values()) == {State.NEW}
    queue.save(first, annotation())
    queue.save(second, annotation(by_hand=3))
    for again in (queue, opened(folder)):
        assert list(again.states.values()) == [State.LABELLED, State.CORRECTED, State.NEW]
        assert again.first() == third
        image, found = again.read(second)
        assert image.name == "cell 2"
        assert (found.labels.ids[0, :4] == [2, 2, 2, 1]).all()
        assert found.owner.sum() == 3
        assert found.provenance.recipe == "r"
        assert again.read(third)[1] is None
    assert opened(folder).vocabulary == WORDS
    assert opened(folder).highest == 2
    assert {path: path.read_bytes() for path in before} == before


def test_neighbours_step_over_what_cannot_be_read(folder):
    queue = opened(folder)
    first, second, third = queue.files
    assert queue.beside(first, 1) == second
    queue.states[second] = State.UNREADABLE
    assert queue.beside(first, 1) == third
    assert queue.beside(third, -1) == first
    assert queue.beside(third, 1) is None
    assert queue.beside(first, -1) is None


def test_labels_that_do_not_fit_are_told_and_kept(folder):
    queue = opened(folder)
    file = queue.files[0]
    queue.save(file, annotation(size=(5, 5)))
    with pytest.raises(InputError, match=r"shape \(5, 5\), and the image has \(12, 10\)"):
        queue.read(file)
    (told,) = queue.labels_path(file).glob("labels/*/zarr.json")
    text = json.loads(told.read_text())
    text["attributes"]["napari-ovseg"] = {"name": "x"}
    told.write_text(json.dumps(text))
    with pytest.raises(InputError, match=r"labels are damaged.*move .*ovseg.* away"):
        queue.read(file)
    again = opened(folder)
    assert again.states[file] == State.LABELLED
    assert again.vocabulary is None


def test_an_image_that_is_none_is_told(folder):
    (folder / "cell 2.png").write_bytes(b"no picture")
    queue = opened(folder)
    with pytest.raises(InputError, match=r"cannot read .*as an image"):
        queue.read(queue.files[1])


def test_a_save_that_fails_leaves_the_labels_of_before(folder, monkeypatch):
    queue = opened(folder)
    file = queue.files[0]
    queue.save(file, annotation())

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_ovseg.formats.folders._flush", refuse)
    with pytest.raises(ExportError, match="No space left"):
        queue.save(file, annotation(by_hand=3))
    assert queue.states[file] == State.LABELLED
    assert not queue.read(file)[1].owner.any()


def test_words_that_mean_something_else_are_refused(folder):
    queue = opened(folder)
    queue.refuse_other(ov.Vocabulary.parse("vessel"))
    queue.save(queue.files[0], annotation())
    queue = opened(folder)
    queue.refuse_other(ov.Vocabulary.parse("nucleus; fibre; vessel"))
    with pytest.raises(InputError, match="1 is 'nucleus', and in the table it is 'vessel'"):
        queue.refuse_other(ov.Vocabulary.parse("vessel; fibre"))


def test_labels_are_fitted_to_the_words_in_use():
    nucleus, fibre, vessel = ov.Vocabulary.parse("nucleus; fibre; vessel")
    old = annotation(by_hand=3)
    same, words = fitted(old, ())
    assert words == WORDS.categories
    assert (same.labels.ids == old.labels.ids).all()
    renamed, words = fitted(old, (replace(nucleus, name="nuclei"), fibre, vessel))
    assert [c.name for c in words] == ["nuclei", "fibre", "vessel"]
    assert (renamed.labels.ids == old.labels.ids).all()
    moved, words = fitted(old, (nucleus, replace(fibre, id=7)))
    assert [c.id for c in words] == [1, 7]
    assert (moved.labels.ids[0, :4] == [7, 7, 7, 1]).all()
    back, words = fitted(old, (nucleus, vessel))
    assert [c.name for c in words] == ["nucleus", "vessel", "fibre"]
    assert (back.labels.ids == old.labels.ids).all()
    assert back.owner is old.owner


def test_words_of_older_labels_count_too(folder):
    queue = opened(folder)
    older, newer = queue.files[:2]
    queue.save(older, annotation(words=ov.Vocabulary.parse("grass; gravel; wall")))
    queue.save(newer, annotation(words=ov.Vocabulary.parse("turf; gravel")))
    os.utime(queue.labels_path(older), (1, 1))
    again = opened(folder)
    with pytest.raises(InputError, match="3 is 'wall'"):
        again.refuse_other(tuple(ov.Vocabulary.parse("turf; gravel; sky")))
    again.refuse_other(tuple(ov.Vocabulary.parse("turf; gravel; wall")))  # it was renamed since
    assert (again.highest, len(again.vocabulary)) == (3, 2)


def test_all_words_of_a_folder_have_a_name_once(folder):
    queue = run(FolderQueue.open_steps(folder))
    second = ov.Vocabulary(tuple(replace(c, id=2 * c.id - 1, colour="") for c in WORDS))
    only = ov.Vocabulary.parse("nucleus")
    for file, words in zip(queue.files, (WORDS, second, only), strict=True):
        queue.save(file, annotation(words=words))
        os.utime(queue.labels_path(file), (queue.files.index(file),) * 2)
    words = run(FolderQueue.open_steps(folder)).all_words()
    assert [c.name for c in words] == ["nucleus", "fibre"]
    assert fitted(annotation(by_hand=3), words)[1] == words


def test_a_number_without_a_word_is_not_given_to_one(folder):
    queue = run(FolderQueue.open_steps(folder))
    made = annotation()
    made.labels.ids[5] = 7
    queue.save(queue.files[0], made)
    assert queue.highest == 7
    assert run(FolderQueue.open_steps(folder)).highest == 7
