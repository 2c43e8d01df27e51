"""Annotations that formats of volumes must bring back whole."""

import numpy as np

import napari_ovseg as ov

WORDS = ov.Vocabulary(
    (
        ov.Category(1, "nucleus", ("nucleus", "cell nucleus"), "a dark disc", "#ff0000", 0.25),
        ov.Category(7, "細胞質 (é)", colour="#00ff00", role="stuff"),
        ov.Category(9, "=SUM(A1)|b:c\\n; '\"%0A", colour="#010203"),
        ov.Category(12, "line\u2028two " + "ж" * 180, colour="#fefdfc", role="background"),
    )
)
MANY = ov.Vocabulary(tuple(ov.Category(i, f"kind {i}") for i in range(1, 301)))
HISTORY = ov.Provenance(
    '[recipe]\nx = "é"\r\n', "starter\t1", "a 1|b:=2", "2026-01-01T00:00:00Z", 0.1
)


def grid(axes, spacing, units, origin=None, turn=None):
    """A grid with an origin and, in the last axes, a turn."""
    n = len(axes)
    matrix = np.diag([*map(float, spacing), 1.0])
    if turn is not None:
        matrix[n - len(turn) : n, n - len(turn) : n] = turn @ np.diag(spacing[-len(turn) :])
    matrix[:-1, -1] = origin or (0,) * n
    return ov.Grid(tuple(axes), tuple(map(tuple, matrix.tolist())), tuple(units))


def turn(degrees=(20, 35, -10)):
    a, b, c = np.radians(degrees)
    one = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    two = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    three = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return one @ two @ three


def annotation(shape, where=None, name="cells", vocabulary=WORDS, density=0.3):
    """Random ids of a vocabulary; `density` of the pixels are labelled."""
    rng = np.random.default_rng(3)
    ids = rng.choice([c.id for c in vocabulary], shape) * (rng.random(shape) < density)
    labels = ov.LabelMap(ids.astype(np.uint16), vocabulary, where or ov.Grid.regular(len(shape)))
    return ov.Annotation(name, labels, provenance=HISTORY)


def one_pixel():
    given = annotation((3, 5, 7), density=0)
    given.labels.ids[2, 4, 6] = 9
    return given


MM = ("mm", "mm", "mm")
CASES = {
    "picture": annotation((20, 31)),
    "picture in um": annotation((20, 31), grid("yx", (0.25, 0.5), ("µm", "micrometer"), (3, -4))),
    "volume": annotation((4, 20, 31)),
    "one slice": annotation((1, 20, 31)),
    "time series": annotation((3, 20, 31), grid("tyx", (2.5, 0.1, 0.1), ("s", "mm", "mm"))),
    "all axes": annotation((2, 3, 4, 9, 11), grid("tczyx", (0.5, 1, 3, 0.7, 0.3), ("ms", "pixel", "mm", "um", "nm"), (1, 0, 5, 6, 7))),
    "anisotropic": annotation((4, 9, 11), grid("zyx", (5, 0.1, 0.3), MM, (-100.1, 20.2, 3e3))),
    "oblique": annotation((4, 9, 11), grid("zyx", (2.5, 0.7, 0.33), MM, (10, -3, 4.4), turn())),
    "mirrored": annotation((4, 9, 11), grid("zyx", (-2.5, 0.7, -0.33), MM, (1, 2, 3))),
    "oblique in time": annotation((2, 4, 9, 11), grid("tzyx", (1.5, 2.5, 0.7, 0.33), ("s", *MM), (0, 10, -3, 4.4), turn())),
    "empty": annotation((3, 5, 7), density=0),
    "one pixel": one_pixel(),
    "300 categories": annotation((3, 40, 50), vocabulary=MANY, density=0.9),
    "hostile name": annotation((5, 6), name="../../ядро\n\u202e=1\ud800"),
}  # fmt: skip


def same(got, given):
    assert got.name == given.name
    assert got.labels.ids.dtype == np.uint16
    assert np.array_equal(got.labels.ids, given.labels.ids)
    assert got.labels.vocabulary == given.labels.vocabulary
    assert got.labels.grid == given.labels.grid
    assert got.provenance == given.provenance
