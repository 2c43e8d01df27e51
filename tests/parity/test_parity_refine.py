"""PAMR equal to the official implementation, case by case."""

import pytest
import torch
from reference_sets import cases, make_input

from napari_ovseg.refine.pamr import pamr

CASES = cases("pamr", kind="refine")
assert CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@torch.inference_mode()
def test_pamr(case):
    (image,), (maps,) = make_input(case, 0), make_input(case, 1)
    options = case["options"]
    refined = pamr(image, maps, options["iterations"], tuple(options["dilations"]))
    case.check("out", refined[None].numpy())
