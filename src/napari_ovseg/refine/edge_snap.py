"""Borders of label maps move to edges of the image.

Labels from a patch grid have borders that are wrong by up to a patch. Near a border, each
label's mask is written as a local linear function of the colours (He, Sun, Tang, Guided
Image Filtering, ECCV 2010; on a coarse grid as in He, Sun, Fast Guided Filter, arXiv
1505.00996). How far that function rises above the label's local share is the *evidence*
that the image gives: 0 where the image shows nothing. A pixel changes where another label
has clearly more of it.

A linear function of colours would also eat structures of a few pixels, or fatten them.
So what is narrow is known by its width: pixels of a label's narrow parts do not change, and
a label grows from its wide parts only.

Letters: (H, W) image, (h, w) a tile of it, (a, b) coarse cells of the tile and around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_ovseg.refine._reach import Reach
from napari_ovseg.refine._squares import box, cells, opened, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVIDENCE = 0.2
"""Lead in evidence, -1..1, at which a pixel changes at strength 1."""
_NOISE = 1e-3
"""Variance of colours, of 0..1, below which the image shows nothing (epsilon of the paper)."""


def snap_edges(image: Tensor, ids: Tensor, radius: int, strength: float) -> Tensor:
    """Move the borders of a label map to edges of the image.

    Above the result, some 200 bytes for each pixel of a tile are needed, whatever the number of
    labels. The result does not depend on the tiles; for large images see `snap_rows`.

    Parameters
    ----------
    image : (3, H, W) float32, 0..1
        Grey images have equal channels.
    ids : (H, W) integer
        Category ids.
    radius
        How far from a border pixels may change, about one patch in pixels of the image.
        What is up to about ``0.75 * radius`` wide does not change, up to ``1.25 * radius``
        does not grow.
    strength
        0 (unchanged) to 1; the smaller, the more evidence it takes.

    Returns
    -------
    ids : (H, W) int64
        Only ids that `ids` has within `radius` of the pixel.
    """
    bands = snap_rows(lambda top, bottom: image[:, top:bottom], ids, radius, strength)
    return torch.cat([part.to(image.device) for _, _, part in bands])


def snap_rows(
    image_of: Callable[[int, int], Tensor], ids: Tensor, radius: int, strength: float
) -> Iterator[tuple[int, int, Tensor]]:
    """Move the borders of a label map band by band, with the result of `snap_edges`.

    Parameters
    ----------
    image_of
        Makes rows ``start`` to ``stop`` of the image, (3, stop - start, W), as they are needed:
        not where there is no border.
    ids, radius, strength
        See `snap_edges`.

    Yields
    ------
    start, stop
        Rows of the image.
    ids : (stop - start, W) int64
    """
    reach = Reach(max(radius, 1))
    height = ids.shape[0]
    for start in range(0, height, reach.side):
        stop = min(start + reach.side, height)
        top, bottom = max(0, start - reach.margin), min(height, stop + reach.margin)
        around = ids[top:bottom].to(torch.int64)
        tiles = list(_tiles(around, slice(start - top, stop - top), reach))
        if tiles and strength > 0 and radius > 0:
            image = image_of(top, bottom)
            around = around.to(image.device)
            result = around.clone()
            for tile in tiles:
                result[tile] = _Tile.of(image, around, tile, reach).snapped(_EVIDENCE / strength)
            around = result
        yield start, stop, around[start - top : stop - top]


def _tiles(ids: Tensor, rows: slice, reach: Reach) -> Iterator[tuple[slice, slice]]:
    """Cut some rows into tiles and leave out those far from any border."""
    width = ids.shape[1]
    for left in range(0, width, reach.side):
        tile = rows, slice(left, min(left + reach.side, width))
        near = ids[_wider(tile, reach.radius)]
        if bool((near != near[0, 0]).any()):
            yield tile


def _wider(tile: tuple[slice, slice], by: int) -> tuple[slice, slice]:
    """Add a margin to a tile, which indexing cuts off at the end of the image."""
    rows, columns = (slice(max(0, part.start - by), part.stop + by) for part in tile)
    return rows, columns


def _within(tile: tuple[slice, slice], around: tuple[slice, slice]) -> tuple[slice, slice]:
    """Where a tile lies in what is around it."""
    rows, columns = (
        slice(part.start - outer.start, part.stop - outer.start)
        for part, outer in zip(tile, around, strict=True)
    )
    return rows, columns


@dataclass(frozen=True, eq=False, slots=True)
class _Tile:
    """What all labels of a tile need.

    Attributes
    ----------
    ids : (h + , w + ) int64
        Of the tile and around it.
    place
        Where the tile lies in `ids`.
    smooth : (3, h, w)
        Image without its finest grain, which would be taken for borders.
    coarse, mean : (3, a, b)
        Means of cells, and of windows of cells.
    inverse : (3, 3, a, b)
        Of the covariance of the cells in a window.
    reach
        Distances.
    """

    ids: Tensor
    place: tuple[slice, slice]
    smooth: Tensor
    coarse: Tensor
    mean: Tensor
    inverse: Tensor
    reach: Reach

    @classmethod
    def of(cls, image: Tensor, ids: Tensor, tile: tuple[slice, slice], reach: Reach) -> _Tile:
        around = _wider(tile, reach.margin)
        coarse = cells(image[:, *around], reach.cell)
        mean = box(coarse, reach.window)
        products = box((coarse[:, None] * coarse).flatten(0, 1), reach.window)
        covariance = products.view(3, 3, *mean.shape[1:]) - mean[:, None] * mean
        covariance += _NOISE * torch.eye(3, device=image.device)[..., None, None]
        grain = min(2, reach.radius // 8)
        edge = _wider(tile, grain)
        smooth = box(image[:, *edge], grain)[:, *_within(tile, edge)]
        place = _within(tile, around)
        return cls(ids[around], place, smooth, coarse, mean, _inverse(covariance), reach)

    def snapped(self, lead: float) -> Tensor:
        """Labels of the tile: (h, w) int64."""
        edge = _wider(self.place, self.reach.radius)
        ids = self.ids[self.place]
        winner, wide = ids.clone(), torch.zeros_like(ids, dtype=torch.bool)
        own = torch.zeros_like(self.smooth[0])
        best = torch.full_like(own, -torch.inf)
        for label in self.ids[edge].unique_consecutive().unique().tolist():
            mask = self.ids == label
            share = cells(mask[None].float(), self.reach.cell)
            evidence = self._evidence(share)
            here = mask[self.place]
            own = torch.where(here, evidence, own)
            broad, grows = self._parts(share[0] == 1)
            wide |= broad & here
            near = spread(mask[edge], self.reach.radius)[_within(self.place, edge)]
            better = near & grows & (evidence > best)
            best = torch.where(better, evidence, best)
            winner = torch.where(better, label, winner)
        return torch.where(wide & (best - own > lead), winner, ids)

    def _evidence(self, share: Tensor) -> Tensor:
        """By how much colours say it is this label: (1, a, b) to (h, w), about -1..1."""
        window, cell = self.reach.window, self.reach.cell
        local = box(share, window)
        together = box(self.coarse * share, window) - self.mean * local
        slope = (self.inverse * together).sum(1)
        offset = -(slope * self.mean).sum(0, keepdim=True)
        # The paper's mean over windows. Without the label's share in the offset, what is
        # left is 0 where colours and label have nothing to do with each other.
        planes = box(torch.cat([slope, offset]), window)
        # One more cell on each side, between whose centres the tile's outermost pixels lie.
        edge = _wider(self.place, cell)
        part = (slice(p.start // cell, -(-p.stop // cell)) for p in edge)
        full = F.interpolate(planes[None, :, *part], scale_factor=cell, mode="bilinear")[0]
        full = full[:, *_within(self.place, edge)]
        return (full[:3] * self.smooth).sum(0).add_(full[3])

    def _parts(self, whole: Tensor) -> tuple[Tensor, Tensor]:
        """Which pixels may change, and to which the label may grow: (a, b) to (h, w) bool."""
        may_change = spread(opened(whole, self.reach.narrow), 1)
        may_reach = spread(opened(whole, self.reach.stays), self.reach.window)
        both = torch.stack([may_change, may_reach])
        cell = self.reach.cell
        pixels = both.repeat_interleave(cell, 1).repeat_interleave(cell, 2)[:, *self.place]
        return pixels[0], pixels[1]


def _inverse(matrix: Tensor) -> Tensor:
    """Invert symmetric matrices by cofactors: (3, 3, a, b)."""
    first, second, third = matrix
    rows = [
        torch.linalg.cross(p, q, dim=0)
        for p, q in ((second, third), (third, first), (first, second))
    ]
    inverse: Tensor = torch.stack(rows) / (first * rows[0]).sum(0)
    return inverse
