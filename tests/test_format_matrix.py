"""What each format keeps of each kind of labels, in a table."""

import re
from dataclasses import replace

import numpy as np
import pytest
from skimage.measure import label

import napari_ovseg as ov
from matrix import CASES, MATRIX, OBJECTS, REFUSAL, TOLD, counted, exporter_of, filled
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.space import full, millimetre_affine
from napari_ovseg.importers import IMPORTERS
from readers import READERS
from volumes import annotation, grid

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


counted.labels.ids[:] = np.arange(800).reshape(2, 20, 20) % 301


CASES["id without a category"].labels.ids[3, 4] = 2


def as_found(ids, axes, shape):
    """Files of volumes go through the channels first, all others through time."""
    return (full(ids, axes) if len(shape) == 4 else ids).reshape(shape)


def remaining(given, found, lost):
    """The pixels that the format says it keeps."""
    ids = as_found(given.labels.ids, given.labels.grid.axes, found.ids.shape)
    nameless = [c.id for c in given.labels.vocabulary if c.id not in found.names]
    ids = np.where(np.isin(ids, nameless), 0, ids)
    if any("holes" in text for text in lost):
        ids = np.stack([filled(plane) for plane in ids])
    return ids


def kept(given, found):
    """What of a label map is in the files as it was."""
    labels, colours = given.labels, found.colours or {}
    affine = millimetre_affine(labels.grid)
    off = np.abs((np.eye(4) if found.affine is None else found.affine) - affine)
    compared = {
        "ids": np.array_equal(found.ids, as_found(labels.ids, labels.grid.axes, found.ids.shape)),
        "names": found.names == {c.id: c.name for c in labels.vocabulary},
        "colours": all(colours.get(c.id) == c.colour for c in labels.vocabulary if c.id in found.names),
        "axes": np.squeeze(found.ids).shape == np.squeeze(labels.ids).shape,
        "affine": (off <= 1e-6 * np.linalg.norm(affine, axis=0)).all(),
    }  # fmt: skip
    return {what for what, same in compared.items() if same}


def things(given):
    """Count the objects of each countable category, plane by plane."""
    ids = given.labels.ids.reshape(-1, *given.labels.ids.shape[-2:])
    counts = {c.id: sum(int(label(p == c.id).max()) for p in ids) for c in given.labels.vocabulary if c.role == "thing"}  # fmt: skip
    return {number: count for number, count in counts.items() if count}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", EXPORTERS.names())
def test_cell(tmp_path, name, case):
    given, out = CASES[case], tmp_path / "out"
    exporter = exporter_of(name, given, tmp_path)
    lost = exporter.check(given)
    refused = any(REFUSAL.match(text) for text in lost)
    assert refused == (MATRIX[name][case] == "refused")
    if refused:
        with pytest.raises(ExportError):
            exporter.write(given, out)
        assert not out.exists()
        return
    found = READERS[name](exporter.write(given, out), given)
    said = {what for what, how in TOLD.items() if any(re.search(how, text) for text in lost)}
    assert said | kept(given, found) == set(TOLD)
    assert (MATRIX[name][case] == "exact") == (not said)
    assert np.array_equal(found.ids, remaining(given, found, lost))
    assert (found.objects is not None) == (name in OBJECTS)
    if name in OBJECTS:
        assert {n: found.objects[n] for n in things(given)} == {n: count for n, count in things(given).items() if n in found.names}  # fmt: skip


def test_every_format_has_a_row():
    assert set(MATRIX) == set(READERS) == set(EXPORTERS.names())
    assert all(set(row) == set(CASES) for row in MATRIX.values())


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_that_owners_are_lost_is_told_unless_they_are_kept(name):
    owned = replace(CASES["picture"], owner=np.ones((20, 31), np.uint8))
    told = any("who decided" in text for text in EXPORTERS.get(name)().check(owned))
    assert told != (name in IMPORTERS.names())


def test_more_axes_than_ome_tiff_has_are_refused_before(tmp_path):
    many = annotation((1, 1, 1, 1, 5, 6), grid("abcdyx", (1,) * 6, ("pixel",) * 6))
    (text,) = EXPORTERS.get("ome-tiff")().check(many)
    assert REFUSAL.match(text)
    with pytest.raises(ExportError, match="five axes"):
        ov.export(many, tmp_path)
