"""A training of the starter: its model, what that is told, and its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import open_clip
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from napari_ovseg._atomic import atomic_path
from napari_ovseg.backbones._files import fill, in_folder, read_tensors
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.backbones._text import Text
from napari_ovseg.errors import InputError
from napari_ovseg.methods import METHODS
from napari_ovseg.starter.losses import contrastive_loss, dense_loss, shares_of, told
from napari_ovseg.starter.meanings import Meanings, unlike
from napari_ovseg.starter.model import MODEL, enlarged, new_model

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from napari_ovseg.starter.batches import Batch

TAUGHT = ("vanilla", "sclip")
"""Methods whose patches are told what they show; the first gives the whole picture, too."""
MUON = FREE = 3
"""Rates of Muon, and of the meanings, relative to that of the rest."""


def new_optimisers(model: Any, meanings: Meanings, rate: float) -> list[torch.optim.Optimizer]:
    """Build Muon (Jordan et al. 2024) for the blocks' matrices, AdamW for all else.

    Biases, norms and meanings do not decay. Muon takes two thirds of the steps of AdamW.
    """
    named = dict(model.named_parameters())
    matrices = {n: p for n, p in named.items() if "resblocks" in n and p.ndim == 2}
    others = [p for n, p in named.items() if n not in matrices]
    groups = [
        {"params": list(meanings.parameters()), "weight_decay": 0.0, "lr": FREE * rate},
        {"params": [p for p in others if p.ndim > 1], "weight_decay": 0.05},
        {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
    ]
    muon = torch.optim.Muon(
        matrices.values(), MUON * rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"
    )
    both = [muon, torch.optim.AdamW(groups, rate, betas=(0.9, 0.98))]
    for group in (group for optimiser in both for group in optimiser.param_groups):
        group["initial_lr"] = group["lr"]
    return both


def encode(model: Any, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Encode pictures: (B, C) wholes, and (B, N, C) patches by each of `TAUGHT`.

    The last block is run as each method does; everything before it is shared.
    """
    vision = NativeVision(model.visual)
    x, grid = vision.embed(pixels), vision.grid(pixels)
    for block in vision.blocks[:-1]:
        x = block.resume(x, *block.heads(x))
    last = vision.blocks[-1]
    patches = [vision.project(METHODS.get(name)().last_block(last, x, grid)) for name in TAUGHT]
    return patches[0].mean(1), patches


def _halves(device: torch.device) -> bool:
    """Whether bfloat16 saves time: a processor without AVX-512 takes several times as long."""
    return device.type != "cpu" or torch.backends.cpu.get_cpu_capability() == "AVX512"


def loss_of(model: Any, meanings: Meanings, batch: Batch, dense: float) -> Tensor:
    """Loss of one step; `dense` is the weight of what patches are told."""
    device = meanings.own.device
    rgb = torch.from_numpy(batch.images).to(device).permute(0, 3, 1, 2) / 255
    mean, std = (
        torch.tensor(v, device=device).view(3, 1, 1)
        for v in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    )
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=_halves(device)):
        wholes, patches = encode(model, (rgb - mean) / std)
    text, scale = Text(model), model.logit_scale.exp().clamp(max=100)
    captions = text(torch.from_numpy(batch.captions).to(device))
    loss = contrastive_loss(
        wholes.float(), captions, torch.from_numpy(batch.true).to(device), scale
    )
    if dense == 0:
        return loss
    meant = meanings(torch.from_numpy(batch.spoken).to(device))
    copied = unlike(text(torch.from_numpy(batch.phrases).to(device)), meant)
    ids, means, kin, asked = (
        torch.from_numpy(part).to(device)
        for part in (batch.ids, batch.means, batch.kin, batch.asked)
    )
    spoken = told(shares_of(ids, MODEL["vision_cfg"]["patch_size"], len(means)), means, kin, asked)
    each = [dense_loss(p.float(), meant, spoken, scale) for p in patches]
    return (1 - dense) * loss + dense * torch.stack(each).mean() + copied


_SAME = ("seed", "batch", "lr", "lowest", "averaged", "variants", "dense")
"""Options that a training keeps when it goes on; it may end at another step."""


def _refuse_another(path: Path, had: dict[str, Any] | None, has: dict[str, Any]) -> None:
    if had is None:
        raise InputError(
            f"{str(path)!r} was written by an earlier version, which kept no options; go on with "
            "that one, or remove it to begin anew"
        )
    if other := [key for key in sorted(had | has) if had.get(key) != has.get(key)]:
        pairs = ", ".join(f"--{key} was {had.get(key)}, is {has.get(key)}" for key in other)
        raise InputError(
            f"{str(path)!r} is the checkpoint of another training ({pairs}); "
            "give another --checkpoint, or remove it to begin anew"
        )


@dataclass
class Training:
    """What a checkpoint holds."""

    model: Any
    meanings: Meanings
    average: AveragedModel
    """Of model and meanings, over the last steps (stochastic weight averaging)."""
    optimisers: list[torch.optim.Optimizer]
    seen: Tensor
    first: list[Tensor]
    """Weights that the training began with."""
    options: dict[str, Any]
    """What must be as it was for the training to go on."""
    step: int = 0

    @classmethod
    def begin(cls, args: argparse.Namespace) -> Training:
        """Begin anew, or where the checkpoint was written.

        Raises
        ------
        InputError
            If the checkpoint is of another training.
        """
        torch.manual_seed(args.seed)
        options = {key: getattr(args, key) for key in _SAME if key in args}
        model = new_model().to(args.device)
        meanings = Meanings(MODEL["embed_dim"]).to(args.device)
        seen = torch.zeros(MODEL["text_cfg"]["vocab_size"], dtype=torch.bool)
        if args.start:
            packed = in_folder(args.start)
            options["start"] = packed.verified()[:12]
            tensors = enlarged(read_tensors(packed.file), model.state_dict())
            fill(model, tensors, packed.file.name, set())
            meanings.take_over(model, packed.learnt)
        both = nn.ModuleList([model, meanings])
        first = [p.detach().clone() for p in both.parameters()]
        optimisers = new_optimisers(model, meanings, args.lr)
        average = AveragedModel(both)
        self = cls(model, meanings, average, optimisers, seen, first, options)
        if args.checkpoint.is_file():
            state = torch.load(args.checkpoint, map_location=args.device, weights_only=True)
            _refuse_another(args.checkpoint, state.get("options"), options)
            model.load_state_dict(state["model"])
            meanings.load_state_dict(state["meanings"])
            average.load_state_dict(state["average"])
            for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(kept)
            self.seen, self.step = state["seen"].cpu(), state["step"]
        return self

    @property
    def both(self) -> nn.ModuleList:
        """Model and meanings, as they are averaged."""
        return nn.ModuleList([self.model, self.meanings])

    def save(self, path: Path) -> None:
        """Write the checkpoint."""
        state = {"model": self.model.state_dict(), "meanings": self.meanings.state_dict()}
        state["optimisers"] = [optimiser.state_dict() for optimiser in self.optimisers]
        state["average"], state["options"] = self.average.state_dict(), self.options
        with atomic_path(path) as temporary:
            torch.save({**state, "seen": self.seen, "step": self.step}, temporary)

    def learn(self, batch: Batch, dense: float, rate: float) -> float:
        """Take a step at a share of the usual rates; returns the loss."""
        for group in (group for o in self.optimisers for group in o.param_groups):
            group["lr"] = group["initial_lr"] * rate
        for tokens in (batch.captions, batch.phrases):
            self.seen[torch.from_numpy(tokens).unique()] = True
        loss = loss_of(self.model, self.meanings, batch, dense)
        for part in (self.model, self.meanings):
            part.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def take_average(self, first: float = 0.0) -> None:
        """Go on with the average of the weights, if any were averaged.

        Parameters
        ----------
        first
            Share of the weights that the training began with: between both, a model is more
            robust to pictures of another kind (Wortsman et al. 2022).
        """
        if self.average.n_averaged:
            self.both.load_state_dict(self.average.module.state_dict())
        for weights, begun in zip(self.both.parameters(), self.first, strict=True):
            weights.lerp_(begun, first)
