"""``ovseg segment`` from nothing, beside 10 s and beside the bare forward of the starter."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from open_clip.model import CLIP
from PIL import Image
from tests.benchmarks._row import Row, seconds

import napari_ovseg as ov
from napari_ovseg.backbones._files import STARTER, in_folder, read_tensors
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.image import Image as Picture
from napari_ovseg.merging import scaled
from napari_ovseg.working import cut, resolve, working_image

LIMIT = 10.0


def cold(picture: Path, folder: Path) -> float:
    """Seconds of a new process with an empty cache, its imports and the model's load included."""
    words = "cell nucleus; cytoplasm; background"
    command = [sys.executable, "-m", "napari_ovseg.cli", "segment", str(picture), "--words", words]
    threads = str(torch.get_num_threads())
    environment = {**os.environ, "OVSEG_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": threads}
    start = time.perf_counter()
    subprocess.run([*command, "-o", str(folder / "out")], check=True, env=environment, stdout=subprocess.DEVNULL)  # fmt: skip
    return time.perf_counter() - start


@torch.inference_mode()
def bare(image: np.ndarray) -> float:
    """Seconds of open_clip's forward of the starter over the same windows, batches of 8."""
    backbone, weights = load_backbone("starter", "cpu"), in_folder(STARTER)
    model = CLIP(**weights.config["model_cfg"]).eval()
    model.load_state_dict(read_tensors(weights.file))
    picture = Picture.of(image)
    recipe = resolve(ov.Recipe(), picture, backbone)
    rgb = working_image(picture, recipe)
    crops = []
    for scale in recipe.tiling.scales:
        pixels, windows = cut(scaled(rgb, scale), recipe, backbone)
        crops += [backbone.normalise(pixels[(slice(None), *w.slices)]) for w in windows]
    stack = torch.stack(crops)
    model.visual(stack[:8])
    start = time.perf_counter()
    for first in range(0, len(stack), 8):
        model.visual(stack[first : first + 8])
    return time.perf_counter() - start


def rows():
    image = np.random.default_rng(0).integers(0, 255, (1024, 1024, 3)).astype(np.uint8)
    took, forward = [], []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as name:
            picture = Path(name) / "picture.png"
            Image.fromarray(image).save(picture)
            took.append(cold(picture, Path(name)))
        forward.append(bare(image))
    what = "ovseg segment, 1024 x 1024, starter, cold start"
    yield Row(f"{what} / 10 s", seconds(min(took)), seconds(LIMIT), min(took) / LIMIT, 1.0)
    ratio = min(took) / min(forward)
    yield Row(f"{what} / bare forward", seconds(min(took)), seconds(min(forward)), ratio, 10.0)
