import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import data

import napari_ovseg as ov
from napari_ovseg import batches, encoding, text
from napari_ovseg.asking import queries_steps
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.device import guarded, is_out_of_memory
from napari_ovseg.errors import ComputeError, ImageError, OutOfMemoryError, OvsegError, RecipeError
from napari_ovseg.methods import METHODS
from napari_ovseg.pipeline import bar_small_steps
from napari_ovseg.progress import Cancelled, Progress, run

WORDS = ov.Vocabulary.parse("grass; gravel; brick wall")


def picture(height=130, width=150, channels=3, seed=0):
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS.names())
def test_every_method_keeps_the_contract(method, backbone_for):
    """Shapes, unit vectors, labels on the image's own pixels, and no effect of the batch."""
    image = picture()
    backbone = backbone_for(method)
    recipe = ov.Recipe(backbone=backbone, method=method, guide="none", precision="float32")
    features = ov.encode(image, recipe)
    assert features.vectors.ndim == 4
    assert features.shape == (130, 150)
    assert bool(torch.isfinite(features.vectors).all())
    labels = ov.label(features, WORDS)
    assert labels.ids.shape == (130, 150)
    assert set(np.unique(labels.ids)) <= {0, 1, 2, 3}
    assert (ov.label(features, WORDS).ids == labels.ids).all()


@pytest.mark.parametrize("method", METHODS.names())
@pytest.mark.parametrize("blend", ["merged", "exact"])
def test_batch_size_changes_nothing(method, blend, monkeypatch, backbone_for):
    tiling, backbone = ov.Tiling(blend=blend), backbone_for(method)
    # Limits on cosines are steps: none of this picture is near 0.1, so rounding decides nothing.
    limits = {"sc_clip": {"beta": 0.1}, "gla_clip": {"rho": 0.1}}.get(method, {})
    recipe = ov.Recipe(
        backbone=backbone, method=METHODS.get(method)(**limits), guide="none",
        precision="float32", tiling=tiling,
    )  # fmt: skip
    image = picture(230, 250, seed=2)
    whole = ov.encode(image, recipe)
    monkeypatch.setattr(batches, "batch_size", lambda *_: 1)
    single = ov.encode(image, recipe)
    assert torch.allclose(whole.vectors, single.vectors, atol=1e-4)


@pytest.mark.parametrize(
    "image",
    [
        picture(channels=0),
        picture(channels=3),
        picture(channels=0).astype(np.uint16) * 257,
        picture(channels=0).astype(np.float32) / 7 - 10,
        picture(channels=0).astype(np.float64),
        picture(channels=4),
        picture(7, 300),
        picture(2, 2, 0),
        np.zeros((50, 60), np.uint8),
    ],
)
def test_every_kind_of_picture_comes_back_at_its_own_size(image):
    labels = ov.label(ov.encode(image), WORDS)
    assert labels.ids.shape == image.shape[:2]
    assert labels.ids.dtype == np.uint16


def test_grey_and_its_copy_in_colour_are_the_same():
    grey = picture(channels=0)
    grey[0, :2] = 0, 255
    display = ov.Display(limits=(0, 255))
    one = ov.encode(grey, ov.Recipe(display=display))
    other = ov.encode(np.stack([grey] * 3, -1), ov.Recipe(display=display))
    assert torch.equal(one.vectors, other.vectors)


def test_bit_depth_does_not_matter():
    grey = picture(channels=0)
    wide = ov.segment(grey.astype(np.uint16) * 256 + 13, WORDS)
    assert (wide.labels.ids == ov.segment(grey, WORDS).labels.ids).mean() > 0.999


def test_a_hot_pixel_changes_nothing():
    grey = picture(300, 300, 0).astype(np.uint16)
    hot = grey.copy()
    hot[150, 150] = 65_535
    agree = ov.segment(grey, WORDS).labels.ids == ov.segment(hot, WORDS).labels.ids
    assert agree.mean() > 0.99


def test_the_same_recipe_from_an_export_gives_the_same_bytes():
    image = picture()
    first = ov.segment(image, WORDS, ov.Recipe(contrast=("sky",)))
    again = ov.segment(image, WORDS, ov.Recipe.from_toml(first.provenance.recipe))
    assert (first.labels.ids == again.labels.ids).all()
    assert first.provenance.recipe == again.provenance.recipe


def test_a_stack_is_labelled_plane_by_plane_with_common_limits():
    stack = np.stack([picture(channels=0), picture(channels=0, seed=1) // 4])
    annotation = ov.segment(stack, WORDS)
    assert annotation.labels.ids.shape == stack.shape
    display = ov.Display().resolve(ov.Image.of(stack))
    plane = ov.segment(stack[1], WORDS, ov.Recipe(display=display))
    assert (annotation.labels.ids[1] == plane.labels.ids).all()


@pytest.mark.parametrize("method", METHODS.names())
def test_labels_are_made_by_the_method_of_the_features(method, backbone_for):
    """A recipe given for other settings of labelling is of another method, mostly the usual one."""
    backbone = backbone_for(method)
    recipe = ov.Recipe(backbone, method, guide="none", contrast=("sky",), threshold=0.3)
    features = ov.encode(picture(), recipe)
    other = ov.Recipe(method="vanilla", contrast=("sky",), threshold=0.3)
    given = ov.label(features, WORDS, other).ids
    assert np.array_equal(given, ov.label(features, WORDS).ids)


def test_one_word_does_not_paint_everything_it_competes():
    """A contrast word takes pixels; a background of the vocabulary's own replaces it."""
    features = ov.encode(picture())
    alone = ov.label(features, ov.Vocabulary.parse("gravel"), ov.Recipe(contrast=()))
    assert (alone.ids == 1).all()
    text_words = ov.Recipe(contrast=("gravel stone", "pebbles", "crushed stone"))
    same = ov.label(features, ov.Vocabulary.parse("grass"), text_words)
    assert (same.ids == 0).any()
    own = ov.label(features, ov.Vocabulary.parse("grass; background"), text_words)
    assert (own.ids > 0).all()


def test_area_threshold_drops_small_categories_and_fills_their_place():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    words = ov.Vocabulary.parse("grass; gravel; brick wall; rust; snow; water")
    plain = ov.label(features, words)
    counts = np.bincount(plain.ids.ravel(), minlength=7)
    share = (np.sort(counts[counts > 0])[0] + 0.5) / counts.sum()
    dropped = ov.label(features, words, ov.Recipe(contrast=(), area_threshold=float(share)))
    assert len(np.unique(dropped.ids)) == len(np.unique(plain.ids)) - 1
    assert (dropped.ids > 0).all()


def test_areas_are_counted_before_the_threshold():
    features = ov.encode(picture(), ov.Recipe(contrast=("sky",)))
    strict = ov.Recipe(contrast=("sky",), threshold=0.6, area_threshold=0.2)
    loose = replace(strict, threshold=0.0)
    kept = []
    for recipe in (strict, loose):
        queries = run(queries_steps(features, WORDS, recipe))
        asked = replace(features, recipe=recipe)
        kept.append(run(bar_small_steps(asked, queries, WORDS)).eligible.tolist())
    assert kept[0] == kept[1]


def test_a_margin_leaves_more_to_the_background():
    noise = np.random.default_rng(0).integers(0, 255, (120, 80), np.uint8)
    image = np.hstack([data.gravel()[:120, :80], noise])  # something, and nothing
    words = ov.Vocabulary.parse("grass; gravel; background")
    features = ov.encode(image, ov.Recipe(background_margin=0.0))
    shares = [
        (ov.label(features, words, ov.Recipe(background_margin=m)).ids == 3).mean()
        for m in (-100.0, -1.0, 0.0, 1.0, 3.0, 100.0)
    ]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    # How much is nothing at 0 is the weights' affair; that it is little by little, is not.
    assert any(0 < share < 1 for share in shares), shares
    # The starter asks for one of its own where the recipe says nothing.
    own = load_backbone("starter", "cpu").preferences.background_margin
    given = ov.label(features, words, ov.Recipe(background_margin=own))
    assert np.array_equal(ov.label(features, words, ov.Recipe()).ids, given.ids)
    # All that is background is ahead.
    two = ov.Vocabulary.parse("grass; background; other")
    assert set(np.unique(ov.label(features, two, ov.Recipe(background_margin=99.0)).ids)) <= {2, 3}
    # Without a background nothing is behind.
    alone = ov.Vocabulary.parse("grass; gravel")
    ids = [ov.label(features, alone, ov.Recipe(background_margin=m)).ids for m in (0.0, 100.0)]
    assert np.array_equal(*ids)


def test_thresholds_leave_pixels_unlabelled():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    strict = ov.Vocabulary(tuple(ov.Category(c.id, c.name, threshold=0.99) for c in WORDS))
    assert (ov.label(features, WORDS).ids > 0).all()
    assert (ov.label(features, strict).ids == 0).mean() > 0.05


def test_a_threshold_of_a_single_word_needs_something_to_lose_to():
    features = ov.encode(picture(), ov.Recipe(contrast=()))
    with pytest.raises(RecipeError, match="needs something to lose to"):
        ov.label(features, ov.Vocabulary((ov.Category(1, "grass", threshold=0.9),)))


def test_what_itaclip_uses_for_labelling_alone_encodes_nothing_anew():
    usual = ov.Recipe(method="itaclip")
    other = ov.Recipe(method=METHODS.get("itaclip")(definition_share=0.3, id_closing=True))
    assert usual.encoding() == other.encoding()
    assert usual.labelling_as(other) == other
    blurred = ov.Recipe(method=METHODS.get("itaclip")(blur_kernel=5))
    assert usual.encoding() != blurred.encoding()
    assert usual.labelling_as(ov.Recipe()).method == usual.method


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
    from dataclasses import replace

    features = replace(ov.encode(picture()), weights="starter, sha256 0000")
    with pytest.raises(OvsegError, match="encode the image again"):
        ov.label(features, WORDS)


def test_engine_works_on_any_thread():
    result = []
    thread = threading.Thread(target=lambda: result.append(ov.segment(picture(), WORDS)))
    thread.start()
    thread.join()
    assert (result[0].labels.ids == ov.segment(picture(), WORDS).labels.ids).all()
