"""Annotations that formats of pictures must bring back whole."""

import json
import os

import numpy as np

import napari_ovseg as ov

WORDS = ov.Vocabulary(
    (ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), "a dark disc", "#ff0000", 0.5),
     ov.Category(7, "細胞質 <&\">", colour="#00ff00", role="stuff", threshold=0.25),
     ov.Category(300, "=danger: \u2028'{}", colour="#123456", role="background"))
)  # fmt: skip
HISTORY = ov.Provenance("method = 'sclip'", "starter", "0.1", "2026-11-21T00:00:00Z", 0.25)
BAD_FILES = int(os.environ.get("OVSEG_BAD_FILES", "300"))


def blobs(shape=(40, 50), seed=0, values=(0, 1, 7, 300)):
    rng = np.random.default_rng(seed)
    coarse = rng.choice(
        np.array(values, np.uint16), (*shape[:-2], shape[-2] // 4 + 1, shape[-1] // 4 + 1)
    )
    ids = coarse.repeat(4, -2).repeat(4, -1)[..., : shape[-2], : shape[-1]].copy()
    ids[rng.random(shape) < 0.02] = 1
    return ids


def annotation(ids=None, name="cells", vocabulary=WORDS, grid=None):
    ids = blobs() if ids is None else ids
    grid = grid or ov.Grid.regular(ids.ndim, (0.5,) * ids.ndim, units=("µm",) * ids.ndim)
    return ov.Annotation(name, ov.LabelMap(ids, vocabulary, grid), provenance=HISTORY)


def same(first, second):
    assert (first.labels.ids == second.labels.ids).all()
    assert first.labels.ids.dtype == np.uint16
    assert first.labels.vocabulary == second.labels.vocabulary
    assert first.labels.grid == second.labels.grid
    assert first.provenance == second.provenance
    assert first.name == second.name


def coco_file(
    path,
    annotations,
    categories=({"id": 3, "name": "a", "color": "#FF0000"}, {"id": 5, "name": "b"}),
    **more,
):
    image = {"id": 9, "height": 20, "width": 30, "file_name": "folder/p.jpg", **more}
    path.write_text(
        json.dumps({"images": [image], "categories": list(categories), "annotations": annotations})
    )
    return path
