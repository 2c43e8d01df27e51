"""COCO run lengths beside ``pycocotools`` object by object; OME-Zarr beside a plain copy to zarr."""

import tempfile
from pathlib import Path

import numpy as np
import zarr
from pycocotools import mask as coco_mask
from tests.benchmarks._row import Row, seconds, side_by_side

import napari_ovseg as ov
from napari_ovseg.formats.rle import encode

SIDE, OBJECTS, SAMPLE = 4096, 2000, 8
LARGE = 8192


def discs() -> np.ndarray:
    """A map of numbered discs of all sizes; where they meet, the later is on top."""
    rng = np.random.default_rng(0)
    numbers = np.zeros((SIDE, SIDE), np.int32)
    for number in range(1, OBJECTS + 1):
        radius = int(rng.integers(4, 60))
        row, col = rng.integers(radius, SIDE - radius, 2)
        rows, cols = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        place = numbers[row - radius : row + radius + 1, col - radius : col + radius + 1]
        place[rows**2 + cols**2 <= radius**2] = number
    present = np.unique(numbers)
    return np.searchsorted(present, numbers).astype(np.int32)


def one_by_one(numbers: np.ndarray, chosen: list[int]) -> list[bytes]:
    """What everybody does: a mask of the whole picture for every object."""
    masks = (np.asfortranarray(numbers == number, np.uint8) for number in chosen)
    return [coco_mask.encode(mask)["counts"] for mask in masks]


def run_lengths():
    numbers = discs()
    count = int(numbers.max())
    chosen = np.random.default_rng(1).choice(np.arange(1, count + 1), SAMPLE, False).tolist()
    codes = encode(numbers)
    assert [codes[n - 1].counts.encode() for n in chosen] == one_by_one(numbers, chosen)
    limit, mine = side_by_side(lambda: one_by_one(numbers, chosen), lambda: encode(numbers), 3)
    limit *= count / SAMPLE
    what = f"pycocotools per object (of {SAMPLE}, scaled) / COCO run lengths, {SIDE} x {SIDE}, {count} objects"
    yield Row(what, seconds(limit), seconds(mine), limit / mine, 100.0, at_least=True)


def ome_zarr():
    ids = np.tile(discs() % 7, (LARGE // SIDE,) * 2).astype(np.uint8)
    words = ov.Vocabulary.parse("a; b; c; d; e; f")
    labels = ov.LabelMap(ids.astype(np.uint16), words, ov.Grid.regular(2))
    with tempfile.TemporaryDirectory() as folder:

        def copy():
            zarr.create_array(
                Path(folder) / "copy.zarr", data=ids, chunks=(1024, 1024), overwrite=True
            )

        def export():
            ov.export(ov.Annotation("large", labels), folder, "ome-zarr")

        limit, mine = side_by_side(copy, export, 7)
    what = f"OME-Zarr export / plain copy of the array to zarr, {LARGE} x {LARGE}"
    yield Row(what, seconds(mine), seconds(limit), mine / limit, 2.0)


def rows():
    yield from run_lengths()
    yield from ome_zarr()
