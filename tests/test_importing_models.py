"""Models from folders and archives."""

import json
import re

import pytest
import torch

from kept_models import WEIGHTS, flip, same, tree
from models import CONFIG, openai_archive, tiny_clip, write_folder
from napari_ovseg.backbones import manager
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import InputError, WeightsError
from napari_ovseg.progress import run


@pytest.mark.parametrize("manifest", [True, False])
def test_import_of_a_folder(tmp_path, models, capsys, manifest):
    folder = write_folder(tmp_path / "stick" / "mine", tiny_clip(5), manifest=manifest)
    (folder / "notes.exe").write_bytes(b"not of a model")
    assert main(["models", "import", str(folder)]) == 0
    assert "its name is mine" in capsys.readouterr().out
    assert tree(models) == [f"mine/{n}" for n in ("manifest.json", "open_clip_config.json", WEIGHTS)]  # fmt: skip
    there, here = load_backbone(str(folder), "cpu"), load_backbone("mine", "cpu")
    assert same(there, here)
    assert here.fingerprint == there.fingerprint
    assert here.licence == ("CC0-1.0" if manifest else "unknown")
    assert main(["models", "import", str(folder)]) == 2
    assert "already" in capsys.readouterr().err
    assert main(["models", "import", str(folder), "--name", "other"]) == 0
    assert main(["models", "list"]) == 0
    assert re.search(r"^other +7 MB +32/8 +yes", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_import_of_an_archive(tmp_path, models, monkeypatch, capsys):
    archive, _ = openai_archive(tmp_path / "ViT-tiny.pt")
    assert main(["models", "import", str(archive)]) == 0
    assert same(load_backbone(str(archive), "cpu"), load_backbone("ViT-tiny", "cpu"))
    assert main(["models"]) == 0
    assert re.search(r"^ViT-tiny .*32/8 +yes", capsys.readouterr().out, re.MULTILINE)
    assert main(["models", "pack", "ViT-tiny", "-o", str(tmp_path / "a.zip")]) == 0
    assert main(["models", "import", str(tmp_path / "a.zip"), "--name", "again"]) == 0
    assert same(load_backbone("ViT-tiny", "cpu"), load_backbone("again", "cpu"))
    archive.write_bytes(archive.read_bytes()[:-5000])
    assert main(["models", "import", str(archive), "--name", "cut"]) == 2
    assert "cut" not in manager.stored_names()


def spoilt(folder, how):
    if how == "flipped":
        flip(folder / WEIGHTS)
    elif how == "lost":
        (folder / WEIGHTS).unlink()
    elif how == "pickle":
        (folder / WEIGHTS).unlink()
        torch.save({}, folder / "m.pt")
    elif how == "manifest":
        (folder / "manifest.json").write_text('{"sha256": 3}')
    elif how == "other shape":
        (folder / "manifest.json").unlink()
        changed = {**CONFIG, "embed_dim": 24}
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": changed}))


@pytest.mark.parametrize("how", ["flipped", "lost", "pickle", "manifest", "other shape"])
def test_a_model_that_would_not_load_is_not_imported(tmp_path, models, how):
    folder = write_folder(tmp_path / "mine")
    spoilt(folder, how)
    with pytest.raises(WeightsError):
        run(manager.import_steps(folder))
    assert tree(models.parent / "models") == []
    assert manager.stored_names() == []


@pytest.mark.parametrize("name", ["starter", "../up", "a/b", "C:\\x", "nul", "a.", "", "a:b:c", "x" * 81])  # fmt: skip
def test_names_that_would_not_be_a_folder_everywhere_are_refused(tmp_path, models, name):
    folder = write_folder(tmp_path / "mine")
    (folder / "manifest.json").write_text(json.dumps({"name": name or "."}))
    with pytest.raises(InputError):
        run(manager.import_steps(folder))
    assert not models.exists()


def test_a_cancelled_import_leaves_nothing(tmp_path, models):
    folder = write_folder(tmp_path / "mine")
    for count in (1, 2, 3):
        steps = manager.import_steps(folder)
        for _ in range(count):
            next(steps)
        steps.close()
        assert list(models.iterdir()) == []
