"""What the command line lists, and what it prints."""

import os
import subprocess
import sys

import pytest

from napari_ovseg.cli import main


def test_lists(capsys):
    for command in ("models", "methods", "exporters"):
        assert main([command]) == 0
    out = capsys.readouterr().out
    for text in (
        "starter",
        "ViT-B-16-quickgelu:openai",
        "MIT",
        "sclip",
        "ome-tiff",
        "BSD-3-Clause",
    ):
        assert text in out


def test_the_script_is_installed():
    done = subprocess.run([sys.executable, "-m", "napari_ovseg.cli", "--help"], capture_output=True, text=True,
                          check=True, timeout=60)  # fmt: skip
    assert "segment" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
def test_a_reader_that_has_enough_is_no_error():
    end, start = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "napari_ovseg.cli", "vocabularies"]
    done = subprocess.run(command, stdout=start, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(start)
    assert done.stderr == b""
    assert done.returncode == 141
