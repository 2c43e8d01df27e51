"""The fast way of labelling equals the plain one."""

import numpy as np
import pytest
import torch

from napari_ovseg import (
    Image,
    Recipe,
    Refinement,
    Tiling,
    Vocabulary,
    WorkingSize,
    encode,
    label,
    scoring,
)
from napari_ovseg.apart import window_logits
from napari_ovseg.asking import queries_steps
from napari_ovseg.features import Features
from napari_ovseg.progress import run
from napari_ovseg.scoring import Queries, decide, label_blocks, upsample
from napari_ovseg.windows import Window

PATCH = 8


def make(shape, working, queries=12, categories=5, threshold=0.0, seed=0, smooth=True):
    torch.manual_seed(seed)
    rows, columns = (-(-side // PATCH) for side in working)
    vectors = torch.randn(rows, columns, 16)
    if smooth:
        vectors = torch.nn.functional.avg_pool2d(vectors.permute(2, 0, 1), 3, 1, 1).permute(1, 2, 0)
    vectors = torch.nn.functional.normalize(vectors, dim=-1)[None]
    window = (Window(0, 0, rows * PATCH, columns * PATCH),)
    features = Features(vectors, window, working, shape, Image.of(np.zeros(shape)), Recipe(), "")
    text = torch.nn.functional.normalize(torch.randn(queries, 16), dim=-1)
    ids = torch.arange(queries) % (categories + 1)
    thresholds = torch.where(ids > 0, threshold, 0.0)
    return features, Queries(text, ids, thresholds, torch.ones(queries, dtype=torch.bool), 40.0)


def plain(features, queries):
    """Interpolate every score to full size, then decide."""
    scores = features.vectors[0].float() @ queries.text.T * queries.scale
    zoom = tuple(PATCH * s / w for s, w in zip(features.shape, features.working, strict=True))
    full = upsample(scores, features.shape, zoom)
    return full, decide(full, queries)


def fast(features, queries):
    return torch.cat([part for _, _, part in label_blocks(features, queries)])


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize(("shape", "working"), [((96, 160), (96, 160)), ((61, 101), (64, 112)), ((300, 210), (100, 70)),
                                                ((40, 50), (160, 200))])  # fmt: skip
def test_fast_equals_plain(shape, working, smooth, threshold):
    for seed in range(3):
        features, queries = make(shape, working, threshold=threshold, smooth=smooth, seed=seed)
        full, expected = plain(features, queries)
        found = fast(features, queries)
        differ = found != expected
        # Only where two scores, or the probability and its threshold, are equal to rounding.
        top = full.topk(2).values
        close = (top[..., 0] - top[..., 1]) < 4e-4
        p = full.softmax(-1).amax(-1)
        close |= (p - threshold).abs() < 1e-4
        assert not bool((differ & ~close).any())
        assert differ.float().mean() < 1e-3


def test_blocks_give_the_same_as_one(monkeypatch):
    features, queries = make((257, 190), (200, 150), threshold=0.3)
    whole = fast(features, queries)
    monkeypatch.setattr(scoring, "_BLOCK", 5000)
    blocks = list(label_blocks(features, queries))
    assert len(blocks) > 5
    assert [b[0] for b in blocks[1:]] == [b[1] for b in blocks[:-1]]
    assert torch.equal(torch.cat([b[2] for b in blocks]), whole)


def test_a_synonym_between_two_corners_is_found():
    """Two queries of A win at the ends of a stretch; B wins in between."""
    vectors = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])[None]
    text = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.9, 0.9]])
    features = Features(
        vectors, (Window(0, 0, 16, 8),), (16, 8), (16, 8), Image.of(np.zeros((16, 8))), Recipe(), ""
    )
    queries = Queries(
        text, torch.tensor([1, 1, 2]), torch.zeros(3), torch.ones(3, dtype=torch.bool), 40.0
    )
    found = fast(features, queries)[:, 0]
    assert found[0] == found[-1] == 1
    assert 2 in found


def test_barred_queries_never_win():
    features, queries = make((64, 64), (64, 64))
    barred = Queries(queries.text, queries.ids, queries.thresholds, queries.ids != 2, 40.0)
    assert 2 in fast(features, queries)
    assert 2 not in fast(features, barred)
    ids = queries.ids.roll(-1)  # the first of which is no contrast word
    for threshold in (0.0, 0.3):
        thresholds = torch.full_like(queries.thresholds, threshold)
        nobody = Queries(queries.text, ids, thresholds, ids > 99, 40.0)
        assert not fast(features, nobody).any()


def test_windows_kept_apart_agree_with_one_window():
    features, queries = make((64, 64), (64, 64))
    twice = Features(features.vectors.repeat(2, 1, 1, 1), features.windows * 2, (64, 64), (64, 64), features.image,
                     features.recipe, "")  # fmt: skip
    assert not twice.merged
    assert (fast(twice, queries) == fast(features, queries)).float().mean() > 0.999


@pytest.mark.parametrize("pamr", [0, 4])
def test_a_single_exact_window_is_interpolated_to_its_own_pixels(pamr):
    """As the papers do where a picture is one window: 66 x 75 px are 8 x 9 patches and a rest."""
    image = np.random.default_rng(0).integers(0, 255, (66, 75, 3)).astype(np.uint8)
    words = Vocabulary.parse("grass; gravel; brick wall")
    recipe = Recipe(
        method="naclip", contrast=(), working_size=WorkingSize(magnification=1), logit_scale=40,
        tiling=Tiling(0, blend="exact"), refinement=Refinement(pamr_steps=pamr), precision="float32",
    )  # fmt: skip
    features = encode(image, recipe, device="cpu")
    assert features.vectors.shape[1:3] == (8, 9)
    queries = run(queries_steps(features, words, recipe))
    found = torch.from_numpy(label(features, words).ids.astype(np.int64))
    if pamr:
        assert torch.isfinite(window_logits(features, queries, 0, 66)).all()
    else:
        scores = (features.vectors[0].float() @ queries.text.T * queries.scale).permute(2, 0, 1)
        full = torch.nn.functional.interpolate(scores[None], (66, 75), mode="bilinear")[0]
        assert (queries.ids[full.argmax(0)] == found).float().mean() > 0.999
        assert len(found.unique()) > 1
