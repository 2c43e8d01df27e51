"""Features by what they depend on, in memory and on disk."""

import gc
import json
import shutil
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

import napari_ovseg as ov
from models import CONFIG, write_folder
from napari_ovseg import batches
from napari_ovseg.backbones import open_clip
from napari_ovseg.feature_cache import FeatureCache, key_of
from napari_ovseg.pipeline import encode_steps, label
from napari_ovseg.progress import run
from napari_ovseg.recipe import Display
from napari_ovseg.text import embed_steps

WORDS = ov.Vocabulary.parse("grass; gravel; background")


def picture(seed=0, side=120):
    return np.random.default_rng(seed).integers(0, 255, (side, side)).astype(np.uint8)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features")


@pytest.fixture
def encoded(monkeypatch):
    """Count how often anything was encoded."""
    calls = []
    attempt = batches._attempt
    monkeypatch.setattr(batches, "_attempt", lambda *a: (calls.append(1), attempt(*a))[1])
    return calls


def encode(cache, image=None, **changes):
    recipe = replace(ov.Recipe(), **changes)
    return run(encode_steps(picture() if image is None else image, recipe, "cpu", cache=cache))


def test_equal_pixels_and_recipe_are_encoded_once(cache, encoded):
    first = encode(cache)
    count = len(encoded)
    assert encode(cache, picture().copy()) is not first
    again = encode(FeatureCache(cache.folder))  # as after a restart
    assert len(encoded) == count
    assert torch.equal(again.vectors, first.vectors)
    assert (label(again, WORDS).ids == label(first, WORDS).ids).all()
    for name in ("windows", "working", "shape", "recipe", "weights"):
        assert getattr(again, name) == getattr(first, name)


def test_what_only_labels_depend_on_is_taken_from_the_recipe_asked_for(cache, encoded):
    encode(cache)
    count = len(encoded)
    features = encode(cache, logit_scale=7.0, contrast=())
    assert len(encoded) == count
    assert features.recipe.logit_scale == 7.0
    assert features.recipe.contrast == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"image": picture(1)},
        {"image": picture().astype(np.uint16)},
        {"display": Display((10.0, 100.0))},
        {"display": Display((0.0, 255.0), gamma=0.5)},
        {"method": "vanilla"},
        {"precision": "float32"},
    ],
)
def test_anything_else_is_encoded_anew(cache, encoded, changes):
    encode(cache)
    count = len(encoded)
    encode(cache, **changes)
    assert len(encoded) > count


def test_other_models_or_another_device_are_another_key():
    image, recipe = ov.Image.of(picture()), ov.Recipe(display=Display((0.0, 255.0)))
    keys = {key_of(image, recipe, w, d) for w in ("a", "b") for d in ("cpu", "cuda")}
    assert len(keys) == 4


@pytest.mark.parametrize(
    "change", [{"preprocess_cfg": {"mean": [0.1, 0.2, 0.3]}}, {"model_cfg": {**CONFIG, "quick_gelu": True}}]
)  # fmt: skip
def test_a_config_put_right_is_another_model(tmp_path, change):
    """Its weights are the same; neither features nor texts of the wrong one may come back."""
    folder = write_folder(tmp_path / "m")
    config = folder / "open_clip_config.json"
    cache = FeatureCache(tmp_path / "features")
    mixtures = (((1.0, "grass"),),)

    def made():
        open_clip.forget(str(folder))  # as after a restart
        backbone = open_clip.load_backbone(str(folder), "cpu")
        recipe = ov.Recipe(str(folder), display=Display((0.0, 255.0)))
        alone = run(encode_steps(picture(), recipe, "cpu"))
        kept = run(encode_steps(picture(), recipe, "cpu", cache=FeatureCache(cache.folder)))
        assert torch.equal(kept.vectors, alone.vectors)
        assert backbone.fingerprint in kept.weights
        return backbone, run(embed_steps(backbone, mixtures))

    wrong, text = made()
    config.write_text(json.dumps({**json.loads(config.read_text()), **change}))
    right, corrected = made()
    assert right.fingerprint == wrong.fingerprint
    assert right.identity != wrong.identity
    assert torch.equal(corrected, text) == ("preprocess_cfg" in change)
    elsewhere = shutil.copytree(folder, tmp_path / "elsewhere")
    assert open_clip.load_backbone(str(elsewhere), "cpu").identity == right.identity


@pytest.mark.parametrize("damage", ["truncated", "empty", "altered"])
def test_a_damaged_file_is_made_again(cache, encoded, damage):
    encode(cache)
    (file,) = cache.folder.iterdir()
    data = file.read_bytes()
    file.write_bytes(
        {"truncated": data[:-7], "empty": b"", "altered": b"x" * 64 + data[64:]}[damage]
    )
    count = len(encoded)
    encode(FeatureCache(cache.folder))
    assert len(encoded) > count
    assert file.read_bytes() == data


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    import os

    cache = FeatureCache(tmp_path / "f", in_memory=1)
    encode(cache)
    size = cache.nbytes
    assert size > 0
    (first,) = cache.folder.iterdir()
    os.utime(first, (1, 1))
    small = FeatureCache(cache.folder, in_memory=1, on_disk=2 * size + size // 2)
    assert small.nbytes == size
    encode(small, picture(1))
    assert first.exists()
    assert small.nbytes == 2 * size
    encode(small, picture(2))
    assert not first.exists()
    assert len(list(cache.folder.iterdir())) == 2
    sizes = [file.stat().st_size for file in cache.folder.iterdir()]
    assert small.nbytes == FeatureCache(cache.folder).nbytes == sum(sizes)
    small.clear()
    assert small.nbytes == 0


def test_a_disk_that_cannot_be_written_only_costs_time(tmp_path):
    (tmp_path / "features").write_text("a file where the folder should be")
    cache = FeatureCache(tmp_path / "features")
    features = encode(cache)
    assert encode(cache).vectors is features.vectors
    assert cache.nbytes == 0


def test_pictures_do_not_stay_with_their_features(cache):
    image = picture()
    alive = weakref.ref(image)
    features = encode(cache, image)
    del image, features
    gc.collect()
    assert alive() is None
    assert encode(cache).image.read().shape == (120, 120)
