"""Models that are kept: listed, verified, removed."""

import json
import re
from pathlib import Path

import pytest
from safetensors.torch import save_file

from kept_models import NAME, WEIGHTS, answer, flip, tree
from models import write_folder
from napari_ovseg.backbones import manager
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import WeightsError
from napari_ovseg.progress import run


def test_guides_are_models_too(tmp_path, hub, models, capsys):
    """A second encoder has files of other names, and is loaded by another loader."""
    timm = pytest.importorskip("timm")
    from napari_ovseg.backbones.guide import load_guide

    folder = tmp_path / "eye"
    folder.mkdir()
    sizes = {"depth": 1, "embed_dim": 48, "num_heads": 3, "img_size": 112}
    model = timm.create_model("vit_small_patch16_224", num_classes=0, **sizes)
    save_file(model.state_dict(), folder / "model.safetensors")
    told = {"architecture": "vit_small_patch16_224", "model_args": sizes}
    (folder / "config.json").write_text(json.dumps(told))
    assert main(["models", "pack", str(folder), "-o", str(tmp_path / "eye.zip")]) == 0
    assert main(["models", "import", str(tmp_path / "eye.zip")]) == 0
    assert load_guide("eye", "cpu").fingerprint == load_guide(str(folder), "cpu").fingerprint
    hub.files["timm/vit_small_patch16_224.dino/model.safetensors"] = b"weights"
    assert main(["models", "fetch", "dino_vits16", "--yes"]) == 0
    assert "licence of the weights: Apache-2.0" in capsys.readouterr().out
    assert (models / "dino_vits16" / "model.safetensors").read_bytes() == b"weights"
    assert main(["models", "verify", "dino_vits16"]) == 0
    assert main(["models"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "yes" in lines["dino_vits16"]
    assert "yes" in lines["eye"]
    assert "no" in lines["dino_vitb16"].split()


def test_verify_tells_what_is_damaged_and_what_is_gone(tmp_path, models, capsys):
    for name in ("fine", "flipped", "gone", "unread"):
        run(manager.import_steps(write_folder(tmp_path / name)))
    assert main(["models", "verify"]) == 0
    assert re.search(r"^starter +ok$", capsys.readouterr().out, re.MULTILINE)
    flip(models / "flipped" / WEIGHTS)
    (models / "gone" / WEIGHTS).unlink()
    (models / "unread" / "manifest.json").write_text("{")
    assert main(["models", "verify"]) == 1
    states = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert states == {"starter": "ok", "fine": "ok", "flipped": f"damaged  {WEIGHTS}",
                      "gone": f"missing  {WEIGHTS}", "unread": "damaged  manifest.json"}  # fmt: skip
    assert [main(["models", "verify", n]) for n in ("fine", "flipped", "gone", "never")] == [0, 1, 1, 1]  # fmt: skip
    flip(models / "fine" / "open_clip_config.json", 10)
    assert main(["models", "verify", "fine"]) == 1
    assert main(["models"]) == 0


def test_a_folder_without_sums_is_told(tmp_path, models):
    folder = write_folder(tmp_path / "mine", manifest=False)
    assert [v.state for v in run(manager.verify_steps(str(folder)))] == ["unknown"]
    write_folder(folder)
    assert [v.state for v in run(manager.verify_steps(str(folder)))] == ["ok"]


def test_models_in_the_hubs_cache(hub, models, tmp_path, monkeypatch, capsys):
    """What huggingface_hub itself fetched is found, verified, packed and removed."""
    from huggingface_hub import hf_hub_download

    file = Path(hf_hub_download("someone/tiny", WEIGHTS))
    assert main(["models", "fetch", NAME, "--yes"]) == 2
    assert "in the hub's cache already" in capsys.readouterr().err
    assert main(["models", "verify", NAME]) == 0
    assert main(["models", "pack", NAME, "-o", str(tmp_path / "a.zip")]) == 0
    flip(file)
    assert main(["models", "verify", NAME]) == 1
    answer(monkeypatch, "n")
    assert main(["models", "remove", NAME]) == 1
    assert file.exists()
    answer(monkeypatch, "y")
    assert main(["models", "remove", NAME]) == 0
    assert not file.exists()
    assert not (tmp_path / "hf" / "models--someone--tiny").exists()
    with pytest.raises(WeightsError, match="not on this machine"):
        load_backbone(NAME, "cpu")


def test_remove_takes_what_is_ours_and_no_more(hub, models, tmp_path, monkeypatch, capsys):
    own = write_folder(tmp_path / "mine")
    run(manager.import_steps(own))
    run(manager.import_steps(own, "other"))
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "remove", "mine"]) == 2
    assert manager.stored_names() == ["mine", "other"]
    assert main(["models", "remove", "mine", "--yes"]) == 0
    assert manager.stored_names() == ["other"]
    assert main(["models", "remove", NAME, "--yes"]) == 0  # the part of a fetch
    assert parts_left(models) == []
    for name in ("starter", "mine", str(own), "../other", "other/../other", "."):
        assert main(["models", "remove", name, "--yes"]) == 2
    assert manager.stored_names() == ["other"]
    assert tree(own)


def parts_left(models):
    return [p for p in tree(models) if p.startswith(".fetching")]


def test_the_full_listing(tmp_path, models, capsys):
    run(manager.import_steps(write_folder(tmp_path / "mine")))
    (models / "stray").mkdir()
    (models / "not a model").mkdir()
    assert main(["models"]) == 0
    plain = capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out == plain
    lines = {line.split()[0]: line for line in plain.splitlines()[1:]}
    assert len(lines) > 70
    assert "yes" in lines["starter"]
    assert "yes" in lines["mine"]
    assert "no" in lines["stray"]
    assert "not" not in lines
    assert "no" in lines["ViT-B-16-quickgelu:openai"]
    assert "MIT" in lines["ViT-B-16-quickgelu:openai"]
    assert "no commercial use" in lines["ViT-B-16-quickgelu:metaclip_400m"]


@pytest.mark.parametrize("command", ["list", "fetch", "import", "verify", "remove", "pack"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["models", command, "--help"])
    assert f"ovseg models {command}" in capsys.readouterr().out
