"""CAT-Seg equal to the official implementation, case by case."""

import numpy as np
import pytest
import torch
from reference_sets import cases, fill, make_input, visual

from napari_ovseg.aggregation import Head, Sizes
from napari_ovseg.aggregation._aggregator import Aggregator
from napari_ovseg.apart import window_logits
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.batches import Encoders
from napari_ovseg.comparing import compare_steps
from napari_ovseg.encoding import encode_views
from napari_ovseg.features import Features
from napari_ovseg.image import Image
from napari_ovseg.methods import METHODS
from napari_ovseg.progress import run
from napari_ovseg.recipe import Recipe
from napari_ovseg.scoring import Queries
from napari_ovseg.settings import Tiling


def every(method, kind):
    found = cases(method, kind=kind)
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda case: case.id)


def done(pauses):
    """Run to the end; the result."""
    while True:
        try:
            next(pauses)
        except StopIteration as end:
            return end.value


def sizes_of(case) -> Sizes:
    o = case["options"]
    rows, columns = o["feature_resolution"]
    assert (rows, o["prompt_channel"], o["attention_type"]) == (columns, 1, "linear")
    return Sizes(
        channels=o["appearance_guidance_dim"], hidden=o["hidden_dim"],
        text=o["text_guidance_proj_dim"], appearance=o["appearance_guidance_proj_dim"],
        taps=tuple(o["decoder_guidance_dims"]), guides=tuple(o["decoder_guidance_proj_dims"]),
        decoder=tuple(o["decoder_dims"]), layers=o["num_layers"], heads=o["nheads"], grid=rows,
        window=o["window_size"], most=o["pad_len"], pooling=tuple(o["pooling_size"]),
    )  # fmt: skip


@every("catseg", kind="aggregator")
@torch.inference_mode()
def test_aggregator(case):
    aggregator = fill(Aggregator(sizes_of(case)), case, "aggregator")
    image, text, *taps = (make_input(case, number) for number in range(4))
    views = zip(image, text[:, :, 0], *taps, strict=True)
    maps = torch.stack([done(aggregator.pauses(i, t, (a, b))) for i, t, a, b in views])
    step = case["options"].get("output_slice") or 1
    case.check("out", np.ascontiguousarray(maps[:, :, ::step, ::step]))


def method_of(case, patches):
    taps = tuple(block + 1 for block in case["options"]["taps_0based"])
    return METHODS.get("cat_seg")(patches, taps)


@every("catseg_clip", kind="dense")
@torch.inference_mode()
def test_dense(case):
    pixels, width = make_input(case, 0), case["model"]["width"]
    tokens = method_of(case, 1).tokens(NativeVision(visual(case)), pixels)
    parts = tokens.split([case["model"]["output_dim"], width, width], dim=-1)
    for name, part in zip(("tokens", "tap0", "tap1"), parts, strict=True):
        case.check(name, part.numpy())


class SeededBackbone:
    """A backbone as the encoder sees it, for pictures of 0..255."""

    device = torch.device("cpu")

    def __init__(self, case):
        self.vision = NativeVision(visual(case))
        told = (case["options"][f"clip_pixel_{name}"] for name in ("mean", "std"))
        self.head = head_of(case)
        self.mean, self.std = (torch.tensor(values).view(3, 1, 1) for values in told)

    def normalise(self, rgb):
        return (rgb - self.mean) / self.std


def head_of(case):
    head = Head(sizes_of(case), case["model"]["width"])
    fill(head.transformer, case, "aggregator")
    fill(head.upsample1, case, "upsample1")
    fill(head.upsample2, case, "upsample2")
    return head.eval()


@every("catseg", kind="pipeline")
@torch.inference_mode()
def test_sliding(case):
    o, backbone = case["options"], SeededBackbone(case)
    side, clip = o["canvas"][0], o["clip_resolution"][0]
    assert o["canvas"] == [side] * 2
    assert o["clip_resolution"] == [clip] * 2
    stride = int(o["kernel"] * (1 - o["overlap"]))
    method = method_of(case, clip // backbone.vision.patch)
    tiling = method.tiling(Tiling(o["kernel"], stride, canvas=side), backbone.vision)
    recipe = Recipe(method=method, tiling=tiling, precision="float32")
    vectors, windows = run(encode_views(Encoders(backbone), recipe, make_input(case, 0)))
    shape = tuple(o["output_size"])
    picture = Image.of(np.zeros(shape))
    features = Features(vectors, tuple(windows), (side, side), shape, picture, recipe, "")
    text = make_input(case, 1)[0, :, 0]
    some = torch.ones(len(text))
    queries = Queries(text, some.long(), some * 0, some.bool(), 1.0, independent=True)
    features = run(compare_steps(features, queries, backbone.head))
    scores = window_logits(features, queries, 0, shape[0]).permute(2, 0, 1)
    case.check("out", scores.numpy())
