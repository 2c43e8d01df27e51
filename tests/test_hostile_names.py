"""No name leaves its folder or breaks a file: 120 of the worst, in every format.

Each is the annotation's name, and a category's where a vocabulary takes it. Files are opened
by other libraries than wrote them (`readers`), and read back by our own importers.
"""

import json
import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name

import napari_ovseg as ov
from ct import ct_series
from napari_ovseg.errors import ExportError, VocabularyError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.exporters._base import safe_name
from napari_ovseg.importers import IMPORTERS, read_labels
from readers import READERS

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)

ABSOLUTE = Path(tempfile.gettempdir()) / "ovseg-hostile-name"
PATHS = (
    "..", ".", "...", "../../up", "..\\..\\up", "a/../../../b", "./x", "/etc/passwd", str(ABSOLUTE), "~/x", "~root", "a/b\\c",
    "//server/share/x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "C:\\Windows\\x", "C:x", "file:///etc/passwd",
    "%2e%2e%2fup", "....//....//up", "\uff0e\uff0e\uff0fup", "\u2025/up", "x::$DATA", "*?\"<>|",
)  # fmt: skip
DEVICES = (
    "CON", "con.txt", "PRN.", "AUX.tar.gz", "nul", "NUL .x", "COM1", "com\u00b9.dat", "LPT9.png", "CONIN$",
)  # fmt: skip
PLAIN = ("cells", "Cells", "CELLS", "image", "image-00000000", "x" * 200, "核" * 200)
EDGES = (
    " lead", "trail ", "trail.", ".hidden", "-rf", "--help", "a  b", "\u3000wide\u3000", "'quoted'",
)  # fmt: skip
SCRIPTS = (
    "ядро", "細胞質", "خلية", "नाभिक", "e\u0301", "\ufb01bre", "Z\u0324\u0354a\u0367\u030d\u0361lgo" + "\u0301" * 50, "🧬", "🇩🇪",
    "line\u2028two", "par\u2029two", "\ufffe", "\U0001ffff", "\u0130\u212a",
)  # fmt: skip
CODE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "'=x", "=cmd|' /C calc'!A0",
    "<b>&amp;</b>", "]]>", "<![CDATA[x]]>", "&#0;&xxe;", "<!-- -->", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "null", "- x", "a: b #c", "!!python/object:os.system", "&a *a", '"""', "'''", 'a,b;c"d"', "\\", "a\\nb\\u0000", "Segment0_ID:=x|y:z",
    '{"a": 1}', "%s%n", "{0.__class__}", "$(reboot)`id`", "; rm -rf /", "'; DROP TABLE x;--",
)  # fmt: skip
WORDS = PATHS + DEVICES + PLAIN + EDGES + SCRIPTS + CODE
NO_WORDS = (
    "", " ", "\x00", "a\x00b", "a\nb", "a\r\nb", "a\tb", "a\x0bb", "a\x0cb", "\x1b[31m", "\x7f", "a\x85b",
    "x\n\nspace: evil", "\u202eabc", "abc\u202dgpj.exe", "\u200bzero", "zero\u200dwidth", "\u2066x\u2069", "\ufeffbom",
    "soft\u00adhyphen", "\U000e0041tag", "\ud800", "\udcff", "\ue000", "x" * 300, "核" * 300, "\ufdfa" * 199,
)  # fmt: skip
"""Names that no category has: empty, too long, or not to be seen."""
NAMES = WORDS + NO_WORDS
STEP = 120 // int(os.environ.get("OVSEG_NAMES", "40"))
"""Ordinary runs try a third of the names in each format, but all of them in some."""

PORTS = {f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)}
RESERVED = {"con", "prn", "aux", "nul"} | PORTS


def test_names_are_120_and_their_files_differ():
    assert len(set(NAMES)) == len(NAMES) == 120
    assert len({safe_name(name) for name in NAMES}) == 120


@pytest.mark.parametrize("name", NO_WORDS)
def test_no_category_has_a_name_that_is_not_to_be_seen(name):
    with pytest.raises(VocabularyError):
        ov.Category(1, name)


def named(name):
    """A picture of 4 x 5 pixels called so, as is one of its categories if it may be."""
    word = "refused" if name in NO_WORDS else name
    words = ov.Vocabulary((ov.Category(1, "a plain one"), ov.Category(7, word)))
    ids = np.zeros((4, 5), np.uint16)
    ids[:2, 1:3], ids[3] = 1, 7
    return ov.Annotation(name, ov.LabelMap(ids, words, ov.Grid.regular(2)))


@pytest.mark.soak
@pytest.mark.parametrize("name", EXPORTERS.names())
def test_names_stay_in_the_folder_and_come_back(tmp_path, name):
    home = tmp_path / "a" / "b"
    home.mkdir(parents=True)
    options = {"dicom-seg": {"source": home / "source"}}.get(name, {})
    if options:
        (ct_series(home / "source", 1, (4, 5)) / "DICOMDIR.txt").unlink()
    before = set(tmp_path.rglob("*"))
    first = EXPORTERS.names().index(name) % STEP
    for hostile in NAMES[first::STEP]:
        given = named(hostile)
        if name == "nnunet":
            options = {"dataset": hostile}
        try:
            files = ov.export(given, home / "out", name, **options)
            stays(files, tmp_path, before, home / "out")
            comes_back(files, given, name)
        except Exception as error:
            error.add_note(f"the name is {hostile!r}")
            raise
        shutil.rmtree(home / "out")


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_names_that_are_one_file_on_some_systems_are_no_series(tmp_path, name):
    options = {"source": str(tmp_path)} if name == "dicom-seg" else {}
    for other in ("cells", "CELLS"):
        series = [named("cells"), replace(named("cells"), name=other)]
        with pytest.raises(ExportError, match="called 'cells'"):
            EXPORTERS.get(name)(**options).write_series(series, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def stays(files, sandbox, before, out):
    """Everything new is in the folder, with a name that every system takes."""
    assert not list(ABSOLUTE.parent.glob(f"{ABSOLUTE.name}*"))
    new = set(sandbox.rglob("*")) - before - {out}
    assert set(files) <= new
    for path in new:
        assert path.resolve().is_relative_to(out.resolve())
        # Parts of Zarr's own, like its chunk keys, are in its folder.
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", path.name), path
        assert path.name.split(".")[0].lower() not in RESERVED
        assert path.name[-1] != "."
        assert len(path.name) < 150


def comes_back(files, given, name):
    """Other programs see the pixels and the names, our own importers all of both."""
    vocabulary = given.labels.vocabulary
    found = READERS[name](files, given)
    assert np.array_equal(np.squeeze(found.ids), given.labels.ids)
    assert found.names.keys() == {c.id for c in vocabulary}
    for category in vocabulary:
        shown = found.names[category.id]
        assert shown == SHOWN.get(name, unchanged)(category.name, shown)
    EXACT.get(name, lambda *_: None)(files, given)
    if name in IMPORTERS.names():
        back = read_labels(files[0], name)
        assert [c.name for c in back.labels.vocabulary] == [c.name for c in vocabulary]
        assert back.name == given.name


def unchanged(exact, _):
    return exact


def in_dicom(exact, _):
    """As its docstring says: 63 characters, a slash for a backslash, a space for what does not print."""
    printed = "".join(c if c.isprintable() else " " for c in exact.replace("\\", "/"))
    return printed[:63].strip()


def in_slicer(exact, shown):
    """ASCII: the name if it is that, else what is left of it, or its number."""
    assert shown.isascii()
    assert shown.isprintable()
    if exact.isascii():
        return " ".join(exact.replace("\\", "/").split())
    letters = {c for c in unicodedata.normalize("NFKD", exact) if c.isascii()}
    assert shown == "category 7" or set(shown) <= letters | {" ", "/"}
    return shown


SHOWN = {"dicom-seg": in_dicom, "seg-nrrd": in_slicer}
"""What other programs show where it is not the name itself."""


def exact_in_tags(files, given):
    image = sitk.ReadImage(files[0])
    for number, category in enumerate(given.labels.vocabulary):
        tags = image.GetMetaData(f"Segment{number}_Tags")
        assert tags == f"napari-ovseg.name:{quote(category.name, safe='')}|"


def exact_in_descriptions(files, given):
    made = pydicom.dcmread(files[0])
    names = [segment.SegmentDescription for segment in made.SegmentSequence]
    assert names == [category.name for category in given.labels.vocabulary]
    assert (made.ContentDescription or "") == in_dicom(given.name, None)


def image_stem(name):
    """The name itself, unless it has no letters, leads elsewhere, or is no text for a file."""
    odd = any(unicodedata.category(c) in ("Cc", "Cs", "Cn", "Zl", "Zp") for c in name)
    elsewhere = any(
        path(f"{name}.png").name != f"{name}.png" for path in (PurePosixPath, PureWindowsPath)
    )
    return safe_name(name) if not name or odd or elsewhere or ":" in name else name


def exact_in_json(files, given):
    content = json.loads(files[-1].read_bytes())
    if "images" in content:
        (own,) = (image["napari-ovseg"] for image in content["images"])
        assert content["images"][0]["file_name"] == f"{image_stem(given.name)}.png"
    else:
        own = content["napari-ovseg"]["cases"][safe_name(given.name)]
    assert own["name"] == given.name


EXACT = {
    "seg-nrrd": exact_in_tags, "dicom-seg": exact_in_descriptions,
    "coco": exact_in_json, "coco-panoptic": exact_in_json, "nnunet": exact_in_json,
}  # fmt: skip
"""Where other programs find what `SHOWN` lacks, and the annotation's name."""
