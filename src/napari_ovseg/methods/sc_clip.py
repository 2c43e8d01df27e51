"""SC-CLIP: a CLIP that calibrates itself with what its middle layers see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import RecipeError
from napari_ovseg.methods._base import Method, unit

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Block, Vision


@dataclass(frozen=True)
class SCCLIP(Method):
    """Outlier tokens resolved, attention and features corrected by middle layers.

    Each window is worked out by itself, so the result does not depend on the batch, and
    windows need not be square (the official code needs both). Layers are given for twelve
    blocks and scaled in proportion for other depths; an encoder without CLS adds none.
    Section numbers below are the paper's: outliers 3.2, self-adjusting attention 3.3,
    multi-level fusion 3.4.

    Attributes
    ----------
    neighbours
        Of the outlier score; fewer where a window has fewer patches.
    contamination
        Share of tokens that are taken for outliers.
    beta
        Cosine below which tokens are not averaged.
    gain
        Factor on centred cosines before the softmax.
    early, middle
        Blocks (from 1) whose outputs give the similarity after and before the attention.
    first_level, last_level
        Blocks (from 1) whose outputs are summed for the second branch.
    cls_share
        How much of CLS is added to every patch.
    """

    source: ClassVar[str] = "Bai et al., Self-Calibrated CLIP, 2024 (arXiv 2411.15869)"

    neighbours: int = 30
    contamination: float = 0.05
    beta: float = 0.4
    gain: float = 3.0
    early: int = 4
    middle: int = 9
    first_level: int = 4
    last_level: int = 10
    cls_share: float = 0.3

    def __post_init__(self) -> None:
        """Refuse layers in the wrong order and shares that are none."""
        if not 0 < self.contamination < 1 or self.neighbours < 1:
            raise RecipeError(
                "contamination must be within 0..1 and neighbours at least 1, got "
                f"{self.contamination} and {self.neighbours}"
            )
        if min(self.early, self.middle, self.first_level) < 1 or self.first_level > self.last_level:
            raise RecipeError("layers are counted from 1, the first level before the last")

    def tokens(self, vision: Vision, pixels: Tensor) -> Tensor:
        """See `Method.tokens`."""
        depth, grid, prefix = len(vision.blocks), vision.grid(pixels), vision.prefix
        x, outputs = vision.embed(pixels), []
        for block in vision.blocks[:-1]:
            x = block(x)
            outputs.append(x)
        early, middle, first, last = (
            min(max(round(layer * depth / 12), 1), depth - 1)
            for layer in (self.early, self.middle, self.first_level, self.last_level)
        )
        outliers = self.outliers(x[:, prefix:])
        similarity = _cosines(replace_tokens(outputs[middle - 1][:, prefix:], outliers, grid))
        after = _cosines(outputs[early - 1][:, prefix:])
        resolved = self._aggregate(similarity, replace_tokens(x[:, prefix:], outliers, grid))
        levels = sum(outputs[first:last], start=outputs[first - 1])
        block = vision.blocks[-1]
        result = x.new_zeros(())
        for patches, all_tokens in ((resolved, x), (levels[:, prefix:], levels)):
            branch = self._attend(block, patches, similarity)
            branch = branch + self.cls_share * all_tokens[:, :prefix].sum(1, keepdim=True)
            result = result + self._aggregate(after, branch)
        return vision.project_patches(result)

    def outliers(self, x: Tensor) -> Tensor:
        """Mark outlier tokens of (B, N, D): (B, N) bool.

        With r_i the squared distance to the k-th neighbour, the score is the mean over the
        neighbours j of ``r_i / r_j``. It is not the standard local outlier factor, whose
        reachability takes the neighbour's radius; this is what the official code computes.
        """
        import torch

        x = x.float()
        k = min(self.neighbours, x.shape[1] - 1)
        if k < 1:
            return torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        centred = x - x.mean(1, keepdim=True)
        squares = (centred**2).sum(-1)
        distances = squares[:, :, None] + squares[:, None] - 2 * centred @ centred.mT
        distances.diagonal(dim1=1, dim2=2).fill_(-torch.inf)  # itself comes first
        nearest, index = distances.topk(k + 1, dim=-1, largest=False)
        radius = nearest[..., -1].clamp_min(1e-6)
        of_neighbours = radius.gather(1, index[..., 1:].flatten(1)).view_as(index[..., 1:])
        score = (radius[..., None] / of_neighbours).mean(-1)
        return score > score.quantile(1 - self.contamination, dim=-1, keepdim=True)

    def _aggregate(self, similarity: Tensor, x: Tensor) -> Tensor:
        """Average tokens (B, N, D) over those whose cosine reaches β."""
        weights = similarity.where(similarity >= self.beta, 0)
        return weights @ x / (weights.sum(-1, keepdim=True) + 1e-6)

    def _attend(self, block: Block, x: Tensor, similarity: Tensor) -> Tensor:
        """Half attention by centred similarity, half among keys: (B, N, D) to (B, N, D)."""
        from napari_ovseg.methods._attention import softmax_of_positive

        k, v = block.heads(x, "kv")
        mean = similarity.mean((-2, -1), keepdim=True)
        shared = softmax_of_positive((similarity - mean) * self.gain)
        return block.merge((shared[:, None] @ v + block.attend(k, v)) / 2)


def _cosines(x: Tensor) -> Tensor:
    """Cosines among the tokens (B, N, D) of each window: (B, N, N)."""
    directions = unit(x)
    return directions @ directions.mT


def replace_tokens(x: Tensor, marked: Tensor, grid: tuple[int, int]) -> Tensor:
    """Replace marked tokens (B, N, D) by the mean of their unmarked neighbours of eight."""
    import torch

    keep = (~marked).to(x.dtype).unflatten(1, grid)[:, None]
    planes = x.mT.unflatten(-1, grid) * keep
    box = torch.nn.functional.avg_pool2d
    total = box(planes, 3, stride=1, padding=1, divisor_override=1)
    count = box(keep, 3, stride=1, padding=1, divisor_override=1)
    means = (total / count.clamp_min(1)).flatten(2).mT
    usable = marked & (count.flatten(1) > 0)
    return torch.where(usable[..., None], means, x)
