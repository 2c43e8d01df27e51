"""GLA-CLIP: all windows of an image attend to each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method, Windows, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from napari_ovseg.backbones import Vision

_BLOCK = 1 << 23
"""Numbers in the largest temporary: 32 MiB of float32."""


@dataclass(frozen=True)
class GLACLIP(Method):
    """Keys and values of all windows, a proxy anchor for each query, dynamic normalisation.

    Built on ProxyCLIP: weights from a guide's maps, values from CLIP's last block, no
    residual and no feed-forward part. Where there is no guide, the block's own queries
    take its place (the official code's ClearCLIP branch); an anchor then starts as the mean
    of its eight neighbours in the window.

    Attributes
    ----------
    rho
        Cosine above which a token belongs to an anchor; 0.6 in the paper, 0.55 in its code.
    iterations
        Mean-shift steps of an anchor, at least 1.
    window_weight
        λ1: the more windows, the further above its mean a cosine must be.
    positive_weight
        λ2: the fewer tokens belong to an anchor, the sharper its attention.
    temperature, cutting
        Of the softmax, and the value below which tokens are left out.
    window_cap
        At most so many windows see each other; more are cut into equal groups in reading
        order. 36 is the largest number of the paper's data sets: cost grows with its square,
        and the first normalisation drifts with the number.
    """

    source: ClassVar[str] = "GLA-CLIP, CVPR 2026 (arXiv 2603.23030)"
    default_guide: ClassVar[str] = "dino_vitb8"
    memory: ClassVar[str] = "memory of all windows"

    rho: float = 0.55
    iterations: int = 2
    window_weight: float = 0.3
    positive_weight: float = 30.0
    temperature: float = 1.0
    cutting: float = 0.0
    window_cap: int = 36

    def __post_init__(self) -> None:
        """Refuse values that leave nothing to attend to."""
        if not -1 <= self.rho < 1:
            raise RecipeError(f"rho must be a cosine below 1, got {self.rho}")
        for name in ("iterations", "window_cap"):
            if getattr(self, name) < 1:
                raise RecipeError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.temperature > 0:
            raise RecipeError(f"temperature must be above 0, got {self.temperature}")

    def features(self, vision: Vision, windows: Windows) -> Iterator[Tensor]:
        """See `Method.features`; while it reads it yields no windows, so that it can be stopped."""
        groups = math.ceil(windows.count / self.window_cap)
        ends = [round(windows.count * (g + 1) / groups) for g in range(groups)]
        sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        group = _Group(sizes.pop(0))
        for pixels in windows.batches:
            grid, *parts = self.read(vision, pixels, windows.guide)
            yield self._vectors(vision, parts[1][:0], grid)
            while len(parts[0]):
                parts = group.fill(parts)
                if group.room == 0:
                    for mixed in self.joint(*group.parts):
                        yield self._vectors(vision, mixed, grid)
                    group = _Group(sizes.pop(0) if sizes else 0)

    def read(
        self, vision: Vision, pixels: Tensor, guide: Callable[[Tensor], Tensor] | None
    ) -> tuple[Any, ...]:
        """Their grid (fh, fw), and of n = fh fw tokens keys (B, n, G) and values (B, n, D).

        Keys are directions. Without a guide a fourth part are the directions (B, n, G) that
        anchors start from; with one they start from the keys.
        """
        from napari_ovseg.methods._attention import keys_and_values, neighbour_mean

        maps, values = keys_and_values(vision, pixels, guide)
        grid = (maps.shape[-2], maps.shape[-1])
        wanted = (maps,) if guide else (maps, neighbour_mean(maps))
        keys, *starts = (unit(m.flatten(2).mT.to(values.dtype)) for m in wanted)
        return grid, keys, values, *starts

    def joint(self, keys: Tensor, values: Tensor, starts: Tensor | None = None) -> Iterator[Tensor]:
        """Attend over all tokens: yields the mixed values (1, n, D) of one window after another.

        Parameters
        ----------
        keys, starts : (L, n, G)
            Directions of all tokens, and of the anchors to start from: the keys if None.
        values : (L, n, D)
        """
        import torch

        all_keys, all_values = keys.flatten(0, 1), values.flatten(0, 1)
        per_window = values.shape[1]
        step = max(1, _BLOCK // len(all_keys))
        for number, anchors in enumerate(keys if starts is None else starts):
            rows = [
                self._attention(
                    anchors[i : i + step], all_keys, number * per_window + i, len(values)
                )
                @ all_values
                for i in range(0, per_window, step)
            ]
            yield torch.cat(rows)[None]

    def _attention(self, anchors: Tensor, keys: Tensor, first: int, windows: int) -> Tensor:
        """Weights (m, N) of queries number `first` and following on all N tokens.

        Mean shift of the anchors (m, G), then ``(cos - u max(0, mean)) w`` with
        ``u = 1 + λ1 ln(1 + L)`` and ``w = 1 + λ2 / n``, n the tokens that belonged to the
        anchor before its last step.
        """
        from napari_ovseg.methods._attention import softmax_of_positive

        cosines = anchors @ keys.mT
        for _ in range(self.iterations):
            belongs = cosines > self.rho
            count = belongs.sum(-1, keepdim=True)
            lonely = (count[:, 0] == 0).nonzero()[:, 0]
            belongs[lonely, first + lonely] = True
            count = count.clamp_min(1)
            anchors = unit(belongs.to(keys.dtype) @ keys)
            cosines = anchors @ keys.mT
        mean = cosines.mean(-1, keepdim=True).clamp_min(0)
        normal = 1 + self.window_weight * math.log(1 + windows)
        sharpness = (1 + self.positive_weight / count) / self.temperature
        logits = cosines.sub_(normal * mean).mul_(sharpness.to(cosines.dtype))
        return softmax_of_positive(logits, self.cutting / self.temperature)

    def _vectors(self, vision: Vision, mixed: Tensor, grid: tuple[int, int]) -> Tensor:
        """Project mixed values (B, n, D) to unit vectors on their grid."""
        vectors: Tensor = unit(self.project(vision, mixed)).unflatten(1, grid)
        return vectors

    def project(self, vision: Vision, mixed: Tensor) -> Tensor:
        """Project mixed values (B, n, D) to the joint space: (B, n, C)."""
        return vision.project_patches(vision.blocks[-1].out(mixed))


class _Group:
    """Tokens of windows that see each other, gathered without a second copy."""

    def __init__(self, size: int) -> None:
        self.room = size
        self.parts: list[Tensor] = []

    def fill(self, parts: list[Tensor]) -> list[Tensor]:
        """Take as many windows of parts (B, ...) as there is room for; the rest."""
        if not self.parts:
            self.parts = [part.new_empty(self.room, *part.shape[1:]) for part in parts]
        taken = min(len(parts[0]), self.room)
        start = len(self.parts[0]) - self.room
        for whole, part in zip(self.parts, parts, strict=True):
            whole[start : start + taken] = part[:taken]
        self.room -= taken
        return [part[taken:] for part in parts]
