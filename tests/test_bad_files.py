"""Files that are damaged or hostile are refused, and nothing else happens."""

import copy
import json
import random

import numpy as np
import pytest

import napari_ovseg as ov
from cells import BAD_FILES, WORDS, annotation, blobs
from napari_ovseg.errors import InputError
from napari_ovseg.importers import IMPORTERS

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


HOSTILE = [None, True, -1, 0, 1, 2**31, 10**30, -(10**400), 0.5, 1e308, float("nan"), float("-inf"), "", "a", "P", "\udcff", "x" * 500,
           "[[category]]", "[[category]]\nname=1", "[" * 5000, [], {}, [[]], [{}], [None], [0, 0], [[0, 0, 1, 1, 2, 2]],
           {"size": [1, 1], "counts": "0"}, {"name": "a"}, {"type": "FeatureCollection"}]  # fmt: skip


def spoiled(value, rng):
    """A copy of JSON with one to three values anywhere in it replaced, removed or doubled."""
    value = copy.deepcopy(value)
    places = []

    def walk(node):
        keys = (
            node.keys()
            if isinstance(node, dict)
            else range(len(node))
            if isinstance(node, list)
            else ()
        )
        for key in list(keys):
            places.append((node, key))
            walk(node[key])

    walk(value)
    for _ in range(rng.randint(1, 3)):
        node, key = rng.choice(places)
        try:
            if rng.random() < 0.15:
                del node[key]
            elif rng.random() < 0.1 and isinstance(node, list):
                node.append(node[key])
            elif type(node[key]) in (int, float) and rng.random() < 0.5:
                node[key] = rng.choice([node[key] + 1, -node[key], node[key] * 10, node[key] / 3])
            else:
                node[key] = copy.deepcopy(rng.choice(HOSTILE))
        except (KeyError, IndexError, OverflowError):
            pass  # an earlier change removed the place, or the number has no third
    return value


def flipped(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.2 else data)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["coco", "geojson", "png"])
def test_bad_files_are_refused_and_nothing_else_happens(tmp_path, kind):
    rng = random.Random(1)
    small = ov.Vocabulary(WORDS.categories[:2])
    given = annotation(blobs((9, 12), values=(0, 1, 7)), vocabulary=small)
    good, *beside = ov.export(given, tmp_path, kind)
    original = good.read_bytes()
    table = beside[0].read_bytes() if beside else b""
    importer = IMPORTERS.get(kind)()
    refused = read = 0
    for _ in range(BAD_FILES):
        if kind != "png" and rng.random() < 0.8:
            data = json.dumps(spoiled(json.loads(original), rng)).encode()
        elif kind == "png" and rng.random() < 0.5:
            data = original
            beside[0].write_bytes(flipped(table, rng))
        else:
            data = flipped(original, rng)
        good.write_bytes(data)
        try:
            labels = importer.read(good).labels
        except InputError:
            refused += 1
        else:
            assert labels.ids.dtype == np.uint16
            read += 1
        if beside:
            beside[0].write_bytes(table)
    assert refused > BAD_FILES / 4
    assert read


def test_files_that_are_no_json_are_refused(tmp_path):
    importers = [IMPORTERS.get(name)() for name in ("coco", "geojson")]
    for data in (b"", b"\xff", b"[" * 100_000, b"9" * 5000, b'{"a":', b"null", b"3", b'"a"'):
        (tmp_path / "x").write_bytes(data)
        for importer in importers:
            with pytest.raises(InputError):
                importer.read(tmp_path / "x")
