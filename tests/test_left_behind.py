"""Projects that a kill left open are found again, wherever a person keeps them."""

import os

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg.project import Project, forget, left_behind, note


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("OVSEG_PROJECTS", str(tmp_path / "projects"))
    return tmp_path / "projects"


def killed(folder):
    """A project as a program leaves it that is killed."""
    ids = np.full((4, 5), 1, np.uint16)
    labels = ov.LabelMap(ids, ov.Vocabulary.parse("cell"), ov.Grid.regular(2))
    Project.create(folder, ov.Annotation("sample", labels), {}).close()
    (folder / ".lock.json").write_text('{"pid": 1, "host": "h"}')
    return folder


def test_a_project_in_another_folder_is_found_by_its_note(root, tmp_path):
    here, there = killed(root / "a"), killed(tmp_path / "élsewhere" / "b")
    note(here)
    assert not list(root.glob("*.elsewhere"))  # it is looked for there anyway
    assert [left.folder for left in left_behind(root)] == [here]
    note(there)
    note(there)
    assert sorted(left.folder for left in left_behind(root)) == sorted([here, there])
    forget(there)
    assert [left.folder for left in left_behind(root)] == [here]


def test_a_project_that_is_left_alone_leaves_no_note(root, tmp_path):
    note(killed(tmp_path / "b"))
    (left,) = left_behind(root)
    left.leave()
    assert not list(root.glob("*.elsewhere"))
    assert left_behind(root) == []


@pytest.mark.parametrize("held", [b"", b"\0", b"relative", os.fsencode("/gone/away"), b"\xff" * 9])
def test_a_note_of_nothing_is_passed_by(root, held):
    project = killed(root / "a")
    (root / "x.elsewhere").write_bytes(held)
    assert [left.folder for left in left_behind(root)] == [project]


def test_a_project_is_kept_where_no_note_can_be_written(root, tmp_path):
    root.write_text("a file")
    note(tmp_path / "b")
    forget(tmp_path / "b")
    assert left_behind(root) == []
