"""A project brings everything back: pixels, owners, words, history, settings."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.cli import main
from napari_ovseg.errors import InputError
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project, Source, read_project
from projects import (
    SHAPES,
    STATE,
    WORDS,
    annotation_of,
    assert_holds,
    begun,
    now,
    numbers,
    opened,
    paint,
)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_of_a_project_comes_back(tmp_path, shape):
    given, source = annotation_of(shape), Source("/данные/a b.tif", "図", (3, *shape))
    recipe = ov.Recipe(backbone="ViT-B-16:openai", threshold=0.5)
    with_all = Project.create(tmp_path / "p", given, STATE, recipe.to_toml(), source)
    with_all.close()
    project, annotation, state = Project.open(tmp_path / "p")
    project.close()
    assert np.array_equal(annotation.labels.ids, given.labels.ids)
    assert annotation.labels.ids.flags.writeable
    assert np.array_equal(annotation.owner, given.owner)
    assert annotation.owner.flags.writeable
    assert annotation.labels.vocabulary == given.named().labels.vocabulary
    assert annotation.labels.grid == given.labels.grid
    assert annotation.provenance == given.provenance
    assert (annotation.name, state) == (given.name, STATE)
    assert ov.Recipe.from_toml(project.recipe) == recipe
    assert project.source == source


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_painted_comes_back_without_a_save(tmp_path, shape):
    project, draft = begun(tmp_path, shape)
    paint(draft, 7)
    draft.claim(whole(shape), draft.ids == 7, Owner.LOCKED)
    paint(draft, 1, slice(2, 4))
    draft.undo()
    assert project.flush()
    project.close()
    assert_holds(tmp_path, draft)
    project, annotation, state = Project.open(tmp_path)
    project.save(annotation, state)
    project.close()
    assert_holds(tmp_path, draft)
    assert not draft.listeners


def test_owners_that_are_all_the_models_come_back(tmp_path):
    given = replace(annotation_of(SHAPES[0]), owner=None)
    Project.create(tmp_path, given, {}).close()
    assert (opened(tmp_path)[0].owner == Owner.MODEL).all()


def test_words_that_were_told_between_two_saves_come_back(tmp_path):
    project, draft = begun(tmp_path)
    words = WORDS.with_category(ov.Category(9, "новое"))
    later = replace(now(draft), labels=replace(now(draft).labels, vocabulary=words))
    project.describe(later, {"then": 1})
    paint(draft, 9)
    project.close()
    annotation, state = opened(tmp_path)
    assert annotation.labels.vocabulary == words
    assert state == {"then": 1}
    project, annotation, _ = Project.open(tmp_path)
    project.save(annotation, {"then": 2})
    project.close()
    assert opened(tmp_path)[1] == {"then": 2}
    (tmp_path / "project.json").write_text("{")  # that of the generation does
    annotation, state = opened(tmp_path)
    assert annotation.labels.vocabulary == words
    assert state == {"then": 2}


def test_what_is_painted_while_another_thread_saves_is_kept(tmp_path):
    project, draft = begun(tmp_path)
    paint(draft, 1)
    copy, number = now(draft), project.begin()
    paint(draft, 7, slice(3, 9))  # after the copy, before the save
    thread = threading.Thread(target=project.save, args=(copy, {"a": 1}, number))
    thread.start()
    for i in range(50):
        paint(draft, i % 9, slice(i % 20, i % 20 + 3))
    project.describe(now(draft), {"a": 2})
    thread.join()
    project.close()
    assert numbers(tmp_path)[0] == [1, 2]
    assert_holds(tmp_path, draft)
    assert opened(tmp_path)[1] == {"a": 2}  # told later than what was saved


def test_a_save_on_another_thread_must_know_where_the_copy_was_made(tmp_path):
    project, draft = begun(tmp_path)
    refused = []

    def save():
        try:
            project.save(now(draft), {})
        except InputError as error:
            refused.append(str(error))

    thread = threading.Thread(target=save)
    thread.start()
    thread.join()
    project.close()
    assert "call begin()" in refused[0]
    assert numbers(tmp_path)[0] == [1]


def test_another_array_in_a_draft_is_written_whole(tmp_path):
    project, draft = begun(tmp_path)
    draft.begin_anew(draft.ids + 1, draft.owner.copy())
    paint(draft, 7)
    project.close()
    assert_holds(tmp_path, draft)


def test_an_array_that_a_project_cannot_hold_is_not_written(tmp_path):
    project, draft = begun(tmp_path)
    before = now(draft)
    draft.begin_anew(np.zeros((3, 3), np.uint16), np.zeros((3, 3), np.uint8))
    assert not project.fits(draft)
    project.close()
    assert_holds(tmp_path, Draft(before.labels.ids, before.owner))


def test_a_project_is_exported_by_the_command_line_while_it_is_open(tmp_path):
    project, draft = begun(tmp_path / "p")
    paint(draft, 7)
    project.flush()
    assert main(["export", str(tmp_path / "p"), "-o", str(tmp_path / "out"), "--format", "ome-tiff"]) == 0  # fmt: skip
    project.close()
    (file,) = (tmp_path / "out").glob("*.ome.tif")
    back = read_labels(file)
    assert np.array_equal(back.labels.ids, draft.ids)
    assert np.array_equal(back.owner, draft.owner)
    assert tuple(back.labels.vocabulary)[: len(WORDS)] == tuple(WORDS)
    with pytest.raises(InputError, match="no project"):
        read_project(tmp_path)


def test_three_generations_are_kept_with_their_journals(tmp_path):
    project, draft = begun(tmp_path)
    for value in range(6):
        paint(draft, value)
        project.flush()
        project.save(now(draft), {"value": value})
        half = tmp_path / f".generation-{value:06d}.0123abcd.part"
        half.mkdir()  # of a save that was killed
    paint(draft, 9)
    project.close()
    assert numbers(tmp_path) == ([5, 6, 7], [5, 6, 7])
    assert [p.name for p in tmp_path.glob(".generation*")] == [half.name]
    assert_holds(tmp_path, draft)
