"""Labels with all that outlines find hard, and how others fill those."""

import numpy as np
from skimage.measure import grid_points_in_poly

import napari_ovseg as ov

WORDS = ov.Vocabulary(
    (ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), colour="#ff0000"),
     ov.Category(7, "細胞質 <&\">", colour="#00ff00", role="stuff", threshold=0.25),
     ov.Category(9, "=danger: \u2028\ufffe'{}", colour="#0000ff", role="background"))
)  # fmt: skip


def blobs(shape=(120, 90), seed=0):
    """Things of all sizes, with holes, touching corners and the borders; stuff in two parts."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(shape)
    ids = np.full(shape, 9, np.uint16)
    ids[:, 60:75] = 7
    for _ in range(25):
        r, c, size = rng.integers(0, shape[0]), rng.integers(0, shape[1]), rng.uniform(0.5, 14)
        away = np.hypot(rows - r, (cols - c) * rng.uniform(0.5, 2))
        ids[(away <= size) & (away > rng.choice([-1, size / 2]))] = 1
    ids[rng.random(shape) < 0.01] = 1
    ids[rng.random(shape) < 0.01] = 0
    return ids


def annotation(ids=None, name="cells", vocabulary=WORDS, grid=None):
    ids = blobs() if ids is None else ids
    return ov.Annotation(name, ov.LabelMap(ids, vocabulary, grid or ov.Grid.regular(ids.ndim)))


def filled(ring, shape):
    """Pixels whose centres lie in a ring (x, y), by scikit-image."""
    return grid_points_in_poly(shape, np.asarray(ring)[:, ::-1] - 0.5, binarize=True)
