"""The two plain towers are those of open_clip, to the last bit; everything else is left to it."""

import copy
import json

import open_clip
import pytest
import torch
from open_clip.model import CLIP

import napari_ovseg.backbones.open_clip as ours
from imported import modules_after
from models import CONFIG, tiny_clip, write_folder
from napari_ovseg.backbones._clip import Clip, is_plain
from napari_ovseg.backbones._files import STARTER, in_folder
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.backbones._parts import part
from napari_ovseg.backbones._text import Text
from napari_ovseg.errors import WeightsError


def towers(config):
    """Open_clip's model and ours, with the same weights."""
    torch.manual_seed(3)
    library, own = CLIP(**config).eval(), Clip(**config).eval()
    for parameter in library.parameters():  # norms and biases begin as ones and zeros
        torch.nn.init.normal_(parameter, std=0.2)
    own.load_state_dict({k: v for k, v in library.state_dict().items() if k != "logit_scale"})
    return library, own


STARTERS = in_folder(STARTER).config["model_cfg"]


@pytest.mark.parametrize("config", [CONFIG, STARTERS], ids=["tiny", "starter"])
@torch.inference_mode()
def test_patches_and_words_are_those_of_open_clip(config):
    library, own = towers(config)
    expected, found = NativeVision(library.visual), NativeVision(own.visual)
    assert (found.patch, found.native) == (expected.patch, expected.native)
    assert found.parameters == expected.parameters
    pixels = torch.randn(2, 3, 64, 96)
    a, b = expected.embed(pixels), found.embed(pixels)
    for theirs, ours_ in zip(expected.blocks, found.blocks, strict=True):
        a, b = theirs(a), ours_(b)
        assert torch.equal(a, b)
        for one, other in zip(theirs.heads(a), ours_.heads(b), strict=True):
            assert torch.equal(one, other)
        assert torch.equal(theirs.mlp(a), ours_.mlp(b))
    assert torch.equal(expected.project(a), found.project(b))
    tokens = part("tokenizer").tokenize(["a cell", "a photo of many nuclei."], 77)
    tokens = tokens[:, : config["text_cfg"]["context_length"]]
    assert torch.equal(Text(library)(tokens), Text(own)(tokens))
    torch.testing.assert_close(Text(own)(tokens), library.encode_text(tokens))


@pytest.mark.parametrize(
    ("part_of", "changes"),
    [
        ("", {"quick_gelu": True}),
        ("", {"custom_text": True}),
        ("", {"multimodal_cfg": {}}),
        ("", {"embed_dim": "16"}),
        ("vision_cfg", {"mlp_ratio": 4.3637}),
        ("vision_cfg", {"ls_init_value": 0.1}),
        ("vision_cfg", {"no_ln_pre": True}),
        ("vision_cfg", {"pool_type": "none"}),
        ("vision_cfg", {"layers": [2, 2, 2, 2]}),
        ("vision_cfg", {"image_size": [32, 64]}),
        ("vision_cfg", {"timm_model_name": "vit_base_patch16_224"}),
        ("text_cfg", {"pool_type": "last"}),
        ("text_cfg", {"hf_model_name": "bert"}),
        ("text_cfg", {"tokenizer_kwargs": {}}),
        ("text_cfg", {"layers": 0}),
    ],
)
def test_what_is_not_plain_is_left_to_open_clip(part_of, changes):
    config = copy.deepcopy(CONFIG)
    assert is_plain(config)
    (config[part_of] if part_of else config).update(changes)
    assert not is_plain(config)


def test_sizes_that_a_config_leaves_out_are_for_open_clip_to_know():
    config = copy.deepcopy(CONFIG)
    del config["vision_cfg"]["head_width"]
    assert not is_plain(config)


def test_a_plain_folder_is_loaded_into_our_towers_and_another_into_open_clips(tmp_path, models):
    plain = ours.load_backbone(str(write_folder(tmp_path / "plain", tiny_clip())), "cpu")
    assert isinstance(plain.vision._visual, type(Clip(**CONFIG).visual))
    weights = in_folder(write_folder(tmp_path / "other", tiny_clip(quick_gelu=True)))
    model = ours._build({"model_cfg": {**CONFIG, "quick_gelu": True}}, weights.file.parent)
    assert isinstance(model, CLIP)


def test_of_open_clips_own_configs_few_are_plain():
    plain = {name for name in open_clip.list_models() if is_plain(open_clip.get_model_config(name))}
    assert all(name.startswith("ViT-H-1") for name in plain), plain


_ALONE = "from napari_ovseg.backbones._parts import part\n"


def test_files_of_open_clip_alone_say_what_they_say_in_the_package():
    texts = [put("cell nucleus") for put in open_clip.OPENAI_IMAGENET_TEMPLATES]
    expected = [open_clip.tokenize(texts, 32).tolist(), list(open_clip.OPENAI_DATASET_MEAN)]
    code = f"""{_ALONE}
import pickle, sys
texts = [put("cell nucleus") for put in part("zero_shot_metadata").OPENAI_IMAGENET_TEMPLATES]
tokenize = pickle.loads(pickle.dumps(part("tokenizer").tokenize))
assert [tokenize(texts, 32).tolist(), list(part("constants").OPENAI_DATASET_MEAN)] == {expected}
assert part("tokenizer") is part("tokenizer")
"""
    assert "open_clip" not in modules_after(code)


def test_a_file_of_open_clip_that_needs_the_package_is_imported_with_it_and_others_are_not():
    missing = "try: part('nothing')\nexcept ImportError: pass\nelse: raise SystemExit(1)\n"
    assert "open_clip" in modules_after(f"{_ALONE}{missing}assert part('model').CLIP")
    with pytest.raises(ImportError, match=r"open_clip\.nothing"):
        part("nothing")


@pytest.mark.parametrize(
    ("part_of", "changes"),
    [
        ("vision_cfg", None),
        ("text_cfg", [1]),
        ("vision_cfg", {"patch_size": 0}),
        ("vision_cfg", {"head_width": 0, "mlp_ratio": 4.0}),
        ("vision_cfg", {"image_size": 4}),
    ],
)
def test_a_config_that_cannot_be_is_told(tmp_path, models, part_of, changes):
    folder = write_folder(tmp_path / "odd")
    config = copy.deepcopy(CONFIG)
    config[part_of] = {**config[part_of], **changes} if isinstance(changes, dict) else changes
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    with pytest.raises(WeightsError, match=r"cannot be used|smaller than a patch|does not fit"):
        ours.load_backbone(str(folder), "cpu")
