"""Published pickles are kept as safetensors."""

import pytest
import torch
from safetensors.torch import load_file

from families import BERT, write_family
from kept_models import WEIGHTS, tree
from models import tiny_clip, write_folder
from napari_ovseg.backbones import manager
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import WeightsError
from napari_ovseg.progress import run


def pickled(folder):
    """Turn a folder's weights into what BiomedCLIP's authors publish; returns the pickle."""
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save(tensors, folder / "open_clip_pytorch_model.bin")
    return folder / "open_clip_pytorch_model.bin"


def test_biomedclip_is_fetched_as_a_pickle_and_kept_as_safetensors(hub, models, tmp_path, less_deep, capsys):  # fmt: skip
    source = tmp_path / "biomedclip"
    write_family(source, "biomedclip")
    data = pickled(source).read_bytes()
    home = "microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224"
    hub.files[f"{BERT}/config.json"] = (source / "text_config.json").read_bytes()
    for name in ("open_clip_config.json", "tokenizer.json", "tokenizer_config.json"):
        hub.files[f"{home}/{name}"] = (source / name).read_bytes()
    hub.files[f"{home}/open_clip_pytorch_model.bin"] = data
    with pytest.raises(WeightsError, match="ovseg models fetch BiomedCLIP"):
        load_backbone("BiomedCLIP", "cpu")
    hub.cut = 30_000_000
    assert main(["models", "fetch", "BiomedCLIP", "--yes"]) == 2
    hub.cut = None
    assert main(["models", "fetch", "BiomedCLIP", "--yes"]) == 0
    assert tree(models / "BiomedCLIP") == ["LICENCE.txt", "manifest.json", "open_clip_config.json",
                                           WEIGHTS, "text_config.json", "tokenizer.json", "tokenizer_config.json"]  # fmt: skip
    assert load_backbone("BiomedCLIP", "cpu").licence == "MIT (its card: for research)"
    assert main(["models", "verify", "BiomedCLIP"]) == 0
    assert main(["models", "pack", "BiomedCLIP", "-o", str(tmp_path / "b.zip")]) == 0
    assert main(["models", "remove", "BiomedCLIP", "--yes"]) == 0
    with pytest.raises(WeightsError):  # nor is it kept in memory
        load_backbone("BiomedCLIP", "cpu")
    assert main(["models", "import", str(tmp_path / "b.zip")]) == 0
    assert load_backbone("BiomedCLIP", "cpu").text is not None
    hub.files[f"{home}/open_clip_config.json"] = b"[]"
    with pytest.raises(WeightsError, match="not one of open_clip"):
        main_remove_and_fetch()


def main_remove_and_fetch():
    assert main(["models", "remove", "BiomedCLIP", "--yes"]) == 0
    run(manager.fetch_steps(manager.offer("BiomedCLIP")))


@pytest.mark.parametrize("name", ["QuiltNet-B-16", "QuiltNet-B-32"])
def test_quiltnet_is_fetched_as_a_pickle_of_clips_own_vit(hub, models, tmp_path, name):
    source = write_folder(tmp_path / "quilt", manifest=False)
    expected = load_file(source / WEIGHTS)
    for path in (pickled(source), source / "open_clip_config.json"):
        hub.files[f"wisdomik/{name}/{path.name}"] = path.read_bytes()
    run(manager.fetch_steps(manager.offer(name)))
    found = load_file(models / name / WEIGHTS)
    assert all(torch.equal(found[k], v) for k, v in expected.items())
    backbone = load_backbone(name, "cpu")
    assert backbone.licence.startswith("MIT")
    words = backbone.tokenize(["a gland"])
    assert torch.allclose(
        backbone.text(words), tiny_clip().eval().encode_text(words).detach(), atol=1e-5
    )


def test_a_folder_with_a_pickle_is_converted_when_imported(tmp_path, models):
    folder = write_folder(tmp_path / "m", manifest=False)
    expected = load_file(folder / WEIGHTS)
    pickled(folder)
    with pytest.raises(WeightsError, match="ovseg models import"):
        load_backbone(str(folder), "cpu")
    run(manager.import_steps(folder, "mine"))
    assert tree(models / "mine") == ["manifest.json", "open_clip_config.json", WEIGHTS]
    found = load_file(models / "mine" / WEIGHTS)
    assert all(torch.equal(found[k], v) for k, v in expected.items())
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"\x80\x04nonsense")
    with pytest.raises(WeightsError, match="pickled weights"):
        run(manager.import_steps(folder, "other"))
    assert not (models / "other").exists()
