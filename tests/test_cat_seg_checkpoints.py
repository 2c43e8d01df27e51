"""CAT-Seg's checkpoints are taken over to the last tensor, or refused without a trace."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import cat_seg_checkpoint, cat_seg_folder, cat_seg_tensors, tiny_clip
from napari_ovseg.backbones import manager
from napari_ovseg.backbones._cat_seg import LICENCE, TRAINED_ON
from napari_ovseg.backbones._terms import Terms, terms_of
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import WeightsError
from napari_ovseg.progress import run

TRANSFORMER = "sem_seg_head.predictor.transformer."
CLIP = "sem_seg_head.predictor.clip_model."


def left(models):
    return sorted(str(p.relative_to(models)) for p in models.rglob("*")) if models.exists() else []


def test_a_checkpoint_is_imported_listed_used_and_packed(tmp_path, models, capsys):
    tensors = cat_seg_tensors()
    file = cat_seg_checkpoint(tmp_path / "model_base.pth", tensors)
    assert main(["models", "import", str(file)]) == 0
    assert [p for p in left(models) if "pth" in p or ".importing" in p] == []
    assert main(["models", "verify", "model_base"]) == 0
    main(["models"])
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("model_base  ") and "MB" in x]  # fmt: skip
    assert "none stated (their code: MIT); trained on COCO-Stuff" in line
    photo = tmp_path / "photo.png"
    Image.fromarray(np.arange(4800).reshape(60, 80).astype(np.uint8)).save(photo)
    assert main(["segment", str(photo), "--words", "grass; gravel", "--backbone", "model_base", "--method",
                 "cat_seg", "-o", str(tmp_path / "out"), "--format", "png"]) == 0  # fmt: skip
    assert main(["models", "pack", "model_base", "-o", str(tmp_path / "m.zip")]) == 0
    assert main(["models", "import", str(tmp_path / "m.zip"), "--name", "again"]) == 0
    first, again = load_backbone("model_base", "cpu"), load_backbone("again", "cpu")
    assert first.head_fingerprint == again.head_fingerprint
    assert again.preferences.method_values["cat_seg"] == {"patches": 4}
    for name in ("model_base", "again", str(models / "again")):
        assert terms_of(name) == Terms(LICENCE, TRAINED_ON)


def test_every_tensor_arrives_where_it_belongs(tmp_path):
    tensors = cat_seg_tensors(3)
    backbone = load_backbone(cat_seg_folder(tmp_path), "cpu")
    tensors = torch.load(tmp_path / "tiny.pth", weights_only=True)["model"]
    vision = backbone.vision._visual.state_dict()
    block = f"{CLIP}visual.transformer.resblocks.1.attn."
    joined = torch.cat([tensors[f"{block}{part}_proj_weight"] for part in "qkv"])
    assert torch.equal(vision["transformer.resblocks.1.attn.in_proj_weight"], joined)
    own = {k for k in tensors if not k.startswith(CLIP)}
    assert own == {k.replace("transformer.", TRANSFORMER, 1) if k.startswith("transformer.") else k for k in backbone.head.state_dict()}  # fmt: skip
    for key, value in backbone.head.state_dict().items():
        name = (
            key.replace("transformer.", TRANSFORMER, 1) if key.startswith("transformer.") else key
        )
        assert torch.equal(value, tensors[name])


def without(*keys):
    return lambda t: {k: v for k, v in t.items() if k not in keys}


def older(tensors):
    """As the first version's: guidance from a backbone of its own, nothing upsampled."""
    kept = {k: v for k, v in tensors.items() if not k.startswith("upsample")}
    return {**kept, "backbone.stem.conv1.weight": torch.zeros(3)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (older, "first version"),
        (lambda t: {**t, "surplus.weight": torch.zeros(1)}, "1 unknown tensors, as surplus.weight"),
        (lambda t: {k: v for k, v in t.items() if not k.startswith(CLIP)}, "nothing below sem_seg_head.predictor.clip_model"),
        (lambda _: tiny_clip().state_dict(), "no checkpoint of CAT-Seg"),
        (without("upsample2.bias"), "1 missing, as upsample2.bias"),
        (without(f"{TRANSFORMER}conv1.weight"), "conv1.weight"),
        (without(f"{TRANSFORMER}layers.1.attention.norm2.bias"), "1 missing, as transformer.layers.1.attention.norm2.bias"),
        (without(f"{CLIP}visual.proj"), "visual.proj"),
        (without(f"{CLIP}visual.conv1.weight"), "visual.conv1.weight"),
        (without(f"{CLIP}transformer.resblocks.0.attn.k_proj_weight"), "lacks one of"),
        (without(f"{CLIP}transformer.resblocks.0.attn.q_proj_weight"), "lacks one of"),
        (lambda t: {**t, f"{TRANSFORMER}head.weight": torch.zeros(1, 7, 3, 3)}, "1 of another shape, as transformer.head.weight"),
        (lambda t: {**t, f"{TRANSFORMER}extra": torch.zeros(1)}, "1 unknown, as transformer.extra"),
        (lambda t: {**t, f"{CLIP}visual.extra": torch.zeros(1)}, "1 unknown, as visual.extra"),
        (lambda t: {**t, "upsample1.weight": "text"}, "no tensors by name"),
    ],
)  # fmt: skip
def test_other_checkpoints_are_refused_and_leave_nothing(tmp_path, models, change, told):
    file = cat_seg_checkpoint(tmp_path / "wrong.pth", change(cat_seg_tensors()))
    with pytest.raises(WeightsError, match=told):
        run(manager.import_steps(file))
    assert left(models) == []


class Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (Path(self.marker),))


@pytest.mark.parametrize("how", ["truncated", "empty", "code", "plain pickle", "noise"])
def test_damaged_and_hostile_files_are_refused_and_run_nothing(tmp_path, models, how):
    file, marker = cat_seg_checkpoint(tmp_path / "bad.pth"), tmp_path / "marker"
    if how == "truncated":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif how == "code":
        torch.save({"model": {**cat_seg_tensors(), "x": Payload(marker)}}, file)
    else:
        data = {"empty": b"", "plain pickle": pickle.dumps({"model": Payload(marker)}), "noise": b"PK\x03\x04noise"}  # fmt: skip
        file.write_bytes(data[how])
    with pytest.raises(WeightsError, match="damaged or hold more than tensors"):
        run(manager.import_steps(file))
    assert not marker.exists()
    assert left(models) == []


def test_a_head_that_was_altered_is_not_loaded(tmp_path, models):
    run(manager.import_steps(cat_seg_checkpoint(tmp_path / "m.pth")))
    file = models / "m" / "cat_seg.safetensors"
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    with pytest.raises(WeightsError, match=r"cat_seg.safetensors is damaged or was altered"):
        load_backbone(str(models / "m"), "cpu")
