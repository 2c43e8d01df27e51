"""Writers that are killed, run out of disk or may not write: the old file or the new, whole."""

import os
import signal
import time

import numpy as np
import pytest
from PIL import Image

import napari_ovseg as ov
from ct import ct_series
from forked import begin, forking, last_words
from napari_ovseg import _atomic
from napari_ovseg._leftovers import STALE, state_folder
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from readers import READERS, Found

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)

WORDS = ov.Vocabulary(tuple(ov.Category(i, f"kind {i}") for i in range(1, 61)))
SQUARES = np.kron(np.indices((16, 24)).prod(axis=0) % 2, np.ones((8, 8))).astype(bool)
"""Pixels that are labelled: 96 objects."""


def squares(value):
    ids = (SQUARES * value).astype(np.uint16)
    return ov.Annotation("x", ov.LabelMap(ids, WORDS, ov.Grid.regular(2)))


def options_of(name, folder):
    """Options without which a format cannot be written."""
    if name != "dicom-seg":
        return {}
    source = folder / "source"
    if not source.exists():
        (ct_series(source, 1, SQUARES.shape) / "DICOMDIR.txt").unlink()
    return {"source": str(source)}


def content(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refusal(given, out, name, options):
    """What an export is refused with; nothing if it is not."""
    try:
        ov.export(given, out, name, **options)
    except ExportError as error:
        return str(error)
    return ""


def value_in(name, files):
    """The category of all squares, as another program reads it; files of one set may differ."""
    sets = [files[:1], files[1:2]] if name == "cityscapes" else [files]
    read = cityscapes if name == "cityscapes" else READERS[name]
    for files in sets:
        found = np.squeeze(read(files, squares(1)).ids)
        (value,) = set(found[SQUARES].tolist())
        assert 1 <= value <= 60
        assert np.array_equal(found, SQUARES * value)
    return value


def cityscapes(files, _):
    with Image.open(files[0]) as opened:
        values = np.asarray(opened).astype(int)
    return Found(np.where(values < 1000, values, values // 1000), {})


# --- faults that are told -------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_a_file_in_the_folders_place_is_told(tmp_path, name):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ExportError, match="cannot write"):
        ov.export(squares(1), tmp_path / "file", name, **options_of(name, tmp_path))
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), OSError(13, "Permission denied")], ids=str
)
@pytest.mark.parametrize("name", EXPORTERS.names())
def test_whichever_file_cannot_be_kept_all_that_is_there_is_whole(
    tmp_path, name, fault, monkeypatch
):
    """The first, second ... flush to disk fails, until an export succeeds."""
    options, out = options_of(name, tmp_path), tmp_path / "out"
    old = [p.relative_to(out) for p in ov.export(squares(1), out, name, **options)]
    before, real = content(out), os.fsync
    for number in range(100):
        calls = iter(range(100))

        def fails(handle, number=number, calls=calls):
            if next(calls) == number:
                raise fault
            real(handle)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            told = refusal(squares(2), out, name, options)
        if not told:
            break
        assert fault.strerror in told
        assert "choose another folder" in told
        assert number or content(out) == before
        assert not list(out.rglob(".*"))
        assert value_in(name, [out / p for p in old]) in (1, 2)
    assert number >= 1
    assert value_in(name, [out / p for p in old]) == 2


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_a_write_that_the_system_breaks_off_is_told_and_old_files_stay(tmp_path, name):
    """No file may have more than 64 bytes, so every library's own writing fails half-way."""
    resource = pytest.importorskip("resource")
    options, out = options_of(name, tmp_path), tmp_path / "out"
    ov.export(squares(1), out, name, **options)
    before = content(out)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        with pytest.raises(ExportError, match="File too large"):
            ov.export(squares(2), out, name, **options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(out) == before


# --- killed writers -------------------------------------------------------------------------

_SERVER = """
import os, signal, sys, time, warnings
warnings.simplefilter("ignore")
import highdicom.seg, nibabel, nrrd, ome_zarr.writer, PIL.Image, scipy.ndimage, skimage.measure, tifffile, zarr
import numpy as np, napari_ovseg as ov
from napari_ovseg.exporters import EXPORTERS
words = ov.Vocabulary(tuple(ov.Category(i, f"kind {i}") for i in range(1, 61)))
squares = np.load(sys.argv[1])

def slow_flush(handle, flush=os.fsync):
    time.sleep(0.005)  # of a slow disk
    flush(handle)

def work(name, folder, options, dies):
    value, os.fsync = 0, slow_flush
    while True:
        value = value % 60 + 1
        labels = ov.LabelMap((squares * value).astype(np.uint16), words, ov.Grid.regular(2))
        ov.export(ov.Annotation("x", labels), folder, name, **options)
        if value == 1:
            print(os.getpid(), flush=True)
        if dies:
            os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def writers(tmp_path_factory):
    """A process that has imported everything; each line it is told becomes a writer to kill."""
    pattern = tmp_path_factory.mktemp("writers") / "squares.npy"
    np.save(pattern, SQUARES)
    with forking(_SERVER, pattern) as process:
        yield process


def start(writers, *line):
    """Start a writer that has written once, and goes on."""
    return int(begin(writers, *line))


def ended(writers):
    assert not last_words(writers)


def half_written(folder):
    return [p for p in folder.iterdir() if p.name[0] == "."]


@pytest.mark.soak
@pytest.mark.parametrize("name", EXPORTERS.names())
def test_a_killed_writer_leaves_whole_files_and_the_next_start_clears_up(tmp_path, name, writers):
    rng = np.random.default_rng(1)
    options, out = options_of(name, tmp_path), tmp_path / "out"
    given = ov.export(squares(1), tmp_path / "first", name, **options)
    files = [out / p.relative_to(tmp_path / "first") for p in given]
    for number in range(int(os.environ.get("OVSEG_KILLS", "2"))):
        writer = start(writers, name, str(out), options, False)
        if number % 2:  # as soon as there is half a file
            late = time.monotonic() + 1
            while not half_written(out) and time.monotonic() < late:
                pass
        else:
            time.sleep(rng.uniform(0, 0.2))
        os.kill(writer, signal.SIGKILL)
        ended(writers)
        value_in(name, files)
    start(writers, name, str(out), options, True)
    ended(writers)
    assert value_in(name, files) == 1
    assert half_written(out)
    assert main(["exporters"]) == 0
    assert not half_written(out)
    assert value_in(name, files) == 1
    assert set(content(out)) == set(content(tmp_path / "first"))
    assert len(list(state_folder().glob("*.folders"))) <= 1  # of this process
    ov.export(squares(5), out, name, **options)
    assert value_in(name, files) == 5


def test_a_start_leaves_alone_what_a_running_program_writes(tmp_path, writers):
    """It is stopped while it writes, which takes as long as one likes."""
    writer = start(writers, "png", str(tmp_path), {}, False)
    while True:
        os.kill(writer, signal.SIGSTOP)
        if left := half_written(tmp_path):
            break
        os.kill(writer, signal.SIGCONT)
        time.sleep(0.001)
    main(["exporters"])
    assert half_written(tmp_path) == left
    os.kill(writer, signal.SIGKILL)
    ended(writers)
    main(["exporters"])
    assert not half_written(tmp_path)


def test_what_a_living_writer_writes_is_not_cleared_up(tmp_path):
    half = ".x.0123abcd.part"
    mine = (f"{half}.png", f"{half}.gz", ".tmp.png", half[1:], half)
    for name in mine:
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / mine[1], (0, time.time() - 2 * STALE))
    for name in mine[2:4]:
        os.utime(tmp_path / name, (0, 0))
    _atomic.write_atomic(tmp_path / "y.txt", b"")
    assert {p.name for p in tmp_path.iterdir()} == {"y.txt", *mine} - {mine[1]}
