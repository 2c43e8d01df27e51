"""Train the starter model: ``python -m napari_ovseg.starter.train``.

Image-text contrastive training on generated scenes and nothing else: no pixel labels, no
real image. Deterministic by seed, resumable from its checkpoint.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save
from torch import Tensor
from tqdm import tqdm

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.backbones._files import CONFIG, MANIFEST, STARTER, WEIGHTS
from napari_ovseg.starter.captions import caption, truth
from napari_ovseg.starter.drawing import log_uniform
from napari_ovseg.starter.scenes import KINDS, Scene, Swatch, draw_swatch, generate

SIDE = 112
CANVAS = 320
MODEL: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {
        "image_size": SIDE,
        "patch_size": 8,
        "width": 160,
        "layers": 5,
        "head_width": 32,
        "pool_type": "avg",
    },
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
PATCH_DROPOUT = 0.5
SHORT_SIDE = (9 * SIDE, 12 * SIDE)
"""Working sizes that suit it: surfaces are told apart by detail, so a picture is not made small."""
METHOD_VALUES = {"sc_clip": {"beta": 0.85}, "gla_clip without a guide": {"rho": 0.8}}
"""Its patches are more alike than those of a CLIP of full size, so the papers' limits on cosines
(0.4 and 0.55) let everything through; chosen on generated scenes."""
WARM_UP = 100


class Bank:
    """Surfaces drawn once and cut, zoomed and turned ever anew."""

    def __init__(self, seed: int, variants: int) -> None:
        rng = np.random.default_rng([seed, 0])
        self._swatches = {
            kind: [
                draw_swatch(rng, kind, CANVAS)
                for _ in range(variants * (3 if kind == "cells" else 1))
            ]
            for kind in tqdm(KINDS, desc="surfaces", unit="kind")
        }

    def __call__(self, rng: np.random.Generator, kind: str, size: int) -> Swatch:
        """Cut a swatch of `size` px out of a random variant."""
        whole = self._swatches[kind][rng.integers(len(self._swatches[kind]))]
        side = int(size * log_uniform(rng, 0.6, 2.6))
        top, left = rng.integers(0, CANVAS - side, 2)
        turns, mirror = int(rng.integers(4)), int(rng.choice([-1, 1]))

        def cut(plane: np.ndarray, resample: Image.Resampling) -> np.ndarray:
            piece = Image.fromarray(plane[top : top + side, left : left + side])
            return np.rot90(np.asarray(piece.resize((size, size), resample)), turns)[:, ::mirror]

        return Swatch(
            cut(whole.image, Image.Resampling.BILINEAR), cut(whole.ids, Image.Resampling.NEAREST)
        )


def batch(bank: Bank, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw scenes and captions.

    Returns
    -------
    pixels : (B, 3, side, side) float32, normalised
    tokens : (B, 32) int64
    true : (B, B) float32
        1 where the caption of column j is true of the scene of row i.
    """
    scenes: list[Scene] = [generate(rng, SIDE, bank) for _ in range(size)]
    pairs = [caption(rng, scene.names) for scene in scenes]
    rgb = torch.from_numpy(np.stack([s.image for s in scenes])).permute(0, 3, 1, 2) / 255
    mean, std = (
        torch.tensor(v).view(3, 1, 1)
        for v in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    )
    tokens = open_clip.SimpleTokenizer(context_length=32)([text for text, _ in pairs])
    true = truth([named for _, named in pairs], [s.names for s in scenes])
    return (rgb - mean) / std, tokens, torch.from_numpy(true).float()


def contrastive_loss(images: Tensor, texts: Tensor, true: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE whose targets are spread over all true pairs."""
    logits = scale * F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).mT
    rows = true / true.sum(1, keepdim=True)
    columns = true / true.sum(0, keepdim=True)
    by_image = -(rows * logits.log_softmax(1)).sum(1).mean()
    by_text = -(columns * logits.log_softmax(0)).sum(0).mean()
    return (by_image + by_text) / 2


def new_model() -> Any:
    """Build the architecture with random weights, ready to train."""
    from open_clip.model import CLIP

    vision = {**MODEL["vision_cfg"], "patch_dropout": PATCH_DROPOUT}
    return CLIP(**{**MODEL, "vision_cfg": vision}, init_logit_scale=math.log(14))


def new_optimiser(model: Any, rate: float) -> torch.optim.Optimizer:
    """Build AdamW; biases and norms do not decay."""
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.05},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def train(args: argparse.Namespace) -> tuple[Any, Tensor]:
    """Run or resume the training; returns the model and which token ids it has seen."""
    torch.manual_seed(args.seed)
    model = new_model()
    optimiser = new_optimiser(model, args.lr)
    seen = torch.zeros(MODEL["text_cfg"]["vocab_size"], dtype=torch.bool)
    first = 0
    if args.checkpoint.is_file():
        state = torch.load(args.checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        seen, first = state["seen"], state["step"]
    bank = Bank(args.seed, args.variants)
    bar = tqdm(range(first, args.steps), initial=first, total=args.steps, unit="step")
    for step in bar:
        rate = min(1.0, (step + 1) / WARM_UP) * (
            0.505 + 0.495 * math.cos(math.pi * step / args.steps)
        )
        for group in optimiser.param_groups:
            group["lr"] = args.lr * rate
        torch.manual_seed(args.seed * 1_000_003 + step)
        pixels, tokens, true = batch(bank, np.random.default_rng([args.seed, 1, step]), args.batch)
        seen[tokens.unique()] = True
        with torch.autocast("cpu", dtype=torch.bfloat16):
            images = model.encode_image(pixels)
        loss = contrastive_loss(
            images.float(), model.encode_text(tokens), true, model.logit_scale.exp()
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if (step + 1) % 200 == 0 or step + 1 == args.steps:
            with atomic_path(args.checkpoint) as temporary:
                state = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
                torch.save({**state, "seen": seen, "step": step + 1}, temporary)
    return model, seen


def export(model: Any, seen: Tensor, folder: Path, card: dict[str, Any]) -> None:
    """Write the model as an open_clip folder in float16.

    Tokens that training never saw get the mean of those it saw, so that an unknown word is
    neutral instead of random.
    """
    tensors = {k: v.detach().clone() for k, v in model.state_dict().items()}
    table = tensors["token_embedding.weight"]
    table[~seen] = table[seen].mean(0)
    data = save({k: v.half().contiguous() for k, v in tensors.items()})
    preprocess = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    manifest = {
        "name": "starter",
        "licence": "BSD-3-Clause",
        "short_side": SHORT_SIDE,
        "method_values": METHOD_VALUES,
        "sha256": {WEIGHTS: hashlib.sha256(data).hexdigest()},
        "training": card,
    }
    write_atomic(folder / WEIGHTS, data)
    config = {"model_cfg": MODEL, "preprocess_cfg": preprocess}
    write_atomic(folder / CONFIG, json.dumps(config, indent=1).encode())
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=1).encode())


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variants", type=int, default=40, help="drawings kept of each surface")
    parser.add_argument("--checkpoint", type=Path, default=Path("starter-checkpoint.pt"))
    parser.add_argument("--out", type=Path, default=STARTER)
    args = parser.parse_args()
    start = time.monotonic()
    model, seen = train(args)
    settings = {k: getattr(args, k) for k in ("steps", "batch", "lr", "seed", "variants")}
    minutes = round((time.monotonic() - start) / 60, 1)
    export(
        model, seen, args.out, {**settings, "minutes": minutes, "scenes": args.steps * args.batch}
    )


if __name__ == "__main__":
    main()
