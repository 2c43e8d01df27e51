"""Folders that are written whole: replaced, extended, or left as they were."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from napari_ovseg import _leftovers
from napari_ovseg._leftovers import STALE
from napari_ovseg.errors import ExportError
from napari_ovseg.formats import folders
from napari_ovseg.formats.folders import atomic_folder


def content(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def put(target, text, **options):
    with atomic_folder(target, **options) as folder:
        (folder / "sub").mkdir(exist_ok=True)
        (folder / "sub/a").unlink(missing_ok=True)
        (folder / "sub/a").write_text(text)


def fail_half_way(target):
    with atomic_folder(target) as folder:
        (folder / "half").write_text("half")
        raise KeyError


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_is_replaced_or_extended(tmp_path, monkeypatch, swaps):
    if not swaps:
        monkeypatch.setattr(folders, "_swap", lambda *_: False)
    put(tmp_path / "x", "1")
    (tmp_path / "x/b").write_text("b")
    put(tmp_path / "x", "2", extend=True)
    assert content(tmp_path / "x") == {Path("sub/a"): b"2", Path("b"): b"b"}
    put(tmp_path / "x", "3")
    assert content(tmp_path / "x") == {Path("sub/a"): b"3"}
    with pytest.raises(KeyError):
        fail_half_way(tmp_path / "x")
    assert content(tmp_path / "x") == {Path("sub/a"): b"3"}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_files_that_were_there_are_not_opened(tmp_path, monkeypatch):
    """They may be for reading only, or links to where nothing may be written."""
    put(tmp_path / "x", "1")
    (tmp_path / "x/b").write_text("b")
    (tmp_path / "x/b").chmod(0o444)
    (tmp_path / "x/link").symlink_to(tmp_path / "nowhere")
    opened, real = [], os.open
    monkeypatch.setattr(os, "open", lambda path, flags, *mode: opened.append((Path(path).name, flags)) or real(path, flags, *mode))  # fmt: skip
    put(tmp_path / "x", "2", extend=True)
    assert {name for name, _ in opened} >= {"a", "sub"}
    assert not {"b", "link"} & {name for name, _ in opened}
    flags = {flags for name, flags in opened if name in {"a", "sub"} or name.startswith(".x")}
    assert os.name == "nt" or flags == {os.O_RDONLY}
    assert (tmp_path / "x/b").read_text() == "b"


def test_what_a_killed_writer_left_is_put_back_or_swept(tmp_path):
    target = tmp_path / "x"
    put(tmp_path / ".x.0123abcd.old", "old")
    for name in (".x.00000001.part", ".x.00000002.part", ".xy.00000001.part", ".x.mine.part"):
        put(tmp_path / name, "half")
        for path in (tmp_path / name).rglob("*") if name != ".x.00000002.part" else ():
            os.utime(path, (0, time.time() - 2 * STALE))
        if name != ".x.00000002.part":
            os.utime(tmp_path / name, (0, time.time() - 2 * STALE))
    _leftovers._enter.cache_clear()
    with pytest.raises(KeyError):
        fail_half_way(target)
    assert content(target) == {Path("sub/a"): b"old"}
    assert {p.name for p in tmp_path.iterdir()} == {"x", ".x.00000002.part", ".x.mine.part"}
    put(tmp_path / ".x.0123abcd.old", "older")
    _leftovers._enter.cache_clear()
    put(target, "new")
    assert content(target) == {Path("sub/a"): b"new"}
    assert not list(tmp_path.glob(".x.*.old"))


def test_a_file_or_link_in_the_way_is_told(tmp_path):
    (tmp_path / "x").write_text("file")
    with pytest.raises(ExportError, match="a file or a link"):
        put(tmp_path / "x", "1")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ExportError, match="a file or a link"):
        put(tmp_path / "link", "1")
    assert not list((tmp_path / "real").iterdir())


def extend_slowly(target, name, pause):
    with atomic_folder(target, extend=True) as folder:
        time.sleep(pause)
        (folder / name).write_text(name)


def test_writers_that_extend_a_folder_at_once_wait_for_each_other(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        names = [str(n) for n in range(4)]
        list(pool.map(lambda n: extend_slowly(tmp_path / "x", n, 0.05), names))
    assert content(tmp_path / "x") == {Path(n): n.encode() for n in names}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_writer_that_does_not_end_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_PATIENCE_S", 0.1)
    put(tmp_path / "x", "1", extend=True)
    with atomic_folder(tmp_path / "x", extend=True), ThreadPoolExecutor(1) as pool:
        other = pool.submit(put, tmp_path / "x", "2", extend=True)
        with pytest.raises(ExportError, match="another program has been writing"):
            other.result()
    put(tmp_path / "x", "3", extend=True)
    assert content(tmp_path / "x") == {Path("sub/a"): b"3"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_linked_folder_stays_a_link(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store/big").write_text("big")
    put(tmp_path / "x", "1")
    (tmp_path / "x/images").symlink_to("../store", target_is_directory=True)
    put(tmp_path / "x", "2", extend=True)
    assert (tmp_path / "x/images").readlink() == Path("../store")
    assert content(tmp_path / "x")[Path("sub/a")] == b"2"
    assert (tmp_path / "store/big").read_text() == "big"
