"""Shared by all tests: nothing of the user's machine is read or written."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "parity")]


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Embeddings and models of a test run are kept in folders of its own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("OVSEG_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("OVSEG_STATE", str(tmp_path_factory.mktemp("state")))
    patch.setenv("OVSEG_MODELS", str(tmp_path_factory.mktemp("models")))
    patch.setenv("HF_HUB_OFFLINE", "1")
    yield
    patch.undo()


@pytest.fixture(scope="module")
def less_deep():
    """Timm's plain ViTs get 3 blocks, whatever their names say."""
    import timm.models.vision_transformer as vit

    real = vit._create_vision_transformer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vit, "_create_vision_transformer", lambda *a, **k: real(*a, **{**k, "depth": 3}))  # fmt: skip
        yield


@pytest.fixture(scope="session")
def backbone_for(tmp_path_factory):
    """From the name of a method to a small model that it runs on."""
    from models import cat_seg_folder
    from napari_ovseg.methods import METHODS

    trained = cat_seg_folder(tmp_path_factory.mktemp("cat_seg"))
    return lambda method: trained if METHODS.get(method).trained else "starter"


@pytest.fixture
def loopback(tmp_path, monkeypatch):
    """A hub on loopback with a tiny model, and its name; the client is pointed at it, and never waits."""
    import huggingface_hub
    import open_clip
    from huggingface_hub import constants

    from hub import served
    from models import CONFIG, write_folder

    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-tiny-test", CONFIG)
    known = {"tag": {"hf_hub": "someone/tiny/"}}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "ViT-tiny-test", known)
    cache = str(tmp_path / "hf")
    with served() as (hub, address):
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        for name, value in (("ENDPOINT", address), ("HUGGINGFACE_CO_URL_TEMPLATE", template),
                            ("HF_HUB_OFFLINE", False), ("HF_HUB_CACHE", cache), ("HF_HUB_DISABLE_XET", True)):  # fmt: skip
            monkeypatch.setattr(constants, name, value)
        assert huggingface_hub.hf_hub_url("a/b", "c").startswith(address)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
        weights = write_folder(tmp_path / "source") / "open_clip_model.safetensors"
        hub.files[f"someone/tiny/{weights.name}"] = weights.read_bytes()
        yield hub, "ViT-tiny-test:tag"
    huggingface_hub.close_session()


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Our own folder, empty, and no model kept in memory under a name of another test."""
    from napari_ovseg.backbones._kept import Kept

    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("napari_ovseg.backbones.open_clip._kept", Kept("the model"))
    return tmp_path / "models"


@pytest.fixture
def hub(models, loopback):
    """A hub on loopback with the tiny model."""
    return loopback[0]


@pytest.fixture
def photo(tmp_path):
    """A picture file of noise."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 255, (130, 140, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture(scope="module")
def bank():
    """One drawing of every look."""
    from napari_ovseg.starter.sampling import Bank

    return Bank(seed=3, variants=1, quiet=True)
