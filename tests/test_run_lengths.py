"""Run lengths and polygons are read as others read them, or refused."""

import random
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from faster_coco_eval import mask as fast_mask
from pycocotools import mask as coco_mask
from skimage.measure import grid_points_in_poly

from cells import BAD_FILES, coco_file
from napari_ovseg.errors import InputError
from napari_ovseg.importers import IMPORTERS
from napari_ovseg.importers._runs import paint, runs_of_counts, runs_of_rings

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def test_run_lengths_agree_with_faster_coco_eval():
    rng = np.random.default_rng(0)
    for density in (0.0, 0.01, 0.5, 0.99, 1.0):
        for shape in ((1, 1), (7, 5), (60, 80)):
            mask = np.asfortranarray(rng.random(shape) < density, np.uint8)
            text = fast_mask.encode(mask)["counts"]
            text = text.decode() if isinstance(text, bytes) else text
            assert (paint([(1, runs_of_counts(text, shape))], shape) == mask).all()


def mutated(text, rng):
    """Run lengths with up to three characters changed, or cut, or doubled."""
    text = list(text)
    for _ in range(rng.randint(0, 3)):
        code = rng.randint(48, 111) if rng.random() < 0.9 else rng.randint(1, 0x2FFFF)
        text[rng.randrange(len(text))] = chr(code)
    if rng.random() < 0.3:
        del text[rng.randint(len(text) // 2, len(text)) :]
    return "".join(text) * (2 if rng.random() < 0.05 else 1)


def malformed(good, rng):
    """A mask of 9 x 8 pixels with text or lengths that are wrong, or that are not even those."""
    size = [9, 8] if rng.random() < 0.9 else rng.choice([
        [8, 9], [9], [9, 8, 1], [-9, -8], [0, 0], [10**30, 1], [2**31, 2**31], [9.0, 8.0], ["9", 8], [True, 72], [], "98", None, 72, {},
    ])  # fmt: skip
    kind = rng.random()
    if kind < 0.6:
        return size, mutated(good, rng)
    if kind < 0.85:
        lengths = [rng.randint(0, 20) for _ in range(rng.randint(0, 9))]
        lengths.append(72 - sum(lengths))
        if rng.random() < 0.7:
            bad = [
                -1, -(2**63), 2**31, 2**63, 10**400, 0.5, float("nan"), float("inf"), "3", "", None, True, [], {},
            ]  # fmt: skip
            lengths.insert(rng.randint(0, len(lengths)), rng.choice(bad))
        return size, lengths
    return size, rng.choice([
        None, True, 0, 72, -1, 1e300, [], {}, [[72]], "", "0", "P", "\ud800", "é\x00", "\U0001f9ec", "o" * 10**5, "0" * 10**5, "_" * 31 + "0",
        "oooooo?", "PPPPPPP0", [0] * 10**5, [10**18] * 50, [72, *[0] * 10**4],
    ])  # fmt: skip


@pytest.mark.soak
def test_malformed_masks_are_read_as_faster_coco_eval_reads_them_or_refused(tmp_path):
    rng = random.Random(0)
    mask = np.asfortranarray(np.random.default_rng(0).random((9, 8)) < 0.3, np.uint8)
    good = coco_mask.encode(mask)["counts"].decode()
    importer, outcomes = IMPORTERS.get("coco")(), Counter()
    tracemalloc.start()
    try:
        for _ in range(BAD_FILES):
            size, counts = malformed(good, rng)
            coded = {"size": size, "counts": counts}
            row = {"image_id": 9, "category_id": 3, "segmentation": coded}
            path = coco_file(tmp_path / "x.json", [row], height=9, width=8)
            try:
                ours = importer.read(path).labels.ids > 0
            except InputError:
                outcomes["refused"] += 1
                continue
            if isinstance(counts, str):
                theirs = fast_mask.decode({"size": [9, 8], "counts": counts.encode()})
            else:
                theirs = np.repeat(np.arange(len(counts)) % 2, counts).reshape((9, 8), order="F")
            assert (theirs == ours).all(), (size, counts)
            outcomes[type(counts).__name__] += 1
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()
    assert outcomes["refused"] > BAD_FILES / 4
    assert outcomes["str"]
    assert outcomes["list"]


def test_polygons_are_filled_as_scikit_image_fills_them():
    rng = np.random.default_rng(0)
    for _ in range(200):
        rings = [rng.uniform(-10, 45, (rng.integers(3, 9), 2)) for _ in range(rng.integers(1, 4))]
        expected = np.zeros((30, 40), bool)
        for ring in rings:
            expected ^= grid_points_in_poly((30, 40), ring[:, ::-1] - 0.5, binarize=True)
        assert (paint([(1, runs_of_rings(rings, (30, 40)))], (30, 40)) == expected).all()


def test_a_polygon_that_would_fill_the_memory_is_refused():
    teeth = np.zeros((40_000, 2))
    teeth[::2, 0] = 1e8
    teeth[:, 1] = np.arange(40_000)
    with pytest.raises(InputError, match="simplify"):
        runs_of_rings([teeth], (4, 50_000))
