"""Equal to the official implementations, case by case."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from reference_sets import Case, cases, fill, make_input, text_tower, visual

from napari_ovseg.backbones import Text
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.batches import Encoders, encode_windows
from napari_ovseg.display import Display
from napari_ovseg.features import Features
from napari_ovseg.image import Image
from napari_ovseg.methods import METHODS
from napari_ovseg.progress import run
from napari_ovseg.recipe import Recipe
from napari_ovseg.refine.pamr import pamr
from napari_ovseg.refining import pamr_steps, pixels_of
from napari_ovseg.scoring import Queries, label_blocks, window_logits
from napari_ovseg.settings import Refinement, Tiling
from napari_ovseg.windows import sliding_windows

OURS = {
    "vanilla": "vanilla",
    "sclip": "sclip",
    "maskclip_residual_free": "maskclip_value_only",
    "naclip": "naclip",
    "clearclip": "clearclip",
    "itaclip": "itaclip",
    "proxyclip": "proxyclip",
    "gla": "gla_clip",
    "scclip": "sc_clip",
}
RENAMED = {
    "intermediate_blocks_1based": "middle_blocks", "img_eng_coefficient": "plain_share",
    "lambda1": "window_weight", "lambda2": "positive_weight", "n_neighbors": "neighbours",
    "res_cls": "cls_share", "similarity_gain": "gain", "multi_end_idx": "last_level",
}  # fmt: skip
FROM_0 = {"pre_adjust_idx": "middle", "post_adjust_idx": "early", "multi_start_idx": "first_level"}


def method_of(case: Case):
    """Our method with the case's hyper-parameters; layers are scaled from twelve blocks."""
    kind = METHODS.get(OURS[case["method"]])
    known = {f.name for f in fields(kind)}
    values = {}
    for option, value in case["options"].items():
        name = RENAMED.get(option, FROM_0.get(option, option))
        if name in known:
            number = value + 1 if option in FROM_0 else value
            values[name] = tuple(number) if isinstance(number, list) else number
    if case["method"] == "scclip":
        depth = case["model"]["layers"]
        for name in ("early", "middle", "first_level", "last_level"):
            values[name] = values[name] * 12 / depth
    if case["method"] == "itaclip" and case["kind"] == "pipeline":
        values["id_closing"] = True
        if not case["options"]["image_engineering"]:
            values["views"] = ("original",)
    if case["method"] == "gla":
        values["window_cap"] = 10_000
    return kind(**values)


class SeededBackbone:
    """A backbone as the pipeline sees it, whose inputs are normalised already."""

    def __init__(self, case: Case) -> None:
        self.vision = NativeVision(visual(case))
        self.device = torch.device("cpu")

    def normalise(self, rgb):
        return rgb

    denormalise = normalise


class StandIn:
    """The case's convolution in place of a guide."""

    parameters = 1

    def __init__(self, case: Case, recipe: dict) -> None:
        c = recipe["conv"]
        conv = torch.nn.Conv2d(c["in_channels"], c["out_channels"], c["kernel"], c["stride"])
        self.conv = fill(conv, case, "guide")
        self.constant = recipe.get("constant", 0.0)

    def __call__(self, pixels, grid):
        return self.conv(pixels) + self.constant

    def fine_grid(self, window, grid):
        return grid


def stand_in(case: Case) -> StandIn | None:
    recipes = [w for w in case["weights"] if w["object"] == "guide"]
    return StandIn(case, recipes[0]) if recipes else None


def every(*methods, kind):
    found = cases(*methods, kind=kind)
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


@every(*OURS, kind="dense")
@torch.inference_mode()
def test_dense(case):
    method, vision = method_of(case), NativeVision(visual(case))
    pixels = make_input(case, 0)
    if case["method"] == "proxyclip":
        tokens = method.guided(vision, pixels, lambda _: make_input(case, 1)).flatten(1, 2)
    elif case["method"] == "gla":
        _, *parts = method.read(vision, pixels, lambda _: make_input(case, 1))
        tokens = torch.cat([method.project(vision, m) for m in method.joint(*parts)])
    else:
        tokens = method.tokens(vision, pixels)
    case.check("out", tokens.numpy())


@every("posembed_legacy", kind="dense")
@torch.inference_mode()
def test_positions(case):
    native = make_input(case, 0)
    vision = NativeVision.__new__(NativeVision)
    vision._visual = type("Visual", (), {"positional_embedding": native})
    case.check("out", vision.positions(tuple(case["options"]["grid"])).numpy())


@every("text_tower", kind="dense")
@torch.inference_mode()
def test_text_tower(case):
    tower = text_tower(case)
    model = type("Model", (), {"text": tower, "encode_text": tower.forward})
    case.check("out", Text(model)(make_input(case, 0)).numpy())


def encode(case: Case) -> Features:
    """Encode a case; its image at output size, brought to 0..1, is kept for PAMR.

    PAMR compares differences with their own spread, so a common factor changes nothing.
    """
    o = case["options"]
    image = make_input(case, 0)[0]
    size = tuple(image.shape[-2:])
    windows = sliding_windows(*size, o["crop"], o["stride"])
    tiling = Tiling(o["crop"], o["stride"] or 1, "exact")
    refinement = Refinement(o.get("pamr_steps", 0), tuple(o.get("pamr_dilations", (8, 16))))
    display = Display(limits=(0.0, 1.0))
    recipe = Recipe(method=method_of(case), tiling=tiling, precision="float32",
                    refinement=refinement, display=display)  # fmt: skip
    encoders = Encoders(SeededBackbone(case), stand_in(case))
    vectors = run(encode_windows(encoders, recipe, image, windows))
    shape = tuple(o["output_size"])
    large = torch.nn.functional.interpolate(image[None], size=shape, mode="bilinear")[0]
    picture = ((large - large.min()) / (large.max() - large.min())).permute(1, 2, 0).numpy()
    return Features(vectors, tuple(windows), size, shape, Image.of(picture), recipe, "")


@every(*OURS, kind="pipeline")
@torch.inference_mode()
def test_pipeline(case):
    o = case["options"]
    features = encode(case)
    owner = torch.tensor(o["query_idx"])
    queries = Queries(
        text=make_input(case, 1),
        ids=owner + 1,
        thresholds=torch.full((len(owner),), float(o["prob_thd"])),
        eligible=torch.ones(len(owner), dtype=torch.bool),
        scale=o["logit_scale"],
    )
    logits = window_logits(features, queries, 0, features.shape[0]).permute(2, 0, 1)
    if o.get("pamr_steps"):
        logits = pamr(pixels_of(features, 0, features.shape[0]), logits, o["pamr_steps"], tuple(o["pamr_dilations"]))  # fmt: skip
    wanted = case.outputs()
    if "logits" in wanted:
        case.check("logits", (logits / queries.scale).numpy())
    if o.get("area_thd") is not None:
        queries = bar_small(features, queries, o["area_thd"])
    if "probs" in wanted:
        probabilities = logits.softmax(0)
        best = [probabilities[owner == c].amax(0) for c in range(int(owner.max()) + 1)]
        if case["method"] == "naclip":  # its code divides by the sum over classes
            best = list(torch.stack(best) / sum(best))
        kept = [bool(queries.eligible[owner == c].any()) for c in range(len(best))]
        case.check("probs", torch.stack([b * k for b, k in zip(best, kept, strict=True)]).numpy())
    labels = label_all(features, queries)
    # The original has no unlabelled: what passes no threshold becomes class 0.
    labels = features.recipe.method.finish(np.where(labels == 0, 0, labels - 1))
    case.check("labels", labels.astype(wanted["labels"].dtype))


def label_all(features: Features, queries: Queries) -> np.ndarray:
    if features.recipe.refinement.pamr_steps:
        return run(pamr_steps(features, queries))
    return np.concatenate([part.numpy() for _, _, part in label_blocks(features, queries)])


def bar_small(features: Features, queries: Queries, share: float) -> Queries:
    """area_thd through the pipeline's own function; class 0 is the background there."""
    from dataclasses import replace

    from napari_ovseg.pipeline import bar_small_steps
    from napari_ovseg.vocabulary import Category, Vocabulary

    names = sorted({int(i) for i in queries.ids})
    vocabulary = Vocabulary(
        tuple(Category(i, f"c{i}", role="background" if i == 1 else "thing") for i in names)
    )
    features = replace(features, recipe=replace(features.recipe, area_threshold=share))
    return run(bar_small_steps(features, queries, vocabulary))
