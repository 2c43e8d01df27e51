"""Progress, cancel, memory that runs out, and errors."""

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

import napari_ovseg as ov
from napari_ovseg import batches, encoding, text
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.device import guarded, is_out_of_memory
from napari_ovseg.errors import ComputeError, ImageError, OutOfMemoryError, OvsegError
from napari_ovseg.methods import METHODS
from napari_ovseg.progress import Cancelled, Progress, run
from noise import WORDS, picture


def test_progress_is_reported_and_cancel_stops_within_a_batch():
    steps = ov.encode_steps(picture(400, 400))
    seen = []
    for progress in steps:
        seen.append(progress)
        if progress.stage == "windows" and progress.done > 0:
            break
    steps.close()
    assert isinstance(seen[-1], Progress)
    assert 0 < seen[-1].done <= seen[-1].total
    assert [p.stage for p in seen[:3]] == ["model", "image", "windows"]


def test_text_is_embedded_once_and_kept_on_disk(monkeypatch):
    backbone = load_backbone("starter", "cpu")
    calls = []
    real = type(backbone.text).__call__
    monkeypatch.setattr(
        type(backbone.text), "__call__", lambda s, t: calls.append(len(t)) or real(s, t)
    )
    phrases = METHODS.get("sclip")().phrases
    new, known = phrases("a very new word"), phrases("grass")
    first = run(text.embed_steps(backbone, (new, known)))
    assert sum(calls) in (80, 160)
    calls.clear()
    text._memory.clear()
    again = run(text.embed_steps(backbone, (known, new)))
    assert not calls
    assert torch.equal(first, again.flip(0))
    assert torch.allclose(first.norm(dim=-1), torch.ones(2), atol=1e-5)


def test_a_damaged_cache_only_costs_time():
    backbone = load_backbone("starter", "cpu")
    grass = METHODS.get("sclip")().phrases("grass")
    good = run(text.embed_steps(backbone, (grass,)))
    text._memory.clear()
    text._cache_file((backbone.identity, text._ENSEMBLE, "grass")).write_bytes(b"\x93NUMPY garbage")
    assert torch.equal(run(text.embed_steps(backbone, (grass,))), good)


def test_cancel_does_not_wait_for_the_end_of_a_batch():
    backbone = load_backbone("starter", "cpu")
    asked = []

    def stop():
        asked.append(0)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        run(encoding.encode_steps(picture(300, 300), stop=stop))
    assert len(asked) == 3
    assert not any(b.module._forward_pre_hooks for b in backbone.vision.blocks)
    assert ov.encode(picture(300, 300)).vectors.isfinite().all()


@pytest.mark.parametrize(
    "told", ["Invalid buffer size: 9.02 GB", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED", "busy"]
)
def test_memory_that_ran_out_is_known_by_what_devices_say(told):
    assert is_out_of_memory(RuntimeError(told)) == (told != "busy")


def test_running_out_of_memory_halves_the_batch_and_changes_nothing(monkeypatch):
    whole = ov.encode(picture(300, 300))
    sizes = []
    real = batches._attempt

    def attempt(backbone, recipe, rgb, windows, size):
        sizes.append(size)
        if size > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
        return (yield from real(backbone, recipe, rgb, windows, size))

    monkeypatch.setattr(batches, "_attempt", attempt)
    assert torch.allclose(ov.encode(picture(300, 300)).vectors, whole.vectors, atol=1e-3)
    assert any(before > 2 >= after for before, after in pairwise(sizes))


def test_no_runtime_error_leaves_a_generator(monkeypatch):
    """superqt swallows them and the window would wait for ever."""

    def attempt(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        yield

    monkeypatch.setattr(batches, "_attempt", attempt)
    with pytest.raises(OutOfMemoryError, match="smaller working size") as caught:
        ov.encode(picture())
    assert not isinstance(caught.value, RuntimeError)

    @guarded("testing")
    def breaks():
        yield Progress("x", 0, 1)
        raise RuntimeError("shape '[3]' is invalid")

    with pytest.raises(ComputeError, match="while testing") as caught:
        run(breaks())
    assert not isinstance(caught.value, RuntimeError)


def test_errors_of_ours_are_never_runtime_errors():
    todo = [OvsegError]
    while todo:
        kind = todo.pop()
        assert not issubclass(kind, RuntimeError)
        todo += kind.__subclasses__()


@pytest.mark.parametrize("size", [1e-4, 1e5 - 1])
def test_impossible_sizes_are_told(size):
    with pytest.raises(OvsegError, match="working size"):
        ov.encode(picture(), ov.Recipe(working_size=ov.WorkingSize(magnification=size)))


def test_nan_is_told():
    with pytest.raises(ImageError, match="nan_to_num"):
        ov.encode(np.full((40, 40), np.nan, np.float32))


def test_features_of_other_weights_are_refused():

    features = replace(ov.encode(picture()), weights="starter, sha256 0000")
    with pytest.raises(OvsegError, match="encode the image again"):
        ov.label(features, WORDS)


def test_engine_works_on_any_thread():
    result = []
    thread = threading.Thread(target=lambda: result.append(ov.segment(picture(), WORDS)))
    thread.start()
    thread.join()
    assert (result[0].labels.ids == ov.segment(picture(), WORDS).labels.ids).all()
