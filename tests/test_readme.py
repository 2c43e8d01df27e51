"""What the README shows works as it stands."""

import re
import shlex
from pathlib import Path

import numpy as np

from napari_ovseg.cli import parser

README = Path(__file__).parents[1] / "README.md"


def test_the_python_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    image = np.random.default_rng(0).integers(0, 255, (120, 130)).astype(np.uint8)
    names = {"image": image}
    exec(code, names)
    assert names["labels"].ids.shape == image.shape
    assert (tmp_path / "out" / "image.ome.tif").is_file()


def test_no_line_is_left_behind():
    """Every module and command that is named is there."""
    text = README.read_text(encoding="utf-8")
    for path in re.findall(r"`(src/[\w/]+)`", text):
        assert (README.parent / path).exists()
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (README.parent / "Makefile").read_text(), re.MULTILINE)


def test_every_command_that_is_shown_is_one():
    """Lines of README and docs that begin with ovseg; those with placeholders are no commands."""
    pages = [README, *(README.parent / "docs").glob("*.md")]
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    shown = [re.sub(r" #.*", "", line) for line in lines if line.startswith("ovseg ")]
    commands = [line for line in shown if not re.search(r"[|\[…]|\.\.\.", line)]
    assert len(commands) > 20
    for command in commands:
        parser().parse_args(shlex.split(command)[1:])
