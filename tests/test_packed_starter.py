"""The built-in model is what was packed, or it is refused."""

import json
import shutil

import pytest

from kept_models import flip
from napari_ovseg.backbones import _files, _locate
from napari_ovseg.backbones.open_clip import forget, load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import WeightsError


@pytest.fixture
def packed(tmp_path, models, monkeypatch):
    """A copy of the packed folder, where the program looks for it."""
    folder = shutil.copytree(_files.STARTER, tmp_path / "weights")
    monkeypatch.setattr(_locate, "STARTER", folder)
    return folder


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def other_mean(path):
    path.write_text(path.read_text().replace("0.48", "0.58"))


def no_words(path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "learnt": []}))


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        (_files.WEIGHTS, flip, "model.safetensors is damaged or was altered"),
        (_files.WEIGHTS, cut, "model.safetensors is damaged or was altered"),
        (_files.CONFIG, other_mean, "config.json is damaged or was altered"),
        (_files.CONFIG, cut, "cannot read open_clip_config.json"),
        (_files.MANIFEST, cut, "cannot read manifest.json"),
        (_files.MANIFEST, no_words, "manifest.json is missing or incomplete"),
        (_files.MANIFEST, lambda path: path.unlink(), "manifest.json is missing or incomplete"),
    ],
)
def test_what_was_changed_is_refused(packed, photo, tmp_path, capsys, name, spoil, told):
    assert load_backbone("starter", "cpu").learnt is not None
    forget("starter")
    spoil(packed / name)
    with pytest.raises(WeightsError, match=told):
        load_backbone("starter", "cpu")
    out = tmp_path / "out"
    assert main(["segment", str(photo), "--words", "grass", "-o", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()
    assert main(["models"]) == 0  # others can be fetched
