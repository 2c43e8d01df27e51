"""Guides in files: what they say, damaged ones, and where they are."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

import napari_ovseg as ov
from dino import ARCHITECTURES, MEAN, SMALL, STD, expected, tiny, write
from models import write_folder
from napari_ovseg.backbones import _dino, catalogue
from napari_ovseg.backbones import guide as guides
from napari_ovseg.backbones.guide import load_guide
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import WeightsError


def test_folder_says_what_it_is(tmp_path):
    folder = write(tmp_path / "g", pretrained_cfg={"mean": [0.5] * 3, "std": [0.25] * 3})
    (folder / "manifest.json").write_text('{"licence": "Apache-2.0"}')
    guide = load_guide(str(folder), "cpu")
    assert load_guide(str(folder), "cpu") is guide
    assert (guide.name, guide.licence, guide.patch) == (str(folder), "Apache-2.0", 8)
    assert len(guide.fingerprint) == 64
    assert guide.parameters == sum(p.numel() for p in tiny(8).parameters())
    rgb = torch.rand(1, 3, 112, 112)
    shifted = (rgb - 0.5) / 0.25 * STD + MEAN
    assert torch.allclose(guide(rgb, (7, 7)), expected(tiny(8), shifted, (14, 14)), atol=1e-5)
    usual = load_guide(str(write(tmp_path / "usual")), "cpu")
    assert usual.fingerprint == guide.fingerprint
    assert usual.identity != guide.identity  # what it gives is kept apart


def _tensors(change):
    def spoil(folder):
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors")

    return spoil


def _config(text=None, **changes):
    def spoil(folder):
        path = folder / "config.json"
        path.write_text(text or json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def _truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def _alter(folder):
    (folder / "manifest.json").write_text(json.dumps({"sha256": {"model.safetensors": "0" * 64}}))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_truncate, "truncated"),
        (_alter, "damaged or was altered"),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.pt"), "holds no model.safetensors"),
        (lambda f: (f / "config.json").unlink(), "cannot read config.json"),
        (_config("{"), "cannot read config.json"),
        (_config("{}"), "cannot be used"),
        (_config(architecture="resnet50"), "no plain ViT"),
        (_config(architecture="hf-hub:someone/else"), "no plain ViT"),
        (_config(architecture="vit_base_patch14_reg4_dinov2"), "without registers"),
        (_config(architecture="vit_base_patch16_siglip_224"), "the class token"),
        (_config(architecture="vit_base_patch16_clip_224"), "missing, as norm_pre"),
        (_config(architecture="vit_base_patch16_224"), "another shape"),
        (_config(model_args={**SMALL, "checkpoint_path": "x.pth"}), "not a size"),
        (_config(model_args={**SMALL, "depth": -1}), "not a size"),
        (_config(model_args={**SMALL, "in_chans": 4}), "not a size"),
        (_config(model_args={**SMALL, "num_heads": 7}), "cannot be used"),
        (_config(model_args={**SMALL, "depth": 3}), "missing, as blocks.2"),
        (_config(model_args=[1]), "cannot be used"),
        (_config(pretrained_cfg=[1]), "cannot be used"),
        (_config(pretrained_cfg={"mean": [0.5]}), "cannot be used"),
        (_tensors(lambda t: t.pop("cls_token")), "1 missing, as cls_token"),
        (_tensors(lambda t: t.update(extra=torch.zeros(1))), "1 unknown, as extra"),
        (_tensors(lambda t: t.update(pos_embed=torch.zeros(1, 50, 48))), "another shape, as pos_embed"),
    ],
)  # fmt: skip
def test_damaged_guides_are_refused(tmp_path, spoil, told):
    folder = write(tmp_path / "g")
    spoil(folder)
    with pytest.raises(WeightsError, match=told):
        load_guide(str(folder), "cpu")


def test_dinov2s_mask_token_is_not_needed(tmp_path):
    folder = write(tmp_path / "g", 14)
    _tensors(lambda t: t.update(mask_token=torch.zeros(1, 48)))(folder)
    assert load_guide(str(folder), "cpu").patch == 14


@pytest.mark.parametrize("name", _dino.GUIDES)
def test_the_catalogue_agrees_with_timm(name):
    known = _dino.GUIDES[name]
    told = timm.models.get_pretrained_cfg(known.repository.removeprefix("timm/"))
    assert told.hf_hub_id == known.repository
    assert told.license.casefold() == known.licence.casefold()
    assert told.input_size[-1] == known.pixels
    assert torch.equal(torch.tensor([told.mean, told.std]), torch.stack([MEAN, STD]).flatten(1))
    with torch.device("meta"):
        model = timm.create_model(known.architecture, num_classes=0, img_size=known.pixels)
    numbers = sum(p.numel() for p in model.parameters())
    assert model.patch_embed.patch_size == (known.patch, known.patch)
    assert abs(numbers * 4 / 1e6 - known.megabytes) < 0.1


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(guides, "_kept", guides.Kept("the guide"))
    return tmp_path / "hub"


def test_guides_that_are_not_here_are_explained(tmp_path, cache):
    for name in _dino.GUIDES:
        with pytest.raises(WeightsError, match=f"ovseg models fetch {name}.*as the guide"):
            load_guide(name, "cpu")
    with pytest.raises(WeightsError, match=r"no guide 'dino'.*dino_vitb8.*or a folder"):
        load_guide("dino", "cpu")
    with pytest.raises(WeightsError, match=r"holds no model.safetensors"):
        load_guide(str(write_folder(tmp_path / "clip")), "cpu")
    with pytest.raises(WeightsError, match="knows no words"):
        load_backbone("dino_vitb8", "cpu")
    assert not cache.exists()  # nothing was fetched


@pytest.mark.parametrize("method", ["sclip", "proxyclip"])
def test_a_guide_that_is_none_is_refused_by_every_method(method):
    with pytest.raises(WeightsError, match=r"no guide 'dino_vitb88'.*dino_vitb8"):
        ov.encode(np.zeros((60, 60), np.uint8), ov.Recipe(method=method, guide="dino_vitb88"))


@pytest.mark.parametrize("name", ["none", "dino_vitb8", "."])
def test_a_guide_is_not_looked_at_by_a_method_without(name, cache):
    features = ov.encode(np.zeros((60, 60), np.uint8), ov.Recipe(method="sclip", guide=name))
    assert features.recipe.guide == ""


def test_a_guide_is_found_in_the_hubs_cache(tmp_path, cache):
    name = "dino_vits16"
    model = timm.create_model(ARCHITECTURES[16], num_classes=0).eval()
    save_file(model.state_dict(), tmp_path / "file")
    digest = hashlib.sha256((tmp_path / "file").read_bytes()).hexdigest()
    stored = cache / "models--timm--vit_small_patch16_224.dino"
    for folder in ("blobs", "refs", "snapshots/" + "a" * 40):
        (stored / folder).mkdir(parents=True)
    (stored / "refs" / "main").write_text("a" * 40)
    link = stored / "snapshots" / ("a" * 40) / "model.safetensors"
    blob = stored / "blobs" / digest
    shutil.move(tmp_path / "file", blob)
    link.symlink_to(blob)

    guide = load_guide(name, "cpu")
    assert (guide.fingerprint, guide.licence) == (digest, "Apache-2.0")
    rgb = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        assert torch.allclose(guide(rgb, (14, 14)), expected(model, rgb, (14, 14)), atol=1e-5)

    here = {e.name: e.here for e in catalogue.entries() if e.guide}
    assert here == {n: n == name for n in _dino.GUIDES}
