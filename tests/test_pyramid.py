"""OME-Zarr of label maps that are larger than memory: read and written shard by shard."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import zarr

import napari_ovseg as ov
from napari_ovseg.formats import pyramid
from napari_ovseg.importers import read_labels
from volumes import WORDS, grid

SHARD = 128


class OnDisk:
    """An array that gives parts only, and keeps what was asked of it."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.dtype, self.ndim = (
            pixels,
            pixels.shape,
            pixels.dtype,
            pixels.ndim,
        )
        self.asked = []

    def __getitem__(self, where):
        part = self.pixels[where].copy()
        self.asked.append(part.size)
        return part

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("it was read whole")


class Noise(OnDisk):
    """One that is computed where it is read: of any size without taking memory."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype, self.ndim, self.asked = shape, np.dtype(dtype), len(shape), []

    def __getitem__(self, where):
        part = np.random.default_rng(1).integers(
            0, 2, [s.stop - s.start for s in where], self.dtype
        )
        self.asked.append(part.size)
        return part


@pytest.fixture
def small_shards(monkeypatch):
    """The same with fewer pixels."""
    for name, value in (("SHARD", SHARD), ("CHUNK", 32), ("_SMALLEST", 16)):
        monkeypatch.setattr(pyramid, name, value)


def labelled(shape, axes="tczyx", density=0.3):
    rng = np.random.default_rng(0)
    ids = (rng.choice([c.id for c in WORDS], shape) * (rng.random(shape) < density)).astype(
        np.uint16
    )
    where = grid(axes[-len(shape) :], (1,) * len(shape), ("pixel",) * len(shape))
    owner = rng.integers(0, 3, shape).astype(np.uint8)
    return ov.Annotation("x", ov.LabelMap(ids, WORDS, where), owner)


def on_disk(given):
    labels = replace(given.labels, ids=OnDisk(given.labels.ids))
    return replace(given, labels=labels, owner=OnDisk(given.owner))


@pytest.mark.parametrize(("shape", "axes"), [
    ((300, 530), "yx"), ((512, 512), "yx"), ((513, 255), "yx"), ((40, 700), "yx"), ((5, 7), "yx"),
    ((9, 140, 30), "zyx"), ((300, 20, 40), "zyx"), ((2, 3, 4, 140, 150), "tczyx"), ((3, 2, 260, 40), "ctyx"),
])  # fmt: skip
def test_no_more_than_a_shard_is_asked_for_and_all_levels_are_right(
    tmp_path, small_shards, shape, axes
):
    given = labelled(shape, axes)
    lazy = on_disk(given)
    (path,) = ov.export(lazy, tmp_path, "ome-zarr")
    for asked in (lazy.labels.ids.asked, lazy.owner.asked):
        assert max(asked) <= SHARD**2
        assert sum(asked) == given.labels.ids.size  # none is read twice
    back = read_labels(path)
    assert np.array_equal(back.labels.ids, given.labels.ids)
    assert np.array_equal(back.owner, given.owner)
    group = zarr.open_group(path, mode="r")["labels/x"]
    levels = [group[d["path"]] for d in group.attrs["ome"]["multiscales"][0]["datasets"]]
    whole = levels[0][...]
    for step, level in enumerate(levels):
        assert np.array_equal(level[...], whole[..., :: 2**step, :: 2**step])
    assert min(levels[-1].shape[-2:]) <= 32
    assert len(levels) == 1 or min(levels[-2].shape[-2:]) >= 32
    assert pyramid.checksum(whole) == group.attrs["napari-ovseg"]["checksum"]
    moved = np.roll(whole, SHARD, axis=-1)
    assert np.array_equal(moved, whole) or pyramid.checksum(moved) != pyramid.checksum(whole)
    in_memory = ov.export(given, tmp_path / "memory", "ome-zarr")[0]
    assert np.array_equal(read_labels(in_memory).labels.ids, given.labels.ids)


def test_memory_is_a_few_shards_whatever_the_size(tmp_path, small_shards, monkeypatch):
    monkeypatch.setattr(pyramid, "SHARD", 256)
    monkeypatch.setattr(pyramid, "CHUNK", 256)
    for side in (512, 4096):  # the first time libraries are imported
        labels = ov.LabelMap(Noise((side, side), np.uint16), WORDS, ov.Grid.regular(2))
        tracemalloc.start()
        ov.export(ov.Annotation("x", labels, Noise((side, side), np.uint8)), tmp_path, "ome-zarr")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    shard = 2 * 256**2
    assert peak < 24 * shard  # of 256 that it has: those of five levels, and what is being packed


def test_shards_of_nothing_are_not_written(tmp_path, small_shards):
    given = labelled((512, 512), "yx", density=0)
    given.labels.ids[400, 300] = 7
    (path,) = ov.export(replace(given, owner=None), tmp_path, "ome-zarr")
    files = [p for p in (path / "labels/x/s0").rglob("*") if p.is_file()]
    assert [p.relative_to(path / "labels/x/s0").parts for p in files if p.name != "zarr.json"] == [
        ("c", "3", "2")
    ]
    assert np.array_equal(read_labels(path).labels.ids, given.labels.ids)


def test_other_formats_read_the_whole_and_arrays_of_zarr_will_do(tmp_path):
    given = labelled((30, 40))
    ids = zarr.create_array(tmp_path / "ids.zarr", data=given.labels.ids, chunks=(8, 8))
    lazy = replace(given, labels=replace(given.labels, ids=ids))
    for name in ("ome-tiff", "ome-zarr", "coco"):
        back = read_labels(ov.export(lazy, tmp_path / name, name)[0])
        assert np.array_equal(back.labels.ids, given.labels.ids)
        assert np.array_equal(back.owner, given.owner)
