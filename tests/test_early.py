"""Rows that are finished are labelled as they will be, while those below are being encoded."""

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg import bands, batches
from napari_ovseg.early import Early, early_steps
from napari_ovseg.encoding import Purpose
from napari_ovseg.errors import ImageError
from napari_ovseg.grid import Grid
from napari_ovseg.image import Image
from napari_ovseg.progress import run

WORDS = ov.Vocabulary.parse("brick; grass, lawn; water; sand; background")
SHAPE = (448, 300)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(bands, "EVERY_S", 0.0)
    monkeypatch.setattr(bands, "PAUSE", 0.0)
    monkeypatch.setattr(batches, "batch_size", lambda *_: 2)


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (SHAPE[0] // 16, SHAPE[1] // 15, 3))
    return np.kron(coarse, np.ones((16, 15, 1))).astype(np.uint8)


def recipe(magnification=1.0, scales=(1.0,), blend="merged", **values):
    return ov.Recipe(
        working_size=ov.WorkingSize(magnification=magnification),
        tiling=ov.Tiling(crop=112, stride=56, scales=scales, blend=blend),
        refinement=ov.Refinement(edge_snap=0),
        **values,
    )


def early(image, settings, words=WORDS):
    seen = []
    steps = early_steps(ov.encode_steps(image, settings, "cpu", purpose=Purpose(early=True)), words)
    features = run(steps, lambda p: seen.append(p) if isinstance(p, Early) else None)
    return seen, features


@pytest.mark.parametrize("blend", ["merged", "feathered"])
def test_rows_follow_each_other_and_are_as_in_the_end(pixels, blend):
    seen, features = early(pixels, recipe(blend=blend))
    labels = ov.label(features, WORDS)
    assert len(np.unique(labels.ids)) > 1
    assert len(seen) > 2
    bottom, half = 0, 8  # where it is interpolated with rows of another band
    for each in seen:
        assert each.rows.start == bottom
        bottom = each.rows.stop
        inner = slice(each.rows.start + (half if each.rows.start else 0), bottom - half)
        own = slice(inner.start - each.rows.start, inner.stop - each.rows.start)
        # Where two words are equally likely the order of the sums decides.
        assert (each.annotation.labels.ids[own] == labels.ids[inner]).mean() > 0.999
    assert bottom == SHAPE[0] - 112  # of the last windows none is finished before the end


def test_a_working_size_of_its_own_and_smaller_ones_averaged_in(pixels):
    seen, features = early(pixels, recipe(1.5, (1.0, 0.5)))
    labels = ov.label(features, WORDS)
    assert seen[-1].rows.stop > SHAPE[0] / 2
    same = [(e.annotation.labels.ids == labels.ids[e.rows]).mean() for e in seen]
    assert np.mean(same) > 0.6


def test_thresholds_that_need_the_whole_image_wait(pixels):
    from dataclasses import replace

    words = ov.Vocabulary(tuple(replace(c, min_size=10**6) for c in WORDS))
    plain, _ = early(pixels, recipe())
    seen, _ = early(pixels, recipe(area_threshold=0.9), words)
    for each, other in zip(seen, plain, strict=True):
        assert (each.annotation.labels.ids == other.annotation.labels.ids).all()
        assert each.annotation.labels.vocabulary == words


def test_planes_of_stacks_are_cut_too(pixels):
    stack = Image((np.stack([pixels[..., 0], pixels[..., 1]]),), False, Grid.regular(3))
    seen, _ = early(stack.plane((1,)), recipe())
    alone, _ = early(pixels[..., 1], recipe())
    assert len(seen) > 2
    for each, other in zip(seen, alone, strict=True):
        assert (each.annotation.labels.ids == other.annotation.labels.ids).all()


def test_windows_kept_apart_and_half_a_batch_after_memory_ran_out(pixels, monkeypatch):
    exact = ov.Recipe(tiling=ov.Tiling(blend="exact"))
    assert early(pixels, exact)[0] == []
    real, failed = batches._attempt, []

    def attempt(encoders, settings, rgb, windows, size):
        for progress in real(encoders, settings, rgb, windows, size):
            yield progress
            if progress.done > 20 and not failed:
                failed.append(progress)
                raise MemoryError
        return (yield from real(encoders, settings, rgb, windows, size))

    monkeypatch.setattr(batches, "_attempt", attempt)
    seen, _ = early(pixels, recipe())
    assert failed
    starts = [e.rows.start for e in seen]
    assert starts == sorted(set(starts))


def test_rows_too_few_for_a_picture_wait_for_more(pixels):
    settings = ov.Recipe(
        working_size=ov.WorkingSize(magnification=8.0),
        tiling=ov.Tiling(crop=112, stride=8, scales=(1.0,)),
    )
    seen, _ = early(pixels[:30, :16], settings)
    assert len(seen) > 2
    assert all(e.rows.stop - e.rows.start >= 2 for e in seen)
    assert [e.rows.start for e in seen[1:]] == [e.rows.stop for e in seen[:-1]]


def test_labelling_takes_a_share_of_the_time(pixels, monkeypatch):
    many, _ = early(pixels, recipe())
    monkeypatch.setattr(bands, "PAUSE", 1e9)
    assert len(many) > 1
    assert len(early(pixels, recipe())[0]) == 1


def test_rows_are_read_when_they_are_looked_at(pixels):
    class Unread:
        shape, dtype = pixels.shape, pixels.dtype

        def __getitem__(self, rows):
            raise OSError("the network is gone")

    image = Image((Unread(),), True, Grid.regular(2)).rows(slice(10, 30))
    assert image.shape == (20, SHAPE[1])
    with pytest.raises(ImageError, match="the network is gone"):
        image.read()
