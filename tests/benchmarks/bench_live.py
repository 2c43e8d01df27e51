"""Relabelling with known and with new words beside the encode that it spares; and undo's memory."""

import tempfile
import time
from itertools import count
from pathlib import Path

import numpy as np
from tests.benchmarks._row import Row, seconds
from tests.benchmarks.bench_encode import seeded_folder

import napari_ovseg as ov
from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft

KNOWN, NEW = 50, 25
"""How many times cheaper than the encode a relabel must be."""


def fastest(function, runs=7):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def rows():
    image = np.random.default_rng(0).integers(0, 255, (1024, 1024, 3)).astype(np.uint8)
    words = "; ".join(f"word {i}" for i in range(19))
    with tempfile.TemporaryDirectory() as folder:
        recipe = ov.Recipe(
            backbone=seeded_folder(Path(folder)), working_size=ov.WorkingSize(magnification=1)
        )
        start = time.perf_counter()
        features = ov.encode(image, recipe, device="cpu")
        encode = time.perf_counter() - start
        known = ov.Vocabulary.parse(f"{words}; background")
        ov.label(features, known)
        number = count()

        def with_a_new_word():
            ov.label(features, ov.Vocabulary.parse(f"{words}; new word {next(number)}; background"))

        for what, took, least in (
            ("words embedded before", fastest(lambda: ov.label(features, known)), KNOWN),
            ("one new word", fastest(with_a_new_word), NEW),
        ):
            note = f"encode ViT-B/16 / relabel 1024 x 1024, 20 categories, {what}"
            yield Row(note, seconds(encode), seconds(took), encode / took, least, at_least=True)
    side, rng = 4096, np.random.default_rng(0)
    draft = Draft(rng.integers(0, 50, (side, side)).astype(np.uint16))
    draft.propose(whole((side, side)), rng.integers(0, 50, (side, side)))
    size = draft.nbytes / 1e6
    yield Row("a step of undo, 4096 x 4096 random labels, MB", f"{size:.1f}", "20", size, 20.0)
