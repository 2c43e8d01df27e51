"""Projects on full and read-only disks, and of programs that are killed."""

import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from forked import begin, forking, last_words
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.errors import ExportError
from napari_ovseg.labels import Owner
from napari_ovseg.project import Project
from napari_ovseg.project._generations import generations
from projects import SHAPES, assert_holds, begun, content, now, numbers, opened, paint


@contextmanager
def file_limit(size):
    """Let no file have more bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path):
    told = []
    project, draft = begun(tmp_path)
    project.attach(draft, told.append)
    project.flush()
    before = content(tmp_path)
    with file_limit(64):
        for value in range(9):
            paint(draft, value)
        assert not project.flush()
        with pytest.raises(ExportError, match=r"File too large.*free some space"):
            project.save(now(draft), {})
        with pytest.raises(ExportError, match="File too large"):
            project.describe(now(draft), {})
        with pytest.raises(ExportError, match="File too large"):
            Project.create(tmp_path / "other", now(draft), {})
        assert [str(error).count("File too large") for error in told] == [1]
        after = content(tmp_path)
        assert {path: after[path][: len(data)] for path, data in before.items()} == before
        assert numbers(tmp_path)[0] == [1]
    paint(draft, 7)
    assert project.flush()
    project.close()
    assert_holds(tmp_path, draft)


@contextmanager
def powerless():
    """As a user that may not write into the folders of others."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_folder_that_is_read_only_is_told_and_stays_as_it_was():
    folder = Path(tempfile.mkdtemp())  # one that other users can look into
    try:
        folder.chmod(0o755)
        project, draft = begun(folder)
        folder.chmod(0o555)
        before, told = content(folder), []
        with powerless():
            project.begin()
            project.attach(draft, told.append)
            paint(draft, 1)
            assert not project.flush()
            assert "Permission denied" in str(told[0])
            for write in (project.save, project.describe):
                with pytest.raises(ExportError, match=r"Permission denied.*change its permissions"):
                    write(now(draft), {})
        assert content(folder) == before
        folder.chmod(0o755)
        assert project.close()
        assert_holds(folder, draft)
        folder.chmod(0o555)
        with powerless(), pytest.raises(ExportError, match="cannot write"):
            Project.open(folder)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


KILLS = 4 * int(os.environ.get("OVSEG_KILLS", "0")) or 3
"""Of each shape; 'make soak' kills 200 in all."""


_SERVER = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import ome_zarr.writer, zarr
import test_project_faults as test
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.project import Project
from projects import now

def work(folder, seed):
    project, annotation, state = Project.open(folder)
    draft = Draft(annotation.labels.ids, annotation.owner)
    project.attach(draft)
    print("begun", os.getpid(), flush=True)
    saving = None
    for number in test.trace(draft, seed):
        if number % 3 == 0 and project.flush():
            os.write(1, b"%d\\n" % number)  # at once: a kill must not leave half a line
        if number % 10 == 5 and not (saving and saving.is_alive()):
            save = now(draft, annotation), {"step": number}, project.begin()
            saving = threading.Thread(target=project.save, args=save, daemon=True)
            saving.start()
    print("all steps were made", flush=True)
    threading.Event().wait()
"""


def trace(draft, seed, steps=5000):
    """Make random steps; the number of those made, after each."""
    rng = np.random.default_rng(seed)
    for number in range(1, steps + 1):
        sides = [np.sort(rng.choice(n + 1, 2, replace=False)) for n in draft.ids.shape]
        box = tuple(slice(int(a), int(b)) for a, b in sides)
        shape = draft.ids[box].shape
        where = rng.random(shape) < 0.7
        match rng.integers(6):
            case 0 | 1:
                draft.propose(box, rng.integers(0, 10, shape), where)
            case 2:
                old = draft.ids[box][where]
                draft.ids[box] = np.where(where, rng.integers(0, 10), draft.ids[box])
                draft.stroke([(box, where, old)])
            case 3:
                draft.claim(box, where, Owner(int(rng.integers(3))))
            case 4:
                draft.undo()
            case 5:
                draft.redo()
        yield number


@pytest.fixture(scope="module")
def programs():
    """A process that has imported everything; each line it is told becomes a program to kill."""
    with forking(_SERVER, Path(__file__).parent) as process:
        yield process


def killed(programs, folder, number, rng):
    """Let a program paint and save until it is killed; the last step that it was sure of."""
    word, pid = begin(programs, str(folder), number).split()
    assert word == "begun"
    saved, late = list(generations(folder))[-1], time.monotonic() + 20
    match number % 3:
        case 1:  # as soon as there is half a generation
            while not list(folder.glob(".generation-*.part")) and time.monotonic() < late:
                time.sleep(0.001)
        case 2:  # as soon as there is a new one
            while list(generations(folder))[-1] == saved and time.monotonic() < late:
                time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.5 if number % 3 == 0 else 0.03))
    os.kill(int(pid), signal.SIGKILL)
    lines = last_words(programs)
    assert all(line.isdigit() for line in lines), lines
    return int(lines[-1]) if lines else 0


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, "fork"), reason="programs are forked, to be quick")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_killed_program_loses_no_step_that_it_was_sure_of(tmp_path, shape, programs):
    rng = np.random.default_rng(2)
    begun(tmp_path, shape)[0].close()
    base, sure_of = opened(tmp_path)[0], 0
    for number in range(KILLS):
        sure = killed(programs, tmp_path, number, rng)
        annotation, _ = opened(tmp_path)
        draft, found = Draft(base.labels.ids, base.owner), False
        for step in chain([0], trace(draft, number)):
            found = step >= sure and (
                np.array_equal(draft.ids, annotation.labels.ids)
                and np.array_equal(draft.owner, annotation.owner)
            )
            if found or step > sure + 300:
                break
        assert found, f"after {sure} steps that were sure, in program {number}"
        base, sure_of = annotation, sure_of + sure
    assert sure_of > 3 * KILLS  # they had time to paint
    assert numbers(tmp_path)[0][-1] > 1  # and to save
