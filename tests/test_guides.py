"""Guides: loaded as strictly as encoders, and the same numbers as timm's where timm has them."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import napari_ovseg as ov
from models import write_folder
from napari_ovseg.backbones import _dino, catalogue
from napari_ovseg.backbones import guide as guides
from napari_ovseg.backbones.guide import load_guide
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import WeightsError

MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
SMALL = {"depth": 2, "embed_dim": 48, "num_heads": 3, "img_size": 112}
ARCHITECTURES = {8: "vit_small_patch8_224", 16: "vit_small_patch16_224", 14: "vit_small_patch14_dinov2"}  # fmt: skip


def tiny(patch, seed=0, **changes):
    """A real architecture of DINO or DINOv2, less deep and less wide, every tensor random."""
    torch.manual_seed(seed)
    model = timm.create_model(ARCHITECTURES[patch], num_classes=0, **{**SMALL, **changes}).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # LayerScale and positions too must count
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.requires_grad_(False)


def write(folder, patch=8, model=None, **config):
    """A folder as timm's hub repositories are."""
    folder.mkdir(parents=True)
    tensors = (model or tiny(patch)).state_dict()
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    told = {"architecture": ARCHITECTURES[patch], "num_classes": 0, "model_args": SMALL, **config}
    (folder / "config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module", params=ARCHITECTURES)
def pair(request, tmp_path_factory):
    """Side of the patch, and the guide."""
    folder = write(tmp_path_factory.mktemp("guides") / "g", request.param)
    return request.param, load_guide(str(folder), "cpu")


def expected(model, rgb, grid):
    """What timm's own forward gives at its native size: (B, C, *grid)."""
    return model.forward_features((rgb - MEAN) / STD)[:, 1:].mT.unflatten(2, grid)


def resized_by_hand(patch, grid):
    """A timm model whose native size is `grid`, with positions as DINO's code resizes them."""
    small = tiny(patch)
    side = SMALL["img_size"] // patch
    plane = small.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    factor = [(length + 0.1) / side for length in grid]
    plane = F.interpolate(plane, scale_factor=factor, mode="bicubic")
    assert plane.shape[-2:] == grid
    large = tiny(patch, img_size=(grid[0] * patch, grid[1] * patch))
    tensors = small.state_dict()
    tensors["pos_embed"] = torch.cat([small.pos_embed[:, :1], plane.flatten(2).mT], dim=1)
    large.load_state_dict(tensors)
    return large


def test_native_size_is_timms(pair):
    patch, guide = pair
    rgb = torch.rand(2, 3, 112, 112)
    side = 112 // patch
    grid = (side, side) if patch == 16 else (side // 2, side // 2)
    maps = guide(rgb, grid)
    assert maps.dtype == torch.float32
    assert maps.shape == (2, 48, side, side)
    assert torch.allclose(maps, expected(tiny(patch), rgb, (side, side)), atol=1e-5)


def test_other_sizes_resize_the_positions_like_dino(pair):
    patch, guide = pair
    fine = (8, 22)
    grid = fine if patch == 16 else (4, 11)
    rgb = torch.rand(1, 3, fine[0] * patch, fine[1] * patch)
    maps = guide(rgb, grid)
    assert torch.allclose(maps, expected(resized_by_hand(patch, fine), rgb, fine), atol=1e-5)
    lax = tiny(patch, dynamic_img_size=True)
    assert (maps - expected(lax, rgb, fine)).abs().max() > 1e-2  # timm's own rule is another


@pytest.mark.parametrize(
    ("patch", "window", "grid", "fine"),
    [
        (8, (224, 224), (14, 14), (28, 28)),
        (8, (336, 448), (21, 28), (42, 56)),
        (8, (230, 239), (14, 14), (28, 28)),
        (8, (16, 239), (1, 14), (2, 28)),
        (8, (31, 224), (1, 14), (2, 28)),
        (8, (224, 224), (16, 16), (32, 32)),
        (8, (224, 224), (7, 7), (28, 28)),
        (8, (64, 32), (8, 4), (8, 4)),
        (16, (224, 160), (14, 10), (14, 10)),
        (16, (224, 224), (7, 7), (14, 14)),
        (16, (64, 64), (8, 8), (8, 8)),
        (14, (224, 224), (14, 14), (28, 28)),
        (14, (224, 448), (16, 32), (32, 64)),
        (14, (224, 224), (7, 7), (14, 14)),
    ],
)
def test_the_grid_is_a_whole_multiple(tmp_path, patch, window, grid, fine):
    guide = load_guide(str(write(tmp_path / "g", patch)), "cpu")
    assert guide.fine_grid(window, grid) == fine
    assert guide(torch.rand(1, 3, *window), grid).shape == (1, 48, *fine)


def test_windows_are_resized_to_whole_patches(tmp_path):
    rgb = torch.rand(1, 3, 96, 64)
    grid = (6, 4)
    wide = load_guide(str(write(tmp_path / "wide", 14)), "cpu")
    grown = F.interpolate(rgb, size=(168, 112), mode="bilinear")
    assert torch.equal(wide(rgb, grid), wide(grown, grid))
    fine = load_guide(str(write(tmp_path / "fine", 8)), "cpu")
    odd = torch.rand(1, 3, 103, 71)
    shrunk = F.interpolate(odd, size=(96, 64), mode="bilinear", antialias=True)
    assert torch.equal(fine(odd, grid), fine(shrunk, grid))


def test_windows_do_not_see_each_other(pair):
    _, guide = pair
    rgb = torch.rand(5, 3, 80, 112) * torch.tensor([0.01, 1, 0.5, 0, 1]).view(5, 1, 1, 1)
    together = guide(rgb, (5, 7))
    apart = torch.cat([guide(window[None], (5, 7)) for window in rgb])
    assert torch.allclose(together, apart, atol=1e-5)


def test_half_precision_is_finite_and_near(tmp_path):
    model = tiny(8)
    guide = load_guide(str(write(tmp_path / "full", model=model)), "cpu")
    halved = load_guide(str(write(tmp_path / "half", model=tiny(8).half())), "cpu")
    rgb = torch.rand(2, 3, 112, 112)
    maps = guide(rgb, (7, 7))
    with torch.autocast("cpu", torch.bfloat16):
        coarse = guide(rgb, (7, 7))
    for other in (guide(rgb.half(), (7, 7)), halved(rgb, (7, 7)), coarse):
        assert other.dtype == torch.float32
        assert other.isfinite().all()
        assert torch.cosine_similarity(other, maps).min() > 0.99
    assert guide(torch.zeros(1, 3, 112, 112), (7, 7)).isfinite().all()
    small = torch.rand(1, 3, 70, 70).half()  # is resized, which must not happen in half
    assert torch.equal(guide(small, (4, 4)), guide(small.float(), (4, 4)))


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
