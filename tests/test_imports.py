"""Importing is free, and every public name is there."""

import napari_ovseg
from imported import modules_after

HEAVY = ("torch", "open_clip", "napari", "qtpy", "PyQt6", "magicgui", "superqt", "scipy", "skimage")


def test_import_loads_nothing_heavy():
    assert not modules_after("import napari_ovseg") & set(HEAVY)


def test_help_and_lists_load_no_torch():
    for arguments in (["--help"], ["segment", "--help"], ["methods"], ["exporters"]):
        code = (
            f"import napari_ovseg.cli as c\ntry:\n    c.main({arguments})\nexcept SystemExit: pass"
        )
        assert not modules_after(code) & {"torch", "open_clip", "napari", "qtpy"}


def test_the_starter_labels_without_the_libraries_of_other_models(photo, tmp_path, monkeypatch):
    """Their imports take as long as encoding an image (decision 23)."""
    monkeypatch.setenv("OVSEG_CACHE", str(tmp_path / "cache"))
    code = (f"import napari_ovseg.cli as c\n"
            f"c.main(['segment', {str(photo)!r}, '--words', 'grass; sky', '-o', {str(tmp_path / 'out')!r}])")  # fmt: skip
    there = modules_after(code)
    assert "torch" in there
    assert (tmp_path / "out" / "photo.ome.tif").is_file()
    assert not there & {"open_clip", "torchvision", "timm", "transformers"}


def test_words_and_recipes_load_no_torch():
    code = ("import napari_ovseg as ov; v = ov.Vocabulary.parse('a; b'); r = ov.Recipe(method='sclip');"
            "ov.Recipe.from_toml(r.to_toml()); ov.Image.of([[1, 2], [3, 4]])")  # fmt: skip
    assert not modules_after(code) & {"torch", "napari", "qtpy", "PyQt6"}


def test_public_names():
    assert sorted(napari_ovseg.__all__) == sorted(napari_ovseg._HOME)
    for name in napari_ovseg.__all__:
        assert getattr(napari_ovseg, name).__doc__
    assert napari_ovseg.__version__
