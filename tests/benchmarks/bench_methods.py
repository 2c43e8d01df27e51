"""Every method, labels included, beside bare forwards of its encoders over the same windows.

ViT-B/16 and the guides have their real size and seeded random weights; 21 categories with 56
queries, text embeddings given, float32, windows of 224 at stride 112 (ITACLIP on the small size: 28).
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from tests.benchmarks._memory import peak_of
from tests.benchmarks._row import Row, seconds, side_by_side
from tests.benchmarks.bench_encode import seeded_folder

import napari_ovseg as ov
from napari_ovseg.backbones.guide import load_guide
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.methods import METHODS
from napari_ovseg.scoring import Queries, label_blocks
from napari_ovseg.windows import sliding_windows

PROMISED = {
    "sclip": 1.10, "clearclip": 1.10, "naclip": 1.10, "maskclip": 1.10, "maskclip_value_only": 1.10,
    "sc_clip": 1.2, "proxyclip": 1.08, "gla_clip": 1.18, "itaclip": 1.1,
}  # fmt: skip
SMALL, LARGE = (336, 448), (1024, 1024)


def seeded_guide(folder: Path, architecture: str = "vit_base_patch8_224") -> str:
    import json

    import timm
    from safetensors.torch import save_file

    torch.manual_seed(1)
    folder.mkdir()
    model = timm.create_model(f"{architecture}.dino", pretrained=False, num_classes=0)
    save_file(model.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"architecture": architecture}))
    return str(folder)


class Bench:
    """A method on an image of a size: `ours`, and `bare`, its limit."""

    def __init__(self, method: str, backbone: str, guide: str, size: tuple[int, int]) -> None:
        kind = METHODS.get(method)
        # ITACLIP's own step makes 4500 passes of the large size: the quarter of an hour is spared.
        self.stride = 28 if method == "itaclip" and size == SMALL else 112
        self.passes = kind().passes
        self.image = np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8)
        self.recipe = ov.Recipe(
            backbone=backbone, method=method, guide=guide if kind.default_guide else "",
            working_size=ov.WorkingSize(magnification=1),
            # A stride of 28 px is not one of whole patches, which merging needs.
            tiling=ov.Tiling(224, self.stride, "merged" if self.stride % 16 == 0 else "exact"),
        )  # fmt: skip
        self.backbone = load_backbone(backbone, "cpu")
        self.guide = load_guide(guide, "cpu") if kind.default_guide else None
        ids = torch.arange(56) % 21 + 1
        text = torch.nn.functional.normalize(torch.randn(56, 512), dim=-1)
        self.queries = Queries(text, ids, torch.zeros(56), torch.ones(56, dtype=torch.bool), 40.0)
        pixels = torch.from_numpy(self.image).permute(2, 0, 1) / 255
        windows = sliding_windows(*size, 224, self.stride)
        self.crops = torch.stack([pixels[(slice(None), *w.slices)] for w in windows])

    @torch.inference_mode()
    def ours(self):
        features = ov.encode(self.image, self.recipe, device="cpu")
        for _ in label_blocks(features, self.queries):
            pass

    @torch.inference_mode()
    def bare(self):
        for crops in self.crops.split(6):
            for _ in range(self.passes):
                self.backbone.vision._visual(self.backbone.normalise(crops))
            if self.guide is not None:
                self.guide._vision._trunk.forward_features(crops)


_MEMORY = """
import sys, torch
import napari_ovseg as ov
from napari_ovseg.backbones.guide import load_guide
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.encoding import encode_steps
from tests.benchmarks._memory import counted
torch.set_num_threads(2)
backbone, guide = sys.argv[1:]
recipe = ov.Recipe(backbone=backbone, method="gla_clip", guide=guide,
                   working_size=ov.WorkingSize(magnification=1), tiling=ov.Tiling(224, 112))
load_backbone(backbone, "cpu"), load_guide(guide, "cpu")
image = (torch.rand(2048, 2048, 3) * 255).byte().numpy()
with counted():
    steps = encode_steps(image, recipe, "cpu")
    while (progress := next(steps)).stage != "windows" or progress.done < 3:
        pass
    steps.close()
"""


def rows():
    with tempfile.TemporaryDirectory() as folder:
        backbone = seeded_folder(Path(folder))
        guide = seeded_guide(Path(folder) / "guide")
        for size in (SMALL, LARGE):
            for method, promised in PROMISED.items():
                if METHODS.get(method).default_guide and size == LARGE:
                    continue
                bench = Bench(method, backbone, guide, size)
                slow = method == "itaclip" or size == LARGE
                ours, bare = side_by_side(bench.ours, bench.bare, runs=2 if slow else 3)
                what = f"{method}, {size[0]} x {size[1]}, {len(bench.crops)} windows / bare forward"
                yield Row(what, seconds(ours), seconds(bare), ours / bare, promised)
        light = seeded_guide(Path(folder) / "light", "vit_small_patch16_224")
        small = Bench("gla_clip", backbone, light, SMALL)
        usual = Bench("gla_clip", backbone, guide, SMALL)
        ours, paper = side_by_side(small.ours, usual.ours, runs=2)
        what = "gla_clip with DINO S/16 / with B/8, 336 x 448"
        yield Row(what, seconds(ours), seconds(paper), ours / paper, 1 / 3)
        # Above the weights, until the first windows are done.
        peak = peak_of(_MEMORY, backbone, guide)
        what = "gla_clip, 2048 x 2048, 324 windows: peak over the weights, GiB"
        yield Row(what, f"{peak:.2f}", "4.00", peak, 4.0)
