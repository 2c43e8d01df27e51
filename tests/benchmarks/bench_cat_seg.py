"""CAT-Seg at its published size with seeded weights, beside dense forwards of its own encoder.

The limit is one forward of CLIP ViT-B/16 over the same five views of 384 px (four windows of
640 x 640 and the view of the whole); embeddings of the words are given, labels are included.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import open_clip
import torch
from tests.benchmarks._memory import peak_of
from tests.benchmarks._row import Row, seconds, side_by_side

import napari_ovseg as ov
from napari_ovseg.aggregation import Head, Sizes
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.comparing import compare_steps
from napari_ovseg.interpolate import stretched
from napari_ovseg.progress import run
from napari_ovseg.scoring import Queries, label_blocks
from napari_ovseg.windows import sliding_windows

SIDE = 640


def seeded_model(folder: Path) -> str:
    """CLIP ViT-B/16 and a head of the published size, with seeded random weights."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    config = open_clip.get_model_config("ViT-B-16-quickgelu")
    for name, model in (
        ("open_clip_model", open_clip.model.CLIP(**config)),
        ("cat_seg", Head(Sizes(), 768)),
    ):
        tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
        save_file(tensors, folder / f"{name}.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    return str(folder)


def picture():
    return np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)


def recipe_of(folder: str) -> ov.Recipe:
    size = ov.WorkingSize(magnification=1)
    return ov.Recipe(backbone=folder, method="cat_seg", working_size=size)


def words(count: int) -> Queries:
    text, some = torch.randn(count, 512), torch.ones(count)
    return Queries(text, torch.arange(count) + 1, some * 0, some.bool(), 1.0, independent=True)


@torch.inference_mode()
def labelled(features, queries, head) -> None:
    for _ in label_blocks(run(compare_steps(features, queries, head)), queries):
        pass


_MEMORY = """
import sys, torch
torch.set_num_threads(2)
from tests.benchmarks._memory import counted
from tests.benchmarks.bench_cat_seg import *
folder, count = sys.argv[1], int(sys.argv[2])
head = load_backbone(folder, "cpu").head
with counted(whole=True):
    labelled(ov.encode(picture(), recipe_of(folder), device="cpu"), words(count), head)
"""


def rows():
    with tempfile.TemporaryDirectory() as name:
        folder = seeded_model(Path(name))
        backbone, image, recipe = load_backbone(folder, "cpu"), picture(), recipe_of(folder)
        pixels = torch.from_numpy(image).permute(2, 0, 1) / 255
        views = [pixels[(slice(None), *w.slices)] for w in sliding_windows(SIDE, SIDE, 384, 256)]
        views = backbone.normalise(torch.stack([*views, stretched(pixels[None], 384)[0]]))
        last = backbone.vision.blocks[-1]

        @torch.inference_mode()
        def dense():
            for pair in views.split(2):
                x = backbone.vision.embed(pair, to_size=True)
                for block in backbone.vision.blocks[:-1]:
                    x = block(x)
                backbone.vision.project(last(x))

        def everything(count):
            features = ov.encode(image, recipe, device="cpu")
            labelled(features, words(count), backbone.head)

        ours, limit = side_by_side(lambda: everything(21), dense, runs=3)
        what = "cat_seg, 640 x 640, 5 views, 21 categories / dense forward"
        yield Row(what, seconds(ours), seconds(limit), ours / limit, 4.0)
        features = ov.encode(image, recipe, device="cpu")
        assert len(features.windows) == 5
        for count, promised in ((20, 3.0), (171, 25.0)):
            queries = words(count)
            again = lambda: labelled(features, queries, backbone.head)  # noqa: B023, E731
            ours, limit = side_by_side(again, dense, runs=3 if count == 20 else 1)
            each = f"{seconds(ours / count)} each"
            what = f"cat_seg, cached, {count} categories anew ({each}) / dense forward"
            yield Row(what, seconds(ours), seconds(limit), ours / limit, promised)
        for count, promised in ((21, 3.0), (171, 6.0)):
            most = peak_of(_MEMORY, folder, str(count))
            what = f"cat_seg, 640 x 640, {count} categories: peak of the process, GiB"
            yield Row(what, f"{most:.2f}", f"{promised:.2f}", most, promised)
