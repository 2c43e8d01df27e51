"""Models are fetched after agreement, go on where they broke off, and are what was promised."""

import hashlib
import json
import zipfile

import open_clip
import pytest
import torch

from hub import COMMIT
from kept_models import NAME, WEIGHTS, answer, tree
from models import CONFIG, write_folder
from napari_ovseg.backbones import manager
from napari_ovseg.backbones._kept import Kept
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import ExportError, WeightsError
from napari_ovseg.progress import run

REMOTE = f"someone/tiny/{WEIGHTS}"


def downloads(hub):
    return [span for method, path, span in hub.asked if "/resolve/" in path and method == "GET"]


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_device_has_one_copy_of_a_model_whatever_it_is_called():
    loaded = []
    kept = Kept("the model")
    for name in ("cuda", "cuda:0", "cuda:1", "cpu"):
        kept.get("a", torch.device(name), lambda *told: loaded.append(told) or told)
    assert [str(device) for _, device in loaded] == ["cuda", "cuda:1", "cpu"]


def test_nothing_is_asked_of_the_hub_before_agreement(hub, models, monkeypatch, capsys):
    asked = answer(monkeypatch, "n")
    assert main(["models", "fetch", NAME]) == 1
    answer(monkeypatch, "")
    assert main(["models", "fetch", NAME]) == 1
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["models", "fetch", NAME]) == 2
    told = capsys.readouterr()
    assert hub.asked == []
    assert asked == ["Fetch it? [y/N] "]
    for text in ("licence of the weights: see the model card", "about 7 MB", "127.0.0.1:"):
        assert text in told.out
    assert "--yes" in told.err
    assert not models.exists()


@pytest.mark.parametrize("how", ["y", "--yes"])
def test_fetched_after_agreement(hub, models, monkeypatch, capsys, how):
    if how == "y":
        answer(monkeypatch, "y")
    assert main(["models", "fetch", NAME, *(["--yes"] if how == "--yes" else [])]) == 0
    folder = models / "ViT-tiny-test@tag"
    assert tree(models) == [f"ViT-tiny-test@tag/{n}" for n in
                            ("LICENCE.txt", "manifest.json", "open_clip_config.json", WEIGHTS)]  # fmt: skip
    assert (folder / WEIGHTS).read_bytes() == hub.files[REMOTE]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["origin"] == f"someone/tiny@{COMMIT}"
    backbone = load_backbone(NAME, "cpu")
    assert backbone.fingerprint == manifest["sha256"][WEIGHTS] == sha(folder / WEIGHTS)
    before = len(hub.asked)
    assert main(["models", "fetch", NAME, "--yes"]) == 2
    assert "already" in capsys.readouterr().err
    assert len(hub.asked) == before


def parts(models):
    return list((models / ".fetching" / "ViT-tiny-test@tag").iterdir())


def test_a_broken_download_goes_on_where_it_was(hub, models):
    hub.cut = 3_000_000
    with pytest.raises(WeightsError, match="goes on from there"):
        run(manager.fetch_steps(manager.offer(NAME)))
    (part,) = parts(models)
    kept = part.stat().st_size
    assert 0 < kept <= hub.cut
    assert part.read_bytes() == hub.files[REMOTE][:kept]
    hub.cut = None
    hub.asked.clear()
    run(manager.fetch_steps(manager.offer(NAME)))
    assert downloads(hub)[0].startswith(f"bytes={kept}-")
    assert (models / "ViT-tiny-test@tag" / WEIGHTS).read_bytes() == hub.files[REMOTE]


def test_a_cancelled_download_goes_on_where_it_was(hub, models):
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    (part,) = parts(models)
    assert part.stat().st_size == 1 << 20
    sent = hub.sent
    progress = []
    run(manager.fetch_steps(manager.offer(NAME)), progress.append)
    assert sent < hub.sent < len(hub.files[REMOTE]) + 100_000  # no byte of the file twice
    fetching = [p for p in progress if p.stage == "fetching"]
    assert fetching[0].done > 1 << 20
    assert fetching[-1].done == fetching[-1].total == len(hub.files[REMOTE])


def test_ctrl_c_says_that_the_part_is_kept(hub, models, monkeypatch, capsys):
    from napari_ovseg.cli import _models as commands

    def interrupted(steps, name, unit):
        next(steps), next(steps)
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "drive", interrupted)
    assert main(["models", "fetch", NAME, "--yes"]) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert len(parts(models)) == 1


def test_a_part_of_other_content_is_not_added_to(hub, models):
    steps = manager.fetch_steps(manager.offer(NAME))
    while next(steps).stage != "fetching":
        pass
    steps.close()
    data = bytearray(hub.files[REMOTE])
    data[500_000] ^= 1  # a newer file on the hub; the part holds the old byte
    hub.files[REMOTE] = bytes(data)
    folder = run(manager.fetch_steps(manager.offer(NAME)))
    assert (folder / WEIGHTS).read_bytes() == bytes(data)
    assert tree(models) == [f"{folder.name}/{p.name}" for p in sorted(folder.iterdir())]


def test_a_bit_that_arrives_wrong_is_found(hub, models):
    hub.flip = 6_000_000
    with pytest.raises(WeightsError, match=r"arrived damaged.*deleted"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert tree(models) == []
    hub.flip = None
    run(manager.fetch_steps(manager.offer(NAME)))
    assert load_backbone(NAME, "cpu").fingerprint == hashlib.sha256(hub.files[REMOTE]).hexdigest()


def test_a_mirror_without_ranges_is_told(hub, models):
    hub.ranges = False
    with pytest.raises(WeightsError, match="bytes of open_clip_model"):
        run(manager.fetch_steps(manager.offer(NAME)))


def test_hubs_that_have_not_what_is_wanted(hub, models):
    hub.files = {"someone/tiny/open_clip_pytorch_model.bin": b"pickle"}
    with pytest.raises(WeightsError, match="no safetensors"):
        run(manager.fetch_steps(manager.offer(NAME)))
    hub.files = {}
    with pytest.raises(WeightsError, match="cannot fetch"):
        run(manager.fetch_steps(manager.offer(NAME)))
    for name in ("starter", "no-such", "ViT-tiny-test:gat"):
        with pytest.raises(WeightsError):
            manager.offer(name)
    assert tree(models) == []


def test_offline_mode_is_respected(hub, models, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="offline mode"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert hub.asked == []


def test_the_tokenizer_comes_with_the_weights(hub, models, monkeypatch):
    """Some models read words through a tokenizer of another repository."""
    text = {**CONFIG["text_cfg"], "hf_tokenizer_name": "someone/words"}
    config = {**CONFIG, "text_cfg": text}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-tiny-test", config)
    hub.files |= {"someone/words/tokenizer.json": b"{}", "someone/words/vocab.txt": b"a",
                  "someone/words/pytorch_model.bin": b"no"}  # fmt: skip
    folder = run(manager.fetch_steps(manager.offer(NAME)))
    names = {p.name for p in folder.iterdir()}
    assert {"tokenizer.json", "vocab.txt", WEIGHTS} < names
    assert "pytorch_model.bin" not in names
    target = run(manager.pack_steps(NAME, folder.parent / "m.zip"))
    assert {"tokenizer.json", "vocab.txt"} < set(zipfile.ZipFile(target).namelist())


def test_a_folder_that_cannot_be_written(tmp_path, hub, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(ExportError, match="OVSEG_MODELS"):
        run(manager.import_steps(write_folder(tmp_path / "mine")))
    with pytest.raises(ExportError, match="OVSEG_MODELS"):
        run(manager.fetch_steps(manager.offer(NAME)))
    assert hub.asked == []


def test_a_disk_too_small_is_told_first(tmp_path, hub, models, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    for steps in (manager.fetch_steps(manager.offer(NAME)), manager.import_steps(write_folder(tmp_path / "mine"))):  # fmt: skip
        with pytest.raises(ExportError, match="needs 7 MB"):
            run(steps)
    assert downloads(hub) == []
    assert tree(models) == []
