"""Cut an image into the squares that an encoder sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the working image, px."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the window."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def sliding_windows(height: int, width: int, crop: int, stride: int) -> list[Window]:
    """Cover an image with windows, row by row; the last ones are shifted to end at its border.

    Parameters
    ----------
    height, width
        Size of the working image, px.
    crop
        Side of a window, px; a shorter image side is used whole. 0: the image is one window.
    stride
        Step between windows, px.

    Notes
    -----
    SCLIP's rule: ``n = max(side - crop + stride - 1, 0) // stride + 1``; all windows of an
    image have the same size.
    """
    if crop == 0:
        return [Window(0, 0, height, width)]
    tall, wide = min(crop, height), min(crop, width)
    return [
        Window(top, left, tall, wide)
        for top in _starts(height, crop, stride)
        for left in _starts(width, crop, stride)
    ]


def _starts(side: int, crop: int, stride: int) -> list[int]:
    count = max(side - crop + stride - 1, 0) // stride + 1
    return [max(min(i * stride + crop, side) - crop, 0) for i in range(count)]
