"""CAT-Seg: its head runs on cached features, once for all that labelling asks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import napari_ovseg as ov
from models import CAT_SEG, cat_seg_folder
from napari_ovseg import batches, comparing, presets, text
from napari_ovseg.aggregation import Head, Sizes, _groups
from napari_ovseg.aggregation._aggregator import Aggregator
from napari_ovseg.apart import window_logits
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.cli import main
from napari_ovseg.errors import RecipeError, WeightsError
from napari_ovseg.feature_cache import FeatureCache
from napari_ovseg.pipeline import encode_steps, label_steps
from napari_ovseg.progress import run
from napari_ovseg.scoring import Queries, decide

WORDS = ov.Vocabulary.parse("grass; gravel; brick wall")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cat_seg_folder(tmp_path_factory.mktemp("cat_seg"))


def picture(height=500, width=450, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)


def recipe_of(folder, size=None, **tiling):
    size = size or ov.WorkingSize(magnification=1)
    return ov.Recipe(backbone=folder, method="cat_seg", working_size=size, tiling=ov.Tiling(**tiling), contrast=())  # fmt: skip


def test_a_model_without_a_head_says_what_is_missing():
    with pytest.raises(WeightsError, match="needs weights of its own, which 'starter' does not"):
        ov.encode(picture(60, 60), ov.Recipe(method="cat_seg"))


def test_new_words_run_the_head_only(folder, tmp_path, monkeypatch):
    recipe, cache = recipe_of(folder), FeatureCache(tmp_path / "cache")
    image = picture()
    features = run(encode_steps(image, recipe, "cpu", cache=cache))
    assert len(features.windows) == 5
    first = ov.label(features, WORDS)
    encoder = load_backbone(folder, "cpu").vision
    monkeypatch.setattr(
        encoder, "embed", lambda *_, **__: pytest.fail("the image was encoded again")
    )
    reopened = run(encode_steps(image, recipe, "cpu", cache=FeatureCache(tmp_path / "cache")))
    assert (ov.label(reopened, WORDS).ids == first.ids).all()
    other = ov.label(reopened, ov.Vocabulary.parse("sky; sea"))
    assert set(np.unique(other.ids)) <= {1, 2}


def test_the_head_runs_once_for_thresholds_areas_and_refinement(folder, monkeypatch):
    views = []
    pauses = Head.pauses
    monkeypatch.setattr(Head, "pauses", lambda *a: (views.append(1), pauses(*a))[1])
    features = ov.encode(picture(), recipe_of(folder))
    wanted = replace(features.recipe, area_threshold=0.05, refinement=ov.Refinement(pamr_steps=1))
    run(label_steps(features, WORDS, wanted))
    assert len(views) == 5


def test_windows_the_whole_and_a_single_pass(folder):
    def windows(**tiling):
        features = ov.encode(picture(640, 640), recipe_of(folder, **tiling))
        return [(w.top, w.left, w.height, w.width) for w in features.windows]

    four = [(t, left, 384, 384) for t in (0, 256) for left in (0, 256)]
    assert windows() == [*four, (0, 0, 640, 640)]
    assert windows(whole=False) == four
    assert windows(crop=0) == [(0, 0, 640, 640)]
    assert len(windows(overlap=1)) == 5
    assert windows(crop=0, canvas=200) == [(0, 0, 200, 200)]


def test_the_official_evaluation_is_a_preset(folder):
    recipe = presets.preset("paper:cat_seg:ade150", ov.Recipe(backbone=folder))
    features = ov.encode(picture(320, 480), recipe)
    assert features.working == (640, 640)
    whole = features.windows[-1]
    assert (whole.height, whole.width) == (640, 960)
    assert len(features.windows) == 5
    assert ov.label(features, WORDS).ids.shape == (320, 480)


def scored(features, folder, words=6, seed=0):
    torch.manual_seed(seed)
    text, some = torch.randn(words, 16), torch.ones(words)
    ids = torch.arange(words) + 1
    queries = Queries(text, ids, some * 0, some.bool(), 1.0, independent=True)
    head = load_backbone(folder, "cpu").head
    return run(comparing.compare_steps(features, queries, head)), queries


@pytest.mark.parametrize("shape", [(500, 450), (1300, 64), (64, 1300), (300, 300)])
def test_rows_in_any_blocks_are_those_of_the_whole(folder, shape):
    features, queries = scored(ov.encode(picture(*shape), recipe_of(folder)), folder)
    together = window_logits(features, queries, 0, shape[0])
    assert together.min() >= 0
    assert together.max() <= 1
    parts = [window_logits(features, queries, s, min(s + 37, shape[0])) for s in range(0, shape[0], 37)]  # fmt: skip
    assert torch.allclose(torch.cat(parts), together, atol=1e-6)


def test_the_view_of_the_whole_counts_as_much_as_all_windows(folder):
    features, queries = scored(ov.encode(picture(), recipe_of(folder)), folder)

    def mean(**changes):
        return window_logits(replace(features, **changes), queries, 0, 500)

    windows = mean(windows=features.windows[:-1], recipe=recipe_of(folder, whole=False, crop=384))
    maps = features.vectors[-1:]
    alone = mean(windows=features.windows[-1:], vectors=maps, recipe=recipe_of(folder, crop=0))
    # Alone it is settled at the image's size, beside windows at theirs.
    assert (mean() - (windows + alone) / 2).abs().max() < 0.02
    assert not torch.allclose(mean(), windows, atol=0.02)


def test_a_threshold_is_compared_with_the_probability_of_its_own(folder):
    features, queries = scored(ov.encode(picture(), recipe_of(folder)), folder)
    scores = window_logits(features, queries, 0, 500)
    limit = float(scores.amax(-1).median())
    strict = replace(queries, thresholds=torch.full((6,), limit))
    ids = decide(scores, strict)
    assert ((ids == 0) == (scores.amax(-1) < limit)).all()


def test_a_margin_leaves_more_to_the_background(folder):
    features = ov.encode(picture(), recipe_of(folder))
    words = ov.Vocabulary.parse("grass; gravel; background")
    shares = [
        (ov.label(features, words, ov.Recipe(contrast=(), background_margin=m)).ids == 3).mean()
        for m in (-100.0, None, 0.0, 1.0, 10.0)
    ]
    assert shares == sorted(shares)
    assert shares[1] == shares[2]
    assert shares[0] < shares[-1]


def test_scores_depend_on_the_other_words(folder):
    features = ov.encode(picture(), recipe_of(folder))
    few, queries = scored(features, folder)
    text = queries.text
    more = replace(queries, text=torch.cat([text, torch.randn(4, 16)]))
    head = load_backbone(folder, "cpu").head
    many = run(comparing.compare_steps(features, more, head)).vectors[..., :6]
    assert not torch.allclose(many, few.vectors, atol=1e-4)


def done(pauses):
    while True:
        try:
            next(pauses)
        except StopIteration as end:
            return end.value


def inputs(words, sizes=CAT_SEG):
    torch.manual_seed(1)
    shapes = [(sizes.channels, 4, 4), (words, sizes.channels), (sizes.taps[0], 8, 8), (sizes.taps[1], 16, 16)]  # fmt: skip
    image, text, *taps = (torch.randn(shape) for shape in shapes)
    return image, text, taps


@torch.inference_mode()
def test_the_order_of_words_does_not_matter_and_groups_change_nothing(monkeypatch):
    torch.manual_seed(0)
    aggregator = Aggregator(CAT_SEG).eval()
    image, text, taps = inputs(9)
    maps = done(aggregator.pauses(image, text, taps))
    order = torch.randperm(9)
    assert torch.allclose(done(aggregator.pauses(image, text[order], taps)), maps[order], atol=1e-5)
    monkeypatch.setattr(_groups, "_NUMBERS", 1)
    steps = list(aggregator.pauses(image, text, taps))
    assert len(steps) > 9 * 3
    assert torch.allclose(done(aggregator.pauses(image, text, taps)), maps, atol=1e-5)


@torch.inference_mode()
def test_where_memory_runs_out_groups_become_smaller(monkeypatch):
    asked = []

    def work(part):
        asked.append(len(part))
        if len(part) > 2:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return part * 2

    x = torch.arange(7.0)[:, None]
    assert torch.equal(done(_groups.in_groups(work, x, 1)), x * 2)
    assert asked == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    with pytest.raises(RuntimeError, match="not enough"):
        done(_groups.in_groups(lambda _: work(x), x, 1))


PARTS = ("conv1", "layers.0.swin_block.block_1", "layers.1.attention.attention", "decoder1")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")])  # fmt: skip
@torch.inference_mode()
def test_every_part_of_the_aggregator_goes_on_in_smaller_groups(part, error):
    torch.manual_seed(0)
    aggregator = Aggregator(CAT_SEG).eval()
    given = inputs(9)
    whole, asked = done(aggregator.pauses(*given)), []

    def refuse(_, inputs):
        asked.append(len(inputs[0]))
        if len(inputs[0]) > 2:
            raise error

    aggregator.get_submodule(part).register_forward_pre_hook(refuse)
    assert torch.allclose(done(aggregator.pauses(*given)), whole, atol=1e-5)
    assert max(asked) > 2
    assert 1 <= min(asked) <= 2


def test_labels_are_the_same_where_memory_is_short(folder):
    features = ov.encode(picture(), recipe_of(folder))
    whole, head = ov.label(features, WORDS).ids, load_backbone(folder, "cpu").head

    def refuse(_, inputs):
        if len(inputs[0]) > 1:
            raise MemoryError

    hook = head.transformer.decoder1.register_forward_pre_hook(refuse)
    try:
        assert (ov.label(features, WORDS).ids == whole).mean() > 0.999
    finally:
        hook.remove()


@torch.inference_mode()
def test_beyond_what_competes_the_likeliest_words_of_a_view_do():
    torch.manual_seed(0)
    few = replace(CAT_SEG, most=5)
    aggregator = Aggregator(few).eval()
    image, text, taps = inputs(8)
    maps = done(aggregator.pauses(image, text, taps))
    normal = torch.nn.functional.normalize
    best = torch.einsum("tc,chw->thw", normal(text, dim=-1), normal(image, dim=0)).amax((1, 2))
    chosen = best.topk(5).indices.sort().values
    out = (maps == -100).all((1, 2))
    assert torch.equal((~out).nonzero()[:, 0], chosen)
    alone = done(aggregator.pauses(image, text[chosen], taps))
    assert torch.allclose(maps[chosen], alone, atol=1e-5)


def test_more_words_than_compete_are_told(folder, tmp_path, capsys):
    Image.fromarray(picture(40, 40)).save(tmp_path / "p.png")
    words = "; ".join(f"thing {n}" for n in range(260))
    assert main(["segment", str(tmp_path / "p.png"), "--words", words, "--backbone", folder, "--method", "cat_seg",
                 "--domain", "none", "-o", str(tmp_path / "out")]) == 0  # fmt: skip
    assert "at most 256 of the 260 words" in capsys.readouterr().err
    assert Sizes().most == 256
    assert recipe_of(folder).remark(WORDS) == ""


@pytest.mark.parametrize(
    ("tiling", "told"),
    [
        ({"scales": (1.0, 0.5)}, "at one scale"),
        ({"crop": 3}, "smaller than a patch"),
        ({"canvas": 0}, "canvas must be"),
    ],
)
def test_impossible_windows(folder, tiling, told):
    with pytest.raises(RecipeError, match=told):
        ov.encode(picture(60, 60), recipe_of(folder, **tiling))


@pytest.mark.parametrize("tiling", [{"whole": True}, {"canvas": 64}])
def test_other_methods_see_no_whole(tiling):
    with pytest.raises(RecipeError, match="sclip sees no image stretched or as a whole"):
        ov.encode(picture(60, 60), ov.Recipe(tiling=ov.Tiling(**tiling)))


def test_another_grid_than_the_heads_is_refused(folder):
    method = ov.METHODS.get("cat_seg")(patches=6)
    features = ov.encode(picture(60, 60), replace(recipe_of(folder), method=method))
    with pytest.raises(RecipeError, match="trained with 4 patches"):
        ov.label(features, WORDS)


def test_scores_that_would_not_fit_are_refused_before_the_work(folder, monkeypatch):
    features = ov.encode(picture(), recipe_of(folder))
    monkeypatch.setattr(comparing, "_MOST_BYTES", 4 * 16 * 16 * 5 * 3 - 1)
    told = r"scores of 5 windows and 3 words would take .* choose a smaller working size or fewer"
    monkeypatch.setattr(Head, "pauses", lambda *_: pytest.fail("was compared"))
    with pytest.raises(RecipeError, match=told):
        ov.label(features, WORDS)
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("was encoded"))
    with pytest.raises(RecipeError, match=told):
        ov.segment(picture(), WORDS, recipe_of(folder))


def test_what_the_limit_is_worked_out_from_is_what_the_head_makes(folder):
    features, queries = scored(ov.encode(picture(), recipe_of(folder)), folder)
    cells = load_backbone(folder, "cpu").head.cells
    assert features.nbytes == 4 * cells * len(features.windows) * len(queries.ids)


def test_too_many_windows_are_refused_before_the_work(folder, monkeypatch):
    monkeypatch.setattr(comparing, "_MOST_WINDOWS", 4)
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("was encoded"))
    with pytest.raises(RecipeError, match="5 windows would have to be kept apart, at most 4"):
        ov.encode(picture(), recipe_of(folder))


@pytest.mark.parametrize("precision", ["float16", "float32"])
def test_features_are_kept_in_the_precision_of_the_recipe(folder, precision):
    recipe = replace(recipe_of(folder), precision=precision)
    assert ov.encode(picture(), recipe).vectors.dtype == getattr(torch, precision)


def test_comparing_can_be_cancelled_within_a_window(folder):
    features = ov.encode(picture(60, 60), recipe_of(folder))
    ov.label(features, WORDS)
    stages = [p.stage for p in label_steps(features, WORDS)]
    assert stages.count("comparing") >= 5  # two layers of two attentions, and the decoder


def test_the_head_is_written_into_the_provenance(folder):
    annotation = ov.segment(picture(60, 60), WORDS, recipe_of(folder))
    assert load_backbone(folder, "cpu").head_fingerprint in annotation.provenance.weights
    assert json.loads(Path(folder, "manifest.json").read_text())["licence"] in annotation.provenance.weights  # fmt: skip


def test_cat_seg_puts_words_into_its_own_prompt(folder, monkeypatch):
    backbone = load_backbone(folder, "cpu")
    asked = []
    tokenize = backbone.tokenize
    monkeypatch.setattr(text, "_memory", {})
    spy = replace(backbone, tokenize=lambda prompts: (asked.extend(prompts), tokenize(prompts))[1])
    template = ov.METHODS.get("cat_seg").template
    run(text.embed_steps(spy, [((1.0, "zebra crossing"),)], template))
    assert asked == ["A photo of a zebra crossing in the scene"]
    run(text.embed_steps(spy, [((1.0, "zebra crossing"),)]))
    assert len(asked) == 81  # the ensemble's embedding is another, and kept apart
