"""CAT-Seg equal to the official implementation, case by case."""

import numpy as np
import pytest
import torch
from reference_sets import cases, fill, make_input

from napari_ovseg.aggregation import Sizes
from napari_ovseg.aggregation._aggregator import Aggregator


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
