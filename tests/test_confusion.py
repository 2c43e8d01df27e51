"""What confusion tables amount to, and how sure that is."""

import numpy as np
import pytest

from napari_ovseg.confusion import confusion_table, interval, scores, tiles


def test_scores_of_a_known_confusion():
    confusion = np.zeros((4, 4), int)
    confusion[0, 0], confusion[0, 2], confusion[2, 2], confusion[2, 3] = 60, 20, 10, 10
    result = scores(confusion, {0: "a", 1: "never", 2: "b"})
    assert result["iou"] == {"a": 60 / 80, "b": 10 / 40}
    assert result["miou"] == pytest.approx(0.5)
    assert result["pixel_accuracy"] == pytest.approx(0.7)


def test_tiles_cover_every_pixel_once():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, (2, 50, 67))
    whole = confusion_table(truth, predicted, 4)
    assert whole[1, 2] == ((truth == 1) & (predicted == 2)).sum()
    parts = [confusion_table(truth[t], predicted[t], 4) for t in tiles(truth.shape, 4)]
    assert len(parts) == 16
    assert (np.sum(parts, axis=0) == whole).all()


def test_the_interval_of_equal_pictures_is_a_point():
    table = np.array([[30, 10, 0], [5, 20, 0], [0, 0, 0]])
    miou = scores(table, {0: "a", 1: "b"})["miou"]
    assert interval([table] * 6) == pytest.approx((miou, miou))


def test_the_interval_is_that_of_the_mean_of_many_pictures():
    """Pictures of one size and one category: the mIoU is their mean, whose spread is known."""
    rng = np.random.default_rng(1)
    right = rng.integers(0, 101, 200)
    tables = [np.array([[r, 100 - r], [0, 0]]) for r in right]
    low, high = interval(tables)
    spread = right.std() / 100 / np.sqrt(len(right))
    assert low == pytest.approx(right.mean() / 100 - 1.96 * spread, abs=0.3 * spread)
    assert high == pytest.approx(right.mean() / 100 + 1.96 * spread, abs=0.3 * spread)


def test_a_category_that_was_not_drawn_does_not_count():
    """The second category is in one picture only, where it is right."""
    tables = [np.diag([10, 0, 0])] * 4 + [np.diag([0, 10, 0])]
    assert interval(tables) == (1.0, 1.0)


def test_a_drawing_without_a_category_counts_it_as_in_all_pictures():
    """All is called the first category: the mean is 0.4, and no drawing's is above a half."""
    tables = [np.diag([10, 0, 0])] * 4 + [np.array([[0, 0, 0], [10, 0, 0], [0, 0, 0]])]
    assert scores(np.sum(tables, axis=0), {0: "a", 1: "b"})["miou"] == pytest.approx(0.4)
    low, high = interval(tables)
    assert low < 0.4 < high <= 0.5
