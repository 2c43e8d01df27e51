"""Importing is free, and every public name is there."""

import subprocess
import sys

import napari_ovseg

HEAVY = ("torch", "open_clip", "napari", "qtpy", "PyQt6", "magicgui", "superqt", "scipy", "skimage")


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(' '.join(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=100
    )
    return set(done.stdout.splitlines()[-1].split())


def test_import_loads_nothing_heavy():
    assert not modules_after("import napari_ovseg") & set(HEAVY)


def test_help_and_lists_load_no_torch():
    for arguments in (["--help"], ["segment", "--help"], ["methods"], ["exporters"]):
        code = (
            f"import napari_ovseg.cli as c\ntry:\n    c.main({arguments})\nexcept SystemExit: pass"
        )
        assert not modules_after(code) & {"torch", "open_clip", "napari", "qtpy"}


def test_words_and_recipes_load_no_torch():
    code = ("import napari_ovseg as ov; v = ov.Vocabulary.parse('a; b'); r = ov.Recipe(method='sclip');"
            "ov.Recipe.from_toml(r.to_toml()); ov.Image.of([[1, 2], [3, 4]])")  # fmt: skip
    assert not modules_after(code) & {"torch", "napari", "qtpy", "PyQt6"}


def test_public_names():
    assert sorted(napari_ovseg.__all__) == sorted(napari_ovseg._HOME)
    for name in napari_ovseg.__all__:
        assert getattr(napari_ovseg, name).__doc__
    assert napari_ovseg.__version__
