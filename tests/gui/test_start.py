"""The dock's start clears up what a killed program left half-written."""

import os
import signal

import pytest

from forked import begin, forking, last_words
from napari_ovseg.gui import preload

pytestmark = pytest.mark.gui
_DIES = """
import os, sys, time
from pathlib import Path
from napari_ovseg._atomic import atomic_path

def work(folder):
    with atomic_path(Path(folder) / "x.txt") as temporary:
        temporary.write_text("half")
        print(os.getpid(), flush=True)
        time.sleep(100)
"""


def test_the_start_of_the_dock_clears_up(tmp_path, monkeypatch):
    with forking(_DIES) as process:
        writer = int(begin(process, str(tmp_path)))
        os.kill(writer, signal.SIGKILL)
        assert not last_words(process)
    (left,) = tmp_path.iterdir()
    assert left.read_text() == "half"
    monkeypatch.setattr(preload, "import_engine", lambda: None)
    preload.warm_up().join()
    assert not list(tmp_path.iterdir())
