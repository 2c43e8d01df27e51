"""Equal to the official implementations, case by case."""

import numpy as np
import pytest
import torch
from reference_sets import Case, cases, make_input, text_tower, visual

from napari_ovseg.backbones import Text, Vision
from napari_ovseg.encoding import encode_windows
from napari_ovseg.features import Features
from napari_ovseg.image import Grid
from napari_ovseg.methods import METHODS
from napari_ovseg.progress import run
from napari_ovseg.recipe import Recipe, Tiling
from napari_ovseg.scoring import Queries, label_blocks, window_logits
from napari_ovseg.windows import sliding_windows

OURS = {"vanilla": "vanilla", "sclip": "sclip", "maskclip_residual_free": "maskclip_value_only"}


class SeededBackbone:
    """A backbone as the pipeline sees it, whose inputs are normalised already."""

    def __init__(self, case: Case) -> None:
        self.vision = Vision(visual(case))
        self.device = torch.device("cpu")

    def normalise(self, rgb):
        return rgb


def every(*methods, kind):
    found = cases(*methods, kind=kind)
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


@every(*OURS, kind="dense")
@torch.inference_mode()
def test_dense(case):
    method = METHODS.get(OURS[case["method"]])()
    tokens = method.tokens(Vision(visual(case)), make_input(case, 0))
    case.check("out", tokens.numpy())


@every("posembed_legacy", kind="dense")
@torch.inference_mode()
def test_positions(case):
    native = make_input(case, 0)
    vision = Vision.__new__(Vision)
    vision._visual = type("Visual", (), {"positional_embedding": native})
    case.check("out", vision.positions(tuple(case["options"]["grid"])).numpy())


@every("text_tower", kind="dense")
@torch.inference_mode()
def test_text_tower(case):
    tower = text_tower(case)
    model = type("Model", (), {"text": tower, "encode_text": tower.forward})
    case.check("out", Text(model)(make_input(case, 0)).numpy())


def encode(case: Case, method: str) -> Features:
    o = case["options"]
    image = make_input(case, 0)[0]
    size = tuple(image.shape[-2:])
    windows = sliding_windows(*size, o["crop"], o["stride"])
    recipe = Recipe(
        method=method, tiling=Tiling(o["crop"], o["stride"], "exact"), precision="float32"
    )
    vectors = run(encode_windows(SeededBackbone(case), recipe, image, windows))
    shape = tuple(o["output_size"])
    return Features(vectors, tuple(windows), size, shape, Grid.regular(2), "case", recipe, "")


@every("sclip", kind="pipeline")
@torch.inference_mode()
def test_pipeline(case):
    o = case["options"]
    features = encode(case, OURS[case["method"]])
    owner = torch.tensor(o["query_idx"])
    queries = Queries(
        text=make_input(case, 1),
        ids=owner + 1,
        thresholds=torch.full((len(owner),), float(o["prob_thd"])),
        eligible=torch.ones(len(owner), dtype=torch.bool),
        scale=o["logit_scale"],
    )
    logits = window_logits(features, queries, 0, features.shape[0]).permute(2, 0, 1)
    wanted = case.outputs()
    if "logits" in wanted:
        case.check("logits", (logits / queries.scale).numpy())
    if o.get("area_thd") is not None:
        queries = bar_small(features, queries, o["area_thd"])
    if "probs" in wanted:
        probabilities = logits.softmax(0)
        best = [probabilities[owner == c].amax(0) for c in range(int(owner.max()) + 1)]
        kept = [bool(queries.eligible[owner == c].any()) for c in range(len(best))]
        case.check("probs", torch.stack([b * k for b, k in zip(best, kept, strict=True)]).numpy())
    labels = np.concatenate([part.numpy() for _, _, part in label_blocks(features, queries)])
    # The original has no unlabelled: what passes no threshold becomes class 0.
    case.check("labels", np.where(labels == 0, 0, labels - 1).astype(wanted["labels"].dtype))


def bar_small(features: Features, queries: Queries, share: float) -> Queries:
    """area_thd through the pipeline's own function; class 0 is the background there."""
    from dataclasses import replace

    from napari_ovseg.pipeline import without_small
    from napari_ovseg.vocabulary import Category, Vocabulary

    unthresholded = replace(queries, thresholds=torch.zeros_like(queries.thresholds))
    ids = np.concatenate([part.numpy() for _, _, part in label_blocks(features, unthresholded)])
    names = sorted({int(i) for i in queries.ids})
    vocabulary = Vocabulary(
        tuple(Category(i, f"c{i}", role="background" if i == 1 else "thing") for i in names)
    )
    return without_small(queries, ids, vocabulary, share)
