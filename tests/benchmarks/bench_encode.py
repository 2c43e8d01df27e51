"""``encode`` beside a bare batched forward of the same encoder over the same windows."""

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file
from tests.benchmarks._row import Row, seconds, side_by_side

import napari_ovseg as ov
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.batches import Encoders, batch_size
from napari_ovseg.windows import sliding_windows

NAME = "open_clip_model.safetensors"


def seeded_folder(folder: Path, architecture: str = "ViT-B-16-quickgelu") -> str:
    """A model of full size with seeded random weights, in the real format."""
    torch.manual_seed(0)
    config = open_clip.get_model_config(architecture)
    model = open_clip.model.CLIP(**config)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / NAME)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    sums = {NAME: hashlib.sha256((folder / NAME).read_bytes()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"sha256": sums}))
    return str(folder)


def rows():
    image = np.random.default_rng(0).integers(0, 255, (1024, 1024, 3)).astype(np.uint8)
    windows = sliding_windows(1024, 1024, 224, 112)
    assert len(windows) == 81
    with tempfile.TemporaryDirectory() as folder:
        name = seeded_folder(Path(folder))
        backbone = load_backbone(name, "cpu")
        recipe = ov.Recipe(backbone=name, working_size=ov.WorkingSize(magnification=1))
        size = batch_size(Encoders(backbone), windows[0])
        pixels = backbone.normalise(torch.from_numpy(image).permute(2, 0, 1) / 255)
        crops = torch.stack([pixels[(slice(None), *w.slices)] for w in windows])

        @torch.inference_mode()
        def bare():
            for start in range(0, len(crops), 8):
                backbone.vision._visual(crops[start : start + 8])

        ours, limit = side_by_side(lambda: ov.encode(image, recipe, device="cpu"), bare, runs=3)
    what = f"encode 1024 x 1024, ViT-B/16, 81 windows (batch {size}) / bare forward (batch 8)"
    yield Row(what, seconds(ours), seconds(limit), ours / limit, 1.2)
