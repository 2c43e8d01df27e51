"""A model in one file: packed, carried, imported; damaged and hostile ones are refused."""

import hashlib
import json
import stat
import zipfile

import pytest

from hub import COMMIT
from kept_models import NAME, WEIGHTS, flip, same, tree
from models import write_folder
from napari_ovseg.backbones import _bundle, manager
from napari_ovseg.backbones._kept import Kept
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError, WeightsError
from napari_ovseg.progress import run


def test_packed_imported_and_loaded_it_is_the_same(tmp_path, models, hub, monkeypatch):
    """Fetched on one machine, carried as one file, and used on another that has no network."""
    run(manager.fetch_steps(manager.offer(NAME)))
    first = load_backbone(NAME, "cpu")
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "a.zip")]) == 0
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "b.zip")]) == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["LICENCE.txt", "open_clip_config.json", WEIGHTS, "manifest.json"]  # fmt: skip
        assert "see the model card" in archive.read("LICENCE.txt").decode()
        sums = json.loads(archive.read("manifest.json"))["sha256"]
        assert sums == {n: hashlib.sha256(archive.read(n)).hexdigest() for n in archive.namelist()[:3]}  # fmt: skip

    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "elsewhere"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert main(["models", "import", str(tmp_path / "a.zip")]) == 0
    folder = tmp_path / "elsewhere" / "ViT-tiny-test@tag"
    monkeypatch.setattr("napari_ovseg.backbones.open_clip._kept", Kept("the model"))
    assert same(first, load_backbone(NAME, "cpu"))
    assert load_backbone(NAME, "cpu") is not first
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "c.zip")]) == 0
    assert json.loads((folder / "manifest.json").read_text())["origin"] == f"someone/tiny@{COMMIT}"


def test_a_damaged_model_is_not_packed(tmp_path, models):
    run(manager.import_steps(write_folder(tmp_path / "mine")))
    flip(models / "mine" / WEIGHTS)
    target = tmp_path / "out" / "a.zip"
    with pytest.raises(WeightsError, match="damaged"):
        run(manager.pack_steps("mine", target))
    steps = manager.pack_steps("starter", target)
    while next(steps).stage != "copying":
        pass
    steps.close()
    assert not target.parent.exists() or list(target.parent.iterdir()) == []
    assert main(["models", "pack", "starter", "-o", str(tmp_path / "a.tar")]) == 2
    (tmp_path / "file").touch()
    with pytest.raises(ExportError):
        run(manager.pack_steps("starter", tmp_path / "file" / "a.zip"))


def packed(tmp_path):
    folder = write_folder(tmp_path / "mine")
    return run(manager.pack_steps(str(folder), tmp_path / "mine.zip"))


def rewritten(source, change):
    """The same zip file with its list of members changed."""
    with zipfile.ZipFile(source) as archive:
        members = [(i.filename, archive.read(i), i.external_attr) for i in archive.infolist()]
    with zipfile.ZipFile(source, "w") as archive:
        for name, data, attributes in change(members):
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes
            archive.writestr(info, data)
    return source


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt",
                                  "a/tokenizer.json", ".hidden", "..", "tokenizer.json\n"])  # fmt: skip
def test_members_outside_of_the_folder_are_refused(tmp_path, models, name):
    source = rewritten(packed(tmp_path), lambda members: [*members, (name, b"x", 0)])
    before = tree(tmp_path)
    with pytest.raises(WeightsError, match="refused"):
        run(manager.import_steps(source))
    assert tree(tmp_path) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_packed_files_that_are_not_ours(tmp_path, models, monkeypatch):
    def refused(change, told):
        with pytest.raises(WeightsError, match=told):
            run(manager.import_steps(rewritten(packed(tmp_path), change)))
        assert tree(models) == []

    refused(lambda m: [*m, m[0]], "two files of one name")
    refused(lambda m: [x for x in m if x[0] != WEIGHTS], "this one 0")
    refused(lambda m: [*m, ("other.pt", b"", 0)], "this one 2")
    refused(lambda m: [x for x in m if x[0] != "LICENCE.txt"], "missing")
    refused(lambda m: [(n, b"{" if n == "manifest.json" else d, a) for n, d, a in m], "not a model")
    refused(lambda m: [(n, d[:-1] if n == WEIGHTS else d, a) for n, d, a in m], "damaged")
    link = stat.S_IFLNK << 16  # written as a file, so that it points nowhere
    refused(lambda m: [("LICENCE.txt", b"/etc/passwd", link), *m[1:]], "damaged")
    monkeypatch.setattr(_bundle, "_SMALL_LIMIT", 10)
    refused(lambda m: m, "bytes; it is refused")
    monkeypatch.undo()


def test_damaged_and_encrypted_files(tmp_path, models):
    source = packed(tmp_path)
    whole = source.read_bytes()
    damages = [whole[:-100], whole[:2_000_000], b"", b"PK\x03\x04" + bytes(100)]
    flipped = bytearray(whole)
    flipped[3_000_000] ^= 1  # in the weights: the zip's own checksum tells
    encrypted = bytearray(whole)
    at = whole.index(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    for data in (*damages, flipped, encrypted):
        source.write_bytes(data)
        with pytest.raises(WeightsError):
            run(manager.import_steps(source))
    for path in (tmp_path / "nowhere", tmp_path / "mine" / WEIGHTS):
        with pytest.raises(WeightsError, match="there is no model at"):
            run(manager.import_steps(path))
    assert not models.exists() or tree(models) == []
