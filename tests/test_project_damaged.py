"""Projects of which files are torn, gone, newer or hostile, and what is refused."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from napari_ovseg.annotate.draft import Draft
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.project import Project
from projects import (
    SHAPES,
    STATE,
    annotation_of,
    assert_holds,
    begun,
    content,
    now,
    opened,
    paint,
)


def damage(path, how):
    pixels = [p for p in path.rglob("c/*") if p.is_file()] or [
        p for p in path.rglob("*") if p.is_file() and p.suffix != ".json"
    ]
    owners = [p for p in pixels if "owner" in p.parts]
    match how:
        case "torn":
            pixels[0].write_bytes(pixels[0].read_bytes()[:-3])
        case "pixels gone":
            pixels[0].unlink()
        case "owners gone":
            owners[0].unlink()
        case "contents gone":
            (path / "project.json").unlink()
        case "contents torn":
            (path / "project.json").write_text((path / "project.json").read_text()[:-9])
        case "newer":
            told = json.loads((path / "project.json").read_text())
            (path / "project.json").write_text(json.dumps(told | {"version": 2}))
        case "empty":
            shutil.rmtree(path)
            path.mkdir()


DAMAGES = ("torn", "pixels gone", "owners gone", "contents gone", "contents torn", "newer", "empty")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_generation_falls_back_to_the_one_before_and_both_journals(tmp_path, how, shape):
    project, draft = begun(tmp_path, shape)
    paint(draft, 1)
    project.flush()
    project.save(now(draft), {"saved": 2})
    paint(draft, 7, slice(3, 9))
    project.close()
    damage(tmp_path / "generation-000002", how)
    assert_holds(tmp_path, draft)
    assert opened(tmp_path)[1] == {"saved": 2}
    project, annotation, state = Project.open(tmp_path)
    project.save(annotation, state)
    project.close()
    assert_holds(tmp_path, draft)


def test_a_project_of_which_nothing_can_be_read_says_so(tmp_path):
    begun(tmp_path)[0].close()
    damage(tmp_path / "generation-000001", "contents torn")
    for _ in range(2):  # and is not locked afterwards
        with pytest.raises(InputError, match=r"no generation.*generation-000001.*backup"):
            Project.open(tmp_path)


@pytest.mark.parametrize(
    "told",
    [[], {"version": 1}, {"version": 1, "number": 10**9, "state": 0}, "x" * 9, None],
    ids=str,
)
def test_hostile_contents_are_not_taken(tmp_path, told):
    begun(tmp_path)[0].close()
    (tmp_path / "project.json").write_text(json.dumps(told))
    assert opened(tmp_path)[1] == STATE
    (tmp_path / "generation-000001" / "project.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match="no generation"):
        Project.open(tmp_path)


def test_a_second_open_is_refused_and_says_who_has_it(tmp_path):
    project, _ = begun(tmp_path)
    for again in (Project.open, lambda f: Project.create(f, annotation_of(SHAPES[0]), {})):
        with pytest.raises(InputError, match=f"open already, by process {os.getpid()} on"):
            again(tmp_path)
    script = f"""
from napari_ovseg.project import Project
try:
    Project.open({str(tmp_path)!r})
except ValueError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert f"by process {os.getpid()} on" in told.stdout
    project.close()
    project.close()
    opened(tmp_path)


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(InputError, match="no project"):
        Project.open(tmp_path / "none")
    project, draft = begun(tmp_path)
    before = content(tmp_path)
    with pytest.raises(InputError, match="another project"):
        project.save(annotation_of((5, 5)), {})
    with pytest.raises(InputError, match="another project"):
        project.attach(Draft(np.zeros(SHAPES[0], np.int32)))
    for state in ({"a": {1, 2}}, {"a": float("nan")}):
        with pytest.raises(InputError, match="plain JSON"):
            project.save(now(draft), state)
    project.close()
    for late in (project.save, project.describe):
        with pytest.raises(InputError, match="closed"):
            late(now(draft), {})
    with pytest.raises(ExportError, match="there is a project"):
        Project.create(tmp_path, now(draft), {})
    assert content(tmp_path) == before
