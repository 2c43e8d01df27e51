"""Train the starter model: ``python -m napari_ovseg.starter.train``.

On generated pictures and nothing else: no real image. Pictures are told by captions, and,
unless ``--dense 0``, every patch by the words for what it shows. Deterministic by seed,
resumable from its checkpoint. The folder it writes is loaded like any other model.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from napari_ovseg.errors import OvsegError
from napari_ovseg.starter.batches import Source
from napari_ovseg.starter.meanings import teach_words
from napari_ovseg.starter.model import SIDE, pack
from napari_ovseg.starter.training import Training

if TYPE_CHECKING:
    from torch import Tensor

WARM_UP = 100
"""Steps in which the rate rises."""
_HERE = ("device", "processes", "checkpoint", "start", "out")
"""Options of this machine, which the card does not tell."""


def train(args: argparse.Namespace) -> tuple[Any, Tensor]:
    """Run or resume the training; returns the model and which token ids it has seen."""
    state = Training.begin(args)
    first = state.step
    if first:
        print(f"going on from step {first} of {args.checkpoint}")  # noqa: T201
    source = Source(args.seed, args.variants, args.batch, SIDE, args.processes)
    bar = tqdm(range(first, args.steps), initial=first, total=args.steps, unit="step")
    for step, batch in zip(bar, source.batches(first, args.steps), strict=True):
        rate = 1 - (1 - args.lowest) * (1 - math.cos(math.pi * step / args.steps)) / 2
        loss = state.learn(batch, args.dense, rate * min(1.0, (step + 1) / WARM_UP))
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        if state.step > (1 - args.averaged) * args.steps:
            state.average.update_parameters(state.both)
        if state.step % 200 == 0 or state.step == args.steps:
            state.save(args.checkpoint)
    state.take_average(args.first)
    if args.dense:
        seen = teach_words(
            state.model, state.meanings, state.optimisers, args.text_steps, args.seed
        )
        state.seen |= seen
    return state.model, state.seen


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--lowest", type=float, default=0.01, help="share of --lr at the end")
    parser.add_argument(
        "--averaged", type=float, default=0.0, help="share of the steps whose weights are averaged"
    )
    parser.add_argument(
        "--first", type=float, default=0.0, help="share kept of the weights it began with"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variants", type=int, default=40, help="drawings kept of each kind")
    parser.add_argument("--dense", type=float, default=0.8, help="weight of what patches are told")
    parser.add_argument(
        "--text-steps", type=int, default=3000, help="in which only words are learnt"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=1, help="that draw batches")
    parser.add_argument("--checkpoint", type=Path, default=Path("starter-checkpoint.pt"))
    parser.add_argument("--start", type=Path, help="folder of a packed model to begin with")
    parser.add_argument("--out", type=Path, default=Path("starter-model"), help="folder to write")
    args = parser.parse_args()
    start = time.monotonic()
    try:
        model, seen = train(args)
    except OvsegError as error:
        parser.exit(2, f"{error}\n")
    settings = {key: value for key, value in vars(args).items() if key not in _HERE}
    minutes = round((time.monotonic() - start) / 60, 1)
    pack(
        model, seen, args.out, {**settings, "minutes": minutes, "pictures": args.steps * args.batch}
    )


if __name__ == "__main__":
    main()
