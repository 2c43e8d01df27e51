"""What the README shows works as it stands."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import numpy as np

import napari_ovseg as ov
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


def test_every_public_name_is_on_the_page_of_the_api():
    """By the module that it is in, as the page is made of these."""
    page = (README.parent / "docs" / "api.md").read_text(encoding="utf-8")
    shown = {}
    for module, members in re.findall(r"^::: ([\w.]+)\n    options:\n      members: \[(.*)\]", page, re.MULTILINE):  # fmt: skip
        shown |= {name.strip(): module for name in members.split(",")}
    errors = "::: napari_ovseg.errors" in page
    for name in ov.__all__:
        if not (name == "OvsegError" and errors):
            assert getattr(import_module(shown[name]), name) is getattr(ov, name)


def test_recipes_in_files_work_as_the_page_says(tmp_path, monkeypatch):
    page = (README.parent / "docs" / "methods.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    image = np.random.default_rng(0).integers(0, 255, (60, 70)).astype(np.uint8)
    ov.export(ov.segment(image, ov.Vocabulary.parse("grass")), tmp_path / "out")
    names = {}
    exec(re.search(r"## Recipes.*?```python\n(.*?)```", page, re.DOTALL)[1], names)
    assert names["same"].method.name == "sclip"
    assert ov.Recipe.load("mine.toml").contrast == ("background",)
