"""OME-Zarr of others, and who decided in ours."""

import numpy as np
import pytest
import zarr

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.importers import read_labels
from volumes import CASES, annotation, grid


def test_ome_zarr_brings_back_who_decided_each_pixel(tmp_path):
    given = CASES["all axes"]
    rng = np.random.default_rng(0)
    owner = rng.integers(0, 3, given.labels.ids.shape).astype(np.uint8)
    given = ov.Annotation(given.name, given.labels, owner, given.provenance)
    exporter = EXPORTERS.get("ome-zarr")()
    assert not any("who decided" in text for text in exporter.check(given))
    (path,) = exporter.write(given, tmp_path)
    assert (read_labels(path).owner == owner).all()
    array = zarr.open_group(path)["labels/cells/owner"]
    array[0] = 9
    with pytest.raises(InputError, match="owners are 0, 1, 2"):
        read_labels(path)


def test_foreign_ome_zarr(tmp_path):
    from ome_zarr.writer import write_labels

    root = zarr.open_group(tmp_path / "image.zarr", mode="w", zarr_format=3)
    ids = np.eye(8, dtype=np.uint32) * 3
    metadata = {"properties": [{"label-value": 3, "class": "cell"}], "colors": [{"label-value": 3, "rgba": [1, 2, 255, 128]}]}  # fmt: skip
    write_labels(ids, root, name="a", scaler=None, scale_factors=[], axes="yx", scale={"y": 2.0, "x": 0.5}, axes_units={"y": "micrometer"}, label_metadata=metadata)  # fmt: skip
    got = read_labels(tmp_path / "image.zarr")
    assert np.array_equal(got.labels.ids, ids)
    assert [(c.id, c.name, c.colour) for c in got.labels.vocabulary] == [(3, "cell", "#0102ff")]
    assert got.labels.grid == grid("yx", (2, 0.5), ("micrometer", "pixel"))
    write_labels(ids, root, name="b", scaler=None, scale_factors=[], axes="yx")
    with pytest.raises(InputError, match=r"a, b.*labels/NAME"):
        read_labels(tmp_path / "image.zarr")
    got = read_labels(tmp_path / "image.zarr/labels/b")
    assert [c.name for c in got.labels.vocabulary] == ["category 3"]


def test_what_ome_zarr_says_of_all_levels_comes_after_what_it_says_of_one(tmp_path):
    path = ov.export(annotation((12, 13), grid("yx", (2, 3), ("um", "um"), (10, 20))), tmp_path, "ome-zarr")[0]  # fmt: skip
    group = zarr.open_group(path)["labels/cells"]
    ome = dict(group.attrs["ome"])
    ome["multiscales"][0]["coordinateTransformations"] = [
        {"type": "scale", "scale": [0.5, 10]},
        {"type": "translation", "translation": [1, -1]},
    ]
    group.attrs["ome"] = ome
    got = read_labels(path).labels.grid
    assert got.spacing == (1, 30)
    assert np.array_equal(np.asarray(got.affine)[:-1, -1], (10 * 0.5 + 1, 20 * 10 - 1))
