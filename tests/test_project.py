"""A project comes back as it was, whatever happened to the program or the disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import napari_ovseg as ov
from forked import begin, forking, last_words
from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.importers import read_labels
from napari_ovseg.labels import Owner, Provenance
from napari_ovseg.project import Project, Source, read_project
from napari_ovseg.project._generations import generations, journals

WORDS = ov.Vocabulary(
    (
        ov.Category(1, "細胞核", ("nucleus", "ядро"), colour="#112233", threshold=0.25),
        ov.Category(7, "ไมโทคอนเดรีย", definition="a bean", role="stuff"),
        ov.Category(65535, "خلفية", role="background"),
    )
)
STATE = {"contour": 2, "view": {"zoom": 1.5, "слой": ["α", None, True]}}
SHAPES = [(24, 32), (3, 20, 24)]


def annotation_of(shape, seed=0, name="картина 1/2"):
    """Ids that no category has are among them; they must stay as they are."""
    rng = np.random.default_rng(seed)
    ids = rng.choice([0, 1, 7, 65535, 9], shape).astype(np.uint16)
    grid = ov.Grid.regular(len(shape), (0.5,) * len(shape), units=("um",) * len(shape))
    owner = rng.integers(0, 3, shape).astype(np.uint8)
    made = Provenance(ov.Recipe().to_toml(), "weights", "1.0", "2025-01-01", 0.5)
    return ov.Annotation(name, ov.LabelMap(ids, WORDS, grid), owner, made)


def begun(folder, shape=SHAPES[0], **options):
    """A new project, and the draft that it keeps."""
    given = annotation_of(shape)
    project = Project.create(folder, given, STATE, **options)
    draft = Draft(given.labels.ids.copy(), given.owner.copy())
    project.attach(draft)
    return project, draft


def now(draft, given=None):
    """What is in a draft, copied, as an annotation."""
    given = given or annotation_of(draft.ids.shape)
    return replace(
        given, labels=replace(given.labels, ids=draft.ids.copy()), owner=draft.owner.copy()
    )


def opened(folder):
    """Open a project, and let it go again."""
    project, annotation, state = Project.open(folder)
    project.close()
    return annotation, state


def assert_holds(folder, draft):
    annotation, _ = opened(folder)
    assert np.array_equal(annotation.labels.ids, draft.ids)
    assert np.array_equal(annotation.owner, draft.owner)


def paint(draft, value, rows=slice(0, 5)):
    """A model's write into rows of the last plane, whosever they are, by way of their owner."""
    box = (*(slice(n - 1, n) for n in draft.ids.shape[:-2]), rows, slice(0, draft.ids.shape[-1]))
    draft.claim(box, np.ones_like(draft.ids[box], bool), Owner.MODEL)
    draft.propose(box, np.full_like(draft.ids[box], value))


def numbers(folder):
    return list(generations(folder)), list(journals(folder))


def content(folder):
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".lock"))
    return {p.relative_to(folder): p.read_bytes() for p in files}


# --- what comes back ------------------------------------------------------------------------


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


# --- what is damaged ------------------------------------------------------------------------


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


# --- what is refused ------------------------------------------------------------------------


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


# --- faults of the disk ---------------------------------------------------------------------


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


# --- killed programs ------------------------------------------------------------------------

KILLS = 4 * int(os.environ.get("OVSEG_KILLS", "0")) or 3
"""Of each shape; 'make soak' kills 200 in all."""

_SERVER = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import ome_zarr.writer, zarr
import test_project as test
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.project import Project

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
            save = test.now(draft, annotation), {"step": number}, project.begin()
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
