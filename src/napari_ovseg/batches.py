"""Windows of one size through the encoders, batch by batch."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_ovseg.device import free_memory, is_out_of_memory
from napari_ovseg.methods import Windows
from napari_ovseg.progress import Progress, Steps, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from napari_ovseg.backbones import Backbone
    from napari_ovseg.backbones.guide import Guide
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.windows import Window

_MAX_BATCH = 32
_CPU_WORK = 2.1e11
"""Multiply-adds times two per batch on a CPU: about a second. Smaller batches waste a tenth to a
third of the time; cancel does not wait for the end of one, see `Vision.interruptible`."""
_GUIDED_WORK = 5.2e11
"""The same where a guide works too: three windows of ViT-B/16 and DINO B/8."""


@dataclass(frozen=True, eq=False, slots=True)
class Encoded(Progress):
    """Windows that are encoded so far.

    Attributes
    ----------
    vectors : (l, gh, gw, C)
        Of the first l windows.
    windows
        All L windows of this size.
    """

    vectors: Tensor
    windows: list[Window]


@dataclass(frozen=True, eq=False, slots=True)
class Encoders:
    """The encoder whose features are wanted, and one that guides its attention, if any."""

    backbone: Backbone
    guide: Guide | None = None

    @contextmanager
    def interruptible(self, stop: Stop | None) -> Iterator[None]:
        """Ask before every block of either whether to go on; see `Vision.interruptible`."""
        with ExitStack() as stack:
            stack.enter_context(self.backbone.vision.interruptible(stop))
            if self.guide is not None:
                stack.enter_context(self.guide.interruptible(stop))
            yield

    def maps(self, pixels: Tensor) -> Tensor:
        """Ask the guide about windows normalised for the backbone: (B, G, fh, fw)."""
        assert self.guide is not None  # asked only where there is one
        vision = self.backbone.vision
        rows, columns = vision.grid(pixels)
        # A remainder smaller than a patch is not seen by the one, so nor by the other.
        seen = pixels[..., : rows * vision.patch, : columns * vision.patch]
        maps: Tensor = self.guide(self.backbone.denormalise(seen), (rows, columns))
        return maps


def encode_windows(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, windows: list[Window]
) -> Steps[Tensor]:
    """Encode all windows: (L, gh, gw, C); again with half a batch if memory runs out."""
    size = min(batch_size(encoders, windows[0]), len(windows))
    while True:
        try:
            return (yield from _attempt(encoders, recipe, rgb, windows, size))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or size == 1:
                raise
        # Outside of the except block: the exception would keep its tensors alive.
        size //= 2
        free_memory()


def batch_size(encoders: Encoders, window: Window) -> int:
    """Windows per batch: enough to fill the device, few enough that cancel is prompt."""
    backbone, guide = encoders.backbone, encoders.guide
    if backbone.device.type != "cpu":
        return _MAX_BATCH
    patch = backbone.vision.patch
    grid = window.height // patch, window.width // patch
    work, most = backbone.vision.parameters * grid[0] * grid[1], _CPU_WORK
    if guide is not None:
        rows, columns = guide.fine_grid((window.height, window.width), grid)
        work, most = work + guide.parameters * rows * columns, _GUIDED_WORK
    return int(min(max(most / (2 * max(work, 1)), 1), _MAX_BATCH))


def _attempt(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, windows: list[Window], size: int
) -> Steps[Tensor]:
    import torch

    backbone = encoders.backbone

    def batches() -> Iterator[Tensor]:
        for start in range(0, len(windows), size):
            stack = torch.stack(
                [rgb[(slice(None), *w.slices)] for w in windows[start : start + size]]
            )
            yield backbone.normalise(stack)

    # In the type they are kept in, if windows are not averaged: there may be a thousand.
    is_half = recipe.method.trained and recipe.precision == "float16"
    kept = torch.float16 if is_half else torch.float32
    found: Tensor | None = None
    done = 0
    yield Progress("windows", 0, len(windows))
    guide = encoders.maps if encoders.guide else None
    stream = recipe.method.features(backbone.vision, Windows(batches(), len(windows), guide))
    while True:
        with torch.inference_mode():
            part = next(stream, None)
        if part is None:
            assert found is not None  # there is at least one window
            return found
        part = part.float()
        if not bool(torch.isfinite(part).all()):
            raise RuntimeError("the encoder gave values that are not finite")
        if found is None:
            found = part.new_empty(len(windows), *part.shape[1:], dtype=kept)
        found[done : done + len(part)] = part
        done += len(part)
        yield Encoded("windows", done, len(windows), found[:done], windows)
