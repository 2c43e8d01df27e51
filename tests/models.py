"""A tiny CLIP with seeded random weights, in the real file formats."""

import hashlib
import json
from pathlib import Path

import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

from napari_ovseg.aggregation import Head, Sizes

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


CAT_SEG = Sizes(channels=16, hidden=32, text=16, appearance=16, taps=(32, 16), guides=(16, 8),
                decoder=(32, 16), grid=4, window=2)  # fmt: skip


def cat_seg_tensors(seed=0) -> dict[str, torch.Tensor]:
    """A tiny CAT-Seg with seeded weights, named as in the official checkpoints."""
    vision = {"image_size": 32, "layers": 3, "width": 64, "head_width": 64, "patch_size": 8}
    text = {**CONFIG["text_cfg"], "width": 64, "heads": 1}
    clip = tiny_clip(seed, vision_cfg=vision, text_cfg=text, quick_gelu=True)
    head, tensors = Head(CAT_SEG, 64), {}
    for key, value in head.state_dict().items():
        noise = value if key.endswith("attn_mask") else value + 0.1 * torch.randn_like(value)
        tensors[key.replace("transformer.", "sem_seg_head.predictor.transformer.", 1)] = noise
    for key, value in clip.state_dict().items():
        parts = {key: value}
        if key.endswith("in_proj_weight"):
            stem = key.removesuffix("in_proj_weight")
            names = (f"{stem}{part}_proj_weight" for part in "qkv")
            parts = dict(zip(names, value.chunk(3), strict=True))
        tensors |= {f"sem_seg_head.predictor.clip_model.{k}": v.clone() for k, v in parts.items()}
    return tensors


def cat_seg_folder(folder: Path) -> str:
    """Take it over as ``ovseg models import`` does; to be given as the backbone."""
    from napari_ovseg.backbones._cat_seg import convert

    told = convert(cat_seg_checkpoint(folder / "tiny.pth"), folder)
    (folder / "manifest.json").write_text(json.dumps(told))
    return str(folder)


def cat_seg_checkpoint(path: Path, tensors=None) -> Path:
    """Write it as a training run does."""
    torch.save({"model": tensors or cat_seg_tensors(), "iteration": 79999}, path)
    return path
