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
