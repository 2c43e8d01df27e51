"""Families beside CLIP's own ViT: SigLIP2 and BiomedCLIP; every other one is refused."""

import json
import pickle

import open_clip
import pytest
import torch

import napari_ovseg as ov
from families import (
    BERT_CONFIG,
    CONFIGS,
    SIGLIP2,
    UNTRAINED,
    check_method,
    write_family,
    write_tokenizer,
)
from napari_ovseg import _optional
from napari_ovseg.backbones import _pickled
from napari_ovseg.backbones._locate import find
from napari_ovseg.backbones.open_clip import _beside as beside
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import MissingDependencyError, WeightsError

pytestmark = pytest.mark.usefixtures("less_deep")


@pytest.fixture(scope="module", params=CONFIGS)
def pair(request, tmp_path_factory, less_deep):
    """The model as open_clip builds it, and ours, loaded from its folder."""
    folder = tmp_path_factory.mktemp(request.param) / request.param
    model = write_family(folder, request.param)
    return model, load_backbone(str(folder), "cpu")


def pictures(count, height, width):
    generator = torch.Generator().manual_seed(2)
    coarse = torch.randn(count, 3, -(-height // 8), -(-width // 8), generator=generator)
    return coarse.repeat_interleave(8, -2).repeat_interleave(8, -1)[..., :height, :width]


def run_blocks(vision, pixels):
    x = vision.embed(pixels)
    for block in vision.blocks:
        x = block(x)
    return x


@torch.inference_mode()
def test_the_image_encoder_is_the_librarys(pair):
    model, backbone = pair
    trunk, pixels = model.visual.trunk, pictures(2, 224, 224)
    x = run_blocks(backbone.vision, pixels)
    assert torch.allclose(trunk.norm(x), trunk.forward_features(pixels), atol=1e-4)
    assert x.shape[1] == backbone.vision.prefix + 196
    assert backbone.vision.project(x).shape == (2, 196, model.visual.head.proj.out_features if backbone.vision.prefix else 768)  # fmt: skip


@torch.inference_mode()
def test_a_patch_goes_the_way_of_the_pooled_token(pair):
    """Where all tokens are equal, pooling chooses nothing: the picture is as each of its patches."""
    model, backbone = pair
    one = torch.randn(3, 1, 768, generator=torch.Generator().manual_seed(0))
    tokens = one.expand(-1, 7, -1)
    trunk = model.visual.trunk
    whole = model.visual.head(trunk.forward_head(trunk.norm(tokens)))
    assert torch.allclose(backbone.vision.project_patches(tokens)[:, 3], whole, atol=1e-4)


@torch.inference_mode()
def test_opened_blocks_are_the_blocks(pair):
    _, backbone = pair
    x = backbone.vision.embed(pictures(2, 64, 96))
    for block in backbone.vision.blocks:
        assert torch.allclose(block.resume(x, *block.heads(x)), block(x), atol=1e-4)


@torch.inference_mode()
def test_the_text_encoder_is_the_librarys(pair):
    model, backbone = pair
    tokens = backbone.tokenize(["a cell", "A photo of two cells in a row."])
    assert tokens.shape[1] == model.context_length if model.context_length != 512 else 256
    texts = backbone.text(tokens)
    assert torch.allclose(texts, model.encode_text(tokens), atol=1e-5)
    assert not torch.allclose(texts[0], texts[1], atol=1e-3)


@pytest.mark.parametrize("name", UNTRAINED)
@torch.inference_mode()
def test_every_method_runs(pair, name):
    check_method(name, pair[1].vision, pictures(3, 48, 80))


def test_from_picture_to_labels(tmp_path):
    write_family(tmp_path / "m", "siglip2")
    image = (pictures(1, 60, 70)[0].permute(1, 2, 0).sigmoid() * 255).byte().numpy()
    recipe = ov.Recipe(backbone=str(tmp_path / "m"), method="naclip")
    labels = ov.segment(image, ov.Vocabulary.parse("cell; wall"), recipe, device="cpu").labels
    assert labels.ids.shape == (60, 70)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("RN50:openai", "ResNet"),
        ("coca_ViT-B-32:laion2b_s13b_b90k", "captioning"),
        ("convnext_base:laion400m_s13b_b51k", "no plain ViT of timm"),
        ("EVA02-B-16:merged2b_s8b_b131k", "no plain ViT of timm"),
        ("PE-Core-B-16:meta", "no plain ViT of timm"),
        ("ViTamin-B:datacomp1b", "no plain ViT of timm"),
        ("MobileCLIP-S1:datacompdr", "no plain ViT of timm"),
        ("xlm-roberta-base-ViT-B-32:laion5b_s13b_b90k", "words go through"),
    ],
)
def test_other_families_are_refused(name, why):
    with pytest.raises(WeightsError, match=f"cannot be opened for dense features: .*{why}"):
        load_backbone(name, "cpu")


def change(name, **values):
    def spoil(folder):
        path = folder / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: (f / "text_config.json").unlink(), "whose config is not beside"),
        (change("text_config.json", model_type="roberta"), "'roberta', no BERT"),
        (change("text_config.json", hidden_size=96), "of another shape"),
        (lambda f: (f / "text_config.json").write_text("{"), "cannot read text_config.json"),
        (lambda f: [(f / n).unlink() for n in ("tokenizer.json", "vocab.txt")], "which is not on this machine"),
        (lambda f: (f / "tokenizer.json").write_text("{"), "cannot be read"),
    ],
)  # fmt: skip
def test_damaged_bert_models_are_refused(tmp_path, spoil, told):
    write_family(tmp_path / "m", "biomedclip")
    spoil(tmp_path / "m")
    with pytest.raises(WeightsError, match=told):
        load_backbone(str(tmp_path / "m"), "cpu")


@pytest.mark.parametrize(
    ("family", "name"),
    [("biomedclip", "vocab.txt"), ("biomedclip", "tokenizer_config.json"), ("biomedclip", "text_config.json"),
     ("siglip2", "tokenizer.json")],
)  # fmt: skip
def test_what_reads_the_text_is_part_of_the_identity(tmp_path, family, name):
    """A tokenizer put right must not be given the texts of the wrong one."""
    folder = tmp_path / "m"
    folder.mkdir()
    write_tokenizer(folder, family)
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIGS[family]))
    (folder / "text_config.json").write_text("{}")
    (folder / "open_clip_model.safetensors").write_bytes(b"never read")
    weights = find(str(folder))
    before = weights.identity("sha", beside(weights))
    assert weights.identity("sha", beside(weights)) == before
    (folder / name).write_text("corrected")
    assert weights.identity("sha", beside(weights)) != before


def test_without_transformers_the_extra_is_named(tmp_path, monkeypatch):
    write_family(tmp_path / "m", "siglip2")
    real = _optional.import_module

    def missing(name):
        if name == "transformers":
            raise ImportError("no such module")
        return real(name)

    monkeypatch.setattr(_optional, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"napari-ovseg\[transformers\]"):
        load_backbone(str(tmp_path / "m"), "cpu")


class Touch:
    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return (open, (self.marker, "w"))


def test_a_pickle_is_converted_and_runs_nothing(tmp_path):
    tensors = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(2, dtype=torch.float16)}
    tensors["tied"] = tensors["a"].T
    for name, told in (("plain", tensors), ("training", {"state_dict": {f"module.{k}": v for k, v in tensors.items()}})):  # fmt: skip
        torch.save(told, tmp_path / f"{name}.bin")
        _pickled.convert(tmp_path / f"{name}.bin", tmp_path / f"{name}.safetensors")
        from safetensors.torch import load_file

        found = load_file(tmp_path / f"{name}.safetensors")
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[k], v) for k, v in tensors.items())
    marker = tmp_path / "marker"
    torch.save({"a": Touch(marker)}, tmp_path / "evil.bin")
    (tmp_path / "raw.bin").write_bytes(pickle.dumps(Touch(marker)))
    torch.save({"epoch": 3}, tmp_path / "other.bin")
    (tmp_path / "cut.bin").write_bytes((tmp_path / "plain.bin").read_bytes()[:300])
    for name in ("evil", "raw", "other", "cut"):
        with pytest.raises(WeightsError, match="pickled weights"):
            _pickled.convert(tmp_path / f"{name}.bin", tmp_path / f"{name}.safetensors")
        assert not (tmp_path / f"{name}.safetensors").exists()
    assert not marker.exists()


def test_configs_are_the_real_ones():
    real = open_clip.get_model_config("ViT-B-16-SigLIP2")
    ours = json.loads(json.dumps(SIGLIP2["model_cfg"]))
    for config in (real, ours):
        for key in ("vocab_size", "layers"):
            config["text_cfg"].pop(key)
    assert ours == real
    assert BERT_CONFIG["num_attention_heads"] == 12
