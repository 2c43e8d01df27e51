"""What the README shows works as it stands."""

import re
from pathlib import Path

import numpy as np

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
