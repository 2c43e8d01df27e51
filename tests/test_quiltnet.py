"""QuiltNet's architectures at full width and three blocks of twelve: every method runs on them."""

import json

import open_clip
import pytest
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

import napari_ovseg as ov
from families import UNTRAINED, check_method
from napari_ovseg.backbones._domain import DOMAIN
from napari_ovseg.backbones.open_clip import load_backbone

LAYERS = 3


@pytest.fixture(scope="module", params=["QuiltNet-B-16", "QuiltNet-B-32"])
def pair(request, tmp_path_factory):
    """The model as open_clip builds it, and ours, loaded from a folder as the hub has it."""
    patch = DOMAIN[request.param].patch
    config = open_clip.get_model_config(f"ViT-B-{patch}")
    assert config["vision_cfg"]["patch_size"] == patch
    for tower in ("vision_cfg", "text_cfg"):
        config[tower]["layers"] = LAYERS
    torch.manual_seed(0)
    model = CLIP(**config).eval().requires_grad_(False)
    folder = tmp_path_factory.mktemp("quiltnet") / request.param
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return model, load_backbone(str(folder), "cpu")


@torch.inference_mode()
def test_both_towers_are_the_librarys(pair):
    model, backbone = pair
    pixels = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    x = backbone.vision.embed(pixels)
    assert x.shape == (2, 1 + (224 // backbone.vision.patch) ** 2, 768)
    for block in backbone.vision.blocks:
        x = block(x)
    assert torch.allclose(backbone.vision.project_patches(x[:, :1])[:, 0], model.encode_image(pixels), atol=1e-4)  # fmt: skip
    tokens = backbone.tokenize(["a histopathology slide", "a photo of a gland"])
    assert torch.allclose(backbone.text(tokens), model.encode_text(tokens), atol=1e-5)


@pytest.mark.parametrize("name", UNTRAINED)
@torch.inference_mode()
def test_every_method_runs(pair, name):
    _, backbone = pair
    side = backbone.vision.patch // 4
    coarse = torch.randn(3, 3, 12, 20, generator=torch.Generator().manual_seed(2))
    check_method(
        name, backbone.vision, coarse.repeat_interleave(side, -2).repeat_interleave(side, -1)
    )


def test_from_picture_to_labels(pair):
    _, backbone = pair
    image = (torch.rand(60, 70, 3, generator=torch.Generator().manual_seed(3)) * 255).byte().numpy()
    recipe = ov.Recipe(backbone=backbone.name, method="sclip")
    labels = ov.segment(image, ov.Vocabulary.parse("gland; stroma"), recipe, device="cpu").labels
    assert labels.ids.shape == (60, 70)
