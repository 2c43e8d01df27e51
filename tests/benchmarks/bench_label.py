"""``label`` beside interpolating every score to full size, with equal labels; and its memory."""

from functools import partial

import torch
from tests.benchmarks._memory import peak_of
from tests.benchmarks._row import Row, seconds, side_by_side

import napari_ovseg as ov
from napari_ovseg.scoring import Queries, label_blocks


def photograph():
    """A real photograph of scikit-image at 1024 x 1024, RGB uint8."""
    import numpy as np
    from PIL import Image
    from skimage import data

    return np.asarray(Image.fromarray(data.astronaut()).resize((1024, 1024)))


def queries(categories: int, synonyms: int, threshold: float) -> tuple[ov.Features, Queries]:
    from napari_ovseg.backbones.open_clip import load_backbone
    from napari_ovseg.progress import run
    from napari_ovseg.starter.words import words as known
    from napari_ovseg.text import embed_steps

    features = ov.encode(photograph(), ov.Recipe(), device="cpu")
    words = [
        (name, i)
        for i, group in enumerate(list(known().values())[:categories], 1)
        for name in group[:synonyms]
    ]
    text = run(embed_steps(load_backbone("starter", "cpu"), [((1.0, w),) for w, _ in words]))
    ids = torch.tensor([i for _, i in words])
    thresholds = torch.full((len(ids),), threshold)
    return features, Queries(text, ids, thresholds, torch.ones(len(ids), dtype=torch.bool), 40.0)


def full_size(features: ov.Features, table: Queries) -> torch.Tensor:
    """Every cosine at every pixel: (Q, h, w), queries first as everybody has them."""
    scores = (features.vectors[0].float() @ table.text.mT).permute(2, 0, 1).contiguous()
    patch = features.windows[0].height / features.vectors.shape[1]
    zoom = [patch * s / w for s, w in zip(features.shape, features.working, strict=True)]
    return torch.ops.aten.upsample_bilinear2d.default(
        scores[None], list(features.shape), False, *zoom
    )[0]


@torch.inference_mode()
def plain(features: ov.Features, table: Queries) -> torch.Tensor:
    """What everybody does: interpolate all scores to the image, then choose."""
    full = full_size(features, table)
    if not bool((table.thresholds > 0).any()):
        return table.ids[full.argmax(0)]
    # softmax over queries, the best query of each category, then the threshold
    probabilities = (full * table.scale).softmax(0)
    owner = (table.ids - 1).view(-1, 1, 1).expand_as(probabilities)
    shape = (int(table.ids.max()), *full.shape[1:])
    best, category = torch.zeros(shape).scatter_reduce(0, owner, probabilities, "amax").max(0)
    return torch.where(best < table.thresholds[0], 0, category + 1)


@torch.inference_mode()
def ours(features: ov.Features, table: Queries) -> torch.Tensor:
    return torch.cat([part for _, _, part in label_blocks(features, table)])


def equal(features, table) -> float:
    """Share of pixels that differ, without ties and with them (equal to rounding)."""
    differ = plain(features, table) != ours(features, table)
    full = full_size(features, table)
    top = full.topk(2, dim=0).values
    p = (full * table.scale).softmax(0).amax(0)
    tie = (top[0] - top[1] < 1e-6) | ((p - table.thresholds[0]).abs() < 1e-5)
    return float((differ & ~tie).float().mean()), float(differ.float().mean())


_MEMORY = """
import sys, torch
import numpy as np
import napari_ovseg as ov
from napari_ovseg.features import Features
from napari_ovseg.scoring import Queries, label_blocks
from napari_ovseg.windows import Window
from tests.benchmarks._memory import counted
torch.set_num_threads(2)
torch.manual_seed(0)
side, patch, count = 8192, 16, 150
cells = side // patch
vectors = torch.empty(1, cells, cells, 512, dtype=torch.half).normal_()
features = Features(vectors, (Window(0, 0, side, side),), (side, side), (side, side), ov.Image.of(np.broadcast_to(np.uint8(0), (side, side))), ov.Recipe(), "")
text = torch.nn.functional.normalize(torch.randn(count, 512), dim=-1)
table = Queries(text, torch.arange(count) + 1, torch.full((count,), float(sys.argv[1])), torch.ones(count, dtype=torch.bool), 40.0)
result = torch.zeros(side, side, dtype=torch.int16)
with torch.inference_mode():
    torch.nn.functional.interpolate(torch.randn(1, 2, 8, 8), size=(64, 64), mode="bilinear")
result[:] = 1  # its pages are taken before the count
with counted(), torch.inference_mode():
    for start, stop, part in label_blocks(features, table):
        result[start:stop] = part.to(torch.int16)
"""


def rows():
    for what, table, promised in (
        ("20 categories, one query each", (20, 1, 0.0), 4.0),
        ("20 categories, synonyms and thresholds 0.3", (20, 4, 0.3), 2.0),
    ):
        features, question = queries(*table)
        wrong, _ = equal(features, question)
        assert wrong == 0, f"{wrong:.2e} of the labels differ"
        limit, mine = side_by_side(
            partial(plain, features, question), partial(ours, features, question)
        )
        note = f"interpolate + argmax / label 1024 x 1024, {what}"
        yield Row(note, seconds(limit), seconds(mine), limit / mine, promised, at_least=True)
    for threshold in ("0", "0.3"):
        gigabytes = peak_of(_MEMORY, threshold)
        note = f"peak of label 8192 x 8192, 150 categories, threshold {threshold}, over features and result, GiB"
        yield Row(note, f"{gigabytes:.2f}", "1.00", gigabytes, 1.0)
