"""Counting the pixels of each id, whatever integers a layer holds."""

import numpy as np
import pytest

from napari_ovseg import labels
from napari_ovseg.labels import count_ids


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.int64, np.uint64])
def test_each_id_that_occurs_is_counted(dtype):
    ids = np.zeros((30, 40), dtype)
    ids[:10], ids[10:12, ::2] = 7, 100
    assert count_ids(ids) == {0: 30 * 40 - 440, 7: 400, 100: 40}
    assert count_ids(ids[::2, ::3]) == {0: 14 * 15 - 5 * 14 - 7, 7: 5 * 14, 100: 7}
    assert count_ids(ids[:0]) == {}


def test_many_pixels_are_counted_in_blocks(monkeypatch):
    monkeypatch.setattr(labels, "_BLOCK", 100)
    ids = np.random.default_rng(0).integers(0, 300, (41, 37)).astype(np.uint16)
    found, counts = np.unique(ids, return_counts=True)
    assert count_ids(ids) == dict(zip(found.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("least", "most", "dtype"),
    [
        (-3, 5, np.int16),
        (0, 65_535, np.uint16),
        (1, 65_536, np.int32),
        (0, 2**40, np.int64),
        (-(2**62), 2, np.int64),
        (0, 2**64 - 1, np.uint64),
    ],
)
def test_ids_that_no_table_could_hold_are_counted(least, most, dtype):
    ids = np.full((3, 4), least, dtype)
    ids[0] = most
    assert count_ids(ids) == {least: 8, most: 4}
