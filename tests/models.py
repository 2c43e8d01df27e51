"""A tiny CLIP with seeded random weights, in the real file formats."""

import hashlib
import json
from pathlib import Path

import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def tiny_clip(seed=0, **changes):
    torch.manual_seed(seed)
    return CLIP(**{**CONFIG, **changes}).eval()


def write_folder(folder: Path, model=None, manifest=True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = model or tiny_clip()
    weights = folder / "open_clip_model.safetensors"
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, weights)
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {}})
    )
    if manifest:
        sums = {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()}
        (folder / "manifest.json").write_text(json.dumps({"sha256": sums, "licence": "CC0-1.0"}))
    return folder


def openai_archive(path):
    """Write a tiny model in OpenAI's format; returns the file and the model."""
    torch.manual_seed(1)
    config = {"embed_dim": 16, "quick_gelu": True,
              "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 64, "patch_size": 8},
              "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 2}}  # fmt: skip
    model = CLIP(**config).eval()

    class Holder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for key, value in model.state_dict().items():
                owner = self
                *parents, leaf = key.split(".")
                for part in parents:
                    if not hasattr(owner, part):
                        owner.add_module(part, torch.nn.Module())
                    owner = getattr(owner, part)
                owner.register_buffer(leaf, value.clone())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    torch.jit.save(torch.jit.script(Holder()), str(path))
    return path, model
