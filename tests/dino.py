"""Small guides in folders."""

import json

import timm
import torch
from safetensors.torch import save_file

MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


SMALL = {"depth": 2, "embed_dim": 48, "num_heads": 3, "img_size": 112}
ARCHITECTURES = {8: "vit_small_patch8_224", 16: "vit_small_patch16_224", 14: "vit_small_patch14_dinov2"}  # fmt: skip


def tiny(patch, seed=0, **changes):
    """A real architecture of DINO or DINOv2, less deep and less wide, every tensor random."""
    torch.manual_seed(seed)
    model = timm.create_model(ARCHITECTURES[patch], num_classes=0, **{**SMALL, **changes}).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # LayerScale and positions too must count
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.requires_grad_(False)


def write(folder, patch=8, model=None, **config):
    """A folder as timm's hub repositories are."""
    folder.mkdir(parents=True)
    tensors = (model or tiny(patch)).state_dict()
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    told = {"architecture": ARCHITECTURES[patch], "num_classes": 0, "model_args": SMALL, **config}
    (folder / "config.json").write_text(json.dumps(told))
    return folder


def expected(model, rgb, grid):
    """What timm's own forward gives at its native size: (B, C, *grid)."""
    return model.forward_features((rgb - MEAN) / STD)[:, 1:].mT.unflatten(2, grid)
