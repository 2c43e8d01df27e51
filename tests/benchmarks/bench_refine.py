"""PAMR beside ten plain steps, with equal labels; edge snapping: time and memory."""

from functools import partial

import torch
import torch.nn.functional as F
from tests.benchmarks._memory import peak_of
from tests.benchmarks._row import Row, seconds, side_by_side

from napari_ovseg.refine.edge_snap import snap_edges
from napari_ovseg.refine.pamr import pamr


def neighbours(planes: torch.Tensor, distance: int) -> torch.Tensor:
    """(Q, H, W) to (Q, 8, H, W)."""
    height, width = planes.shape[-2:]
    padded = F.pad(planes[None], (distance,) * 4, mode="replicate")[0]
    parts = [
        padded[:, y : y + height, x : x + width]
        for y in (0, distance, 2 * distance)
        for x in (0, distance, 2 * distance)
        if (y, x) != (distance, distance)
    ]
    return torch.stack(parts, 1)


@torch.inference_mode()
def plain(image: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """What everybody does: gather (Q, 16, H, W), multiply by the weights, sum."""
    around = torch.cat([neighbours(image, d) for d in (8, 16)], 1)
    spread = torch.cat([around, image[:, None], image[:, None]], 1).std(1, keepdim=True)
    unlike = (around - image[:, None]).abs() / (1e-8 + 0.1 * spread)
    weights = (-unlike).mean(0).softmax(0)
    for _ in range(10):
        maps = (torch.cat([neighbours(maps, d) for d in (8, 16)], 1) * weights).sum(1)
    return maps


@torch.inference_mode()
def ours(image: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    return pamr(image, maps)


def blobs(side: int, labels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A noisy picture of round regions and its labels from a 16-px grid."""
    torch.manual_seed(0)
    scores = torch.randn(1, labels, side // 128, side // 128)
    truth = F.interpolate(scores, (side, side), mode="bicubic")[0].argmax(0)
    share = F.avg_pool2d(F.one_hot(truth).permute(2, 0, 1)[None].float(), 16)
    ids = F.interpolate(share, (side, side), mode="bilinear")[0].argmax(0)
    image = (truth / labels + 0.05 * torch.randn(3, side, side)).clamp(0, 1)
    return image, ids


@torch.inference_mode()
def snap(image: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    return snap_edges(image, ids, 16, 1.0)


_MEMORY = """
import torch
from napari_ovseg.refine.edge_snap import snap_edges
from tests.benchmarks._memory import counted
torch.set_num_threads(2)
torch.manual_seed(0)
side = 8192
cells = torch.randint(0, 20, (64, 64))
ids = cells.repeat_interleave(128, 0).repeat_interleave(128, 1)
image = torch.empty(3, side, side).uniform_()
image[:, 5:] += ids[:-5] / 20
snap_edges(image[:, :64, :64], ids[:64, :64], 16, 1.0)
with counted(), torch.inference_mode():
    result = snap_edges(image, ids, 16, 1.0)
assert not torch.equal(result, ids)
"""


def rows():
    torch.manual_seed(0)
    image = F.interpolate(torch.randn(1, 3, 42, 56), (336, 448), mode="bicubic")[0]
    image += 0.1 * torch.randn_like(image)
    maps = F.interpolate(torch.randn(1, 56, 21, 28), (336, 448), mode="bilinear")[0]
    same = (plain(image, maps).argmax(0) == ours(image, maps).argmax(0)).float().mean()
    assert same >= 0.999, f"{same:.5f} of the labels are equal"
    limit, mine = side_by_side(partial(plain, image, maps), partial(ours, image, maps), 3)
    note = "10 plain steps / PAMR, 56 maps at 336 x 448"
    yield Row(note, seconds(limit), seconds(mine), limit / mine, 10.0, at_least=True)
    # Beside one pass over the scores that such an image has, on the same machine.
    image, ids = blobs(2048, 6)
    scores = torch.randn(1, 6, 128, 128)
    whole = partial(F.interpolate, scores, (2048, 2048), mode="bilinear")
    limit, mine = side_by_side(lambda: whole()[0].softmax(0).max(0), partial(snap, image, ids), 3)
    note = "interpolate + softmax + max / snap edges, 2048 x 2048, 6 labels"
    yield Row(note, seconds(limit), seconds(mine), mine / limit, 12.0)
    gigabytes = peak_of(_MEMORY)
    note = "peak of snap edges 8192 x 8192, 20 labels, over inputs, GiB"
    yield Row(note, f"{gigabytes:.2f}", "1.00", gigabytes, 1.0)
