"""Weights are loaded strictly: the right tensors, all of them, or a clear error."""

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

from hub import served
from models import CONFIG, openai_archive, tiny_clip, write_folder
from napari_ovseg.backbones import _files, _names, catalogue
from napari_ovseg.backbones._terms import Terms, terms_of
from napari_ovseg.backbones._timm import difference
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import RecipeError, WeightsError

WEIGHTS = "open_clip_model.safetensors"


def test_folder_loads_exactly_its_tensors(tmp_path):
    model = tiny_clip(3)
    backbone = load_backbone(str(write_folder(tmp_path / "m", model)), "cpu")
    pixels, words = torch.rand(2, 3, 32, 32), open_clip.tokenize(["a cat", "two dogs in the snow"])
    with torch.inference_mode():
        x = backbone.vision.embed(pixels)
        for block in backbone.vision.blocks:
            x = block(x)
        assert torch.allclose(backbone.text(words), model.encode_text(words), atol=1e-5)
        assert torch.allclose(
            backbone.vision.project(x),
            model.visual.ln_post(x)[:, 1:] @ model.visual.proj,
            atol=1e-6,
        )
    assert backbone.licence == "CC0-1.0"
    assert (
        backbone.fingerprint == hashlib.sha256((tmp_path / "m" / WEIGHTS).read_bytes()).hexdigest()
    )
    assert load_backbone(str(tmp_path / "m"), "cpu") is backbone


def _truncate(folder):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1000])


def _truncate_without_manifest(folder):
    (folder / "manifest.json").unlink()
    _truncate(folder)


def _flip(folder):
    path = folder / WEIGHTS
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


def _empty(folder):
    (folder / "manifest.json").unlink()
    (folder / WEIGHTS).write_bytes(b"")


def _change_tensors(change):
    def spoil(folder):
        (folder / "manifest.json").unlink()
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS)

    return spoil


def _config(text):
    return lambda folder: (folder / "open_clip_config.json").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_truncate, "damaged or was altered"),
        (_truncate_without_manifest, "truncated"),
        (_flip, "damaged or was altered"),
        (_empty, "truncated"),
        (lambda f: (f / WEIGHTS).unlink(), "holds no"),
        (lambda f: (f / "open_clip_config.json").unlink(), "cannot read open_clip_config"),
        (_config("{"), "cannot read open_clip_config"),
        (_config("[]"), "must hold an object"),
        (_config("{}"), "cannot be used"),
        (_config('{"model_cfg": {"vision_cfg": {"timm_model_name": "x/../y"}, "text_cfg": {}}}'), "no plain ViT"),
        (_config('{"model_cfg": {"embed_dim": 16, "vision_cfg": {"nonsense": 1}, "text_cfg": {}}}'), "cannot be used"),
        (_change_tensors(lambda t: t.pop("visual.proj")), "1 missing, as visual.proj"),
        (_change_tensors(lambda t: t.update(extra=torch.zeros(1))), "1 unknown, as extra"),
        (_change_tensors(lambda t: t.update({"visual.proj": torch.zeros(3, 3)})), "another shape"),
    ],
)  # fmt: skip
def test_damaged_models_are_refused(tmp_path, spoil, told):
    folder = write_folder(tmp_path / "m")
    spoil(folder)
    with pytest.raises(WeightsError, match=told):
        load_backbone(str(folder), "cpu")


class Payload:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (Path(self.marker),))


def test_pickles_are_refused_and_run_nothing(tmp_path):
    marker = tmp_path / "marker"
    for name, data in (("a.pt", pickle.dumps(Payload(marker))), ("b.pt", b"PK\x03\x04nonsense")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(WeightsError, match="refused"):
            load_backbone(str(tmp_path / name), "cpu")
    torch.save({"visual.proj": torch.zeros(2)}, tmp_path / "c.pt")
    with pytest.raises(WeightsError, match="refused"):
        load_backbone(str(tmp_path / "c.pt"), "cpu")
    assert not marker.exists()


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_openai_archive_loads(tmp_path):
    """OpenAI publishes TorchScript archives; their architecture is read from the tensors."""
    from open_clip.model import build_model_from_openai_state_dict

    _, model = openai_archive(tmp_path / "ViT-tiny.pt")
    backbone = load_backbone(str(tmp_path / "ViT-tiny.pt"), "cpu")
    expected = (
        build_model_from_openai_state_dict(dict(model.state_dict()), cast_dtype=torch.float32)
        .float()
        .eval()
    )
    words = open_clip.tokenize(["a cat"])
    with torch.inference_mode():
        assert torch.allclose(backbone.text(words), expected.encode_text(words), atol=1e-5)
    (tmp_path / "ViT-tiny.pt").write_bytes((tmp_path / "ViT-tiny.pt").read_bytes()[:-5000])
    with pytest.raises(WeightsError):
        _files.read_tensors(tmp_path / "ViT-tiny.pt")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no-such-model", "there is no model"),
        ("ViT-B-16-quickgelu:opnai", "did you mean"),
        ("RN50:openai", "a ResNet"),
        ("ViT-B-16:openai", "ViT-B-16-quickgelu:openai"),
        ("ViT-B-16-quickgelu:openai", "ovseg models fetch ViT-B-16-quickgelu:openai"),
    ],
)
def test_models_that_are_not_here_are_explained(name, told):
    with pytest.raises(WeightsError, match=told):
        load_backbone(name, "cpu")


def test_unknown_device_is_told():
    with pytest.raises(RecipeError, match="no device"):
        load_backbone("starter", "tpu")


def test_every_model_that_is_offered_can_be_opened():
    """Each architecture has exactly what the adapters touch (built without memory)."""
    names = _names.models()
    assert len(names) > 80
    native = ("ln_1", "ln_2", "mlp", "ls_1", "ls_2", "attn.in_proj_weight", "attn.out_proj")
    for architecture in sorted({name.partition(":")[0] for name in names}):
        config = dict(open_clip.get_model_config(architecture))
        custom = config.pop("custom_text", False)
        with torch.device("meta"):
            model = (open_clip.model.CustomTextCLIP if custom else open_clip.model.CLIP)(**config)
        if trunk := getattr(model.visual, "trunk", None):
            assert difference(trunk) == "", architecture
            continue
        known = {n for n, _ in model.visual.transformer.resblocks[-1].named_modules()}
        known |= {n for n, _ in model.visual.transformer.resblocks[-1].named_parameters()}
        assert known >= set(native), architecture
        for attribute in ("conv1", "class_embedding", "positional_embedding", "ln_pre", "ln_post", "proj"):  # fmt: skip
            assert hasattr(model.visual, attribute), architecture


def test_sizes_of_the_catalogue_are_those_of_the_tensors():
    sizes = {entry.name: entry for entry in catalogue.entries()}
    assert sizes["ViT-B-16-SigLIP2:webli"].patch == 16
    config = dict(open_clip.get_model_config("ViT-B-16-SigLIP2"))
    config.pop("custom_text")
    with torch.device("meta"):
        model = open_clip.model.CustomTextCLIP(**config)
    megabytes = sum(p.numel() for p in model.parameters()) * 4 / 1e6
    assert abs(sizes["ViT-B-16-SigLIP2:webli"].megabytes / megabytes - 1) < 0.02
    assert sizes["BiomedCLIP"].terms.licence.startswith("MIT")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("starter", "BSD-3-Clause; trained on scenes drawn by this program"),
        ("ViT-B-16-quickgelu:openai", "MIT; trained on OpenAI's WIT (never published)"),
        ("ViT-B-16:of_nobody", "see the model card"),
        ("QuiltNet-B-16", "MIT (its card: for research); trained on Quilt-1M"),
        ("dinov2_vitb14", "Apache-2.0; trained on LVD-142M (never published)"),
        ("half a na", "unknown"),
        ("~nobody-of-this-name", "unknown"),
        ("a" * 5000, "unknown"),
    ],
)
def test_licence_and_training_data_of_a_name(name, told):
    assert str(terms_of(name)) == told


def test_a_manifest_is_believed_and_a_damaged_one_is_no_obstacle(tmp_path):
    folder = write_folder(tmp_path / "model")
    assert terms_of(str(folder)) == Terms("CC0-1.0", "")
    (folder / "manifest.json").write_text("{")
    assert terms_of(str(folder)) == Terms()


def test_quickgelu_names_and_tags_agree():
    for name in _names.models():
        architecture, _, tag = name.partition(":")
        trained = bool(open_clip.pretrained.get_pretrained_cfg(architecture, tag).get("quick_gelu"))
        built = bool(open_clip.get_model_config(architecture).get("quick_gelu"))
        assert built or not trained, name


_FETCH = """
import json, sys
import open_clip
from open_clip import factory, pretrained
factory._MODEL_CONFIGS["ViT-tiny-test"] = json.loads(sys.argv[1])
pretrained._PRETRAINED["ViT-tiny-test"] = {"tag": {"hf_hub": "someone/tiny/"}}
from napari_ovseg.cli import main
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import WeightsError
try:
    load_backbone("ViT-tiny-test:tag", "cpu")
except WeightsError as error:
    print("before:", error)
assert main(["models", "fetch", "ViT-tiny-test:tag"]) == 2  # nobody agreed
assert main(["models", "fetch", "ViT-tiny-test:tag", "--yes"]) == 0
backbone = load_backbone("ViT-tiny-test:tag", "cpu")
assert main(["models", "pack", "ViT-tiny-test:tag", "-o", sys.argv[2]]) == 0
assert main(["models", "import", sys.argv[2], "--name", "carried"]) == 0
assert load_backbone("carried", "cpu").fingerprint == backbone.fingerprint
print("after:", backbone.fingerprint)
"""


def test_fetch_from_a_hub_on_loopback(tmp_path):
    folder = write_folder(tmp_path / "m")
    data = (folder / WEIGHTS).read_bytes()
    command = [sys.executable, "-c", _FETCH, json.dumps(CONFIG), str(tmp_path / "carry.zip")]
    with served() as (hub, address):
        hub.files[f"someone/tiny/{WEIGHTS}"] = data
        environment = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1",
                       "HF_HUB_DISABLE_TELEMETRY": "1", "PATH": "", "HOME": str(tmp_path)}  # fmt: skip
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=200, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "before: the weights of 'ViT-tiny-test:tag' are not on this machine" in done.stdout
    assert hashlib.sha256(data).hexdigest() in done.stdout


def test_the_file_of_a_folder_is_the_model_of_the_folder(tmp_path):
    """Alone it does not say how many heads it has, or which activation."""
    folder = write_folder(tmp_path / "m")
    file = folder / "open_clip_model.safetensors"
    whole, alone = load_backbone(str(folder), "cpu"), load_backbone(str(file), "cpu")
    assert alone.fingerprint == whole.fingerprint
    pixels = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        first, second = (b.vision.project(b.vision.embed(pixels)) for b in (whole, alone))
        assert torch.equal(first, second)
    assert alone.licence == whole.licence
    lonely = file.rename(tmp_path / "lonely.safetensors")
    with pytest.raises(WeightsError, match=r"open_clip_config\.json"):
        load_backbone(str(lonely), "cpu")
