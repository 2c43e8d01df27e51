"""OME-Zarr of ours, by the format's own model and by other readers."""

import numpy as np
import pytest
import zarr
from ome_zarr_models.v05.image_label import ImageLabel
from ome_zarr_models.v05.labels import Labels

import napari_ovseg as ov
from napari_ovseg.formats.space import kinds
from napari_ovseg.importers import read_labels
from volumes import CASES, WORDS, annotation, grid


@pytest.mark.parametrize("case", CASES)
def test_ome_zarr_is_valid_and_complete(tmp_path, case):
    given = CASES[case]
    (path,) = ov.export(given, tmp_path, "ome-zarr")
    root = zarr.open_group(path, mode="r")
    assert Labels.from_zarr(root["labels"]).ome_attributes.labels == list(
        root["labels"].group_keys()
    )
    (group,) = root["labels"].groups()
    valid = ImageLabel.from_zarr(group[1]).ome_attributes
    rgba = {c.label_value: c.rgba for c in valid.image_label.colors}
    assert {i: "#" + bytes(c[:3]).hex() for i, c in rgba.items()} == {c.id: c.colour for c in given.labels.vocabulary}  # fmt: skip
    assert {c[3] for c in rgba.values()} == {255}
    properties = group[1].attrs["ome"]["image-label"]["properties"]
    assert [(p["label-value"], p["name"], tuple(p["queries"]), p["role"], p["threshold"]) for p in properties] == [
        (c.id, c.name, c.queries, c.role, c.threshold) for c in given.labels.vocabulary
    ]  # fmt: skip
    ids = given.labels.ids
    if kinds(given.labels.grid.axes)[:2] == ("channel", "time"):
        ids = ids.swapaxes(0, 1)
    assert np.array_equal(group[1]["s0"][...], ids)


def test_ome_zarr_calibrates_every_level_of_its_pyramid(tmp_path):
    where = grid("zyx", (5, 0.25, 0.5), ("mm", "µm", "um"), (1, -2, 30))
    given = annotation((2, 1100, 600), where)
    (path,) = ov.export(given, tmp_path, "ome-zarr")
    group = zarr.open_group(path, mode="r")["labels/cells"]
    multiscale = group.attrs["ome"]["multiscales"][0]
    assert [(a["name"], a["unit"]) for a in multiscale["axes"]] == [("z", "millimeter"), ("y", "micrometer"), ("x", "micrometer")]  # fmt: skip
    levels = [group[d["path"]] for d in multiscale["datasets"]]
    assert [level.shape for level in levels] == [(2, 1100, 600), (2, 550, 300)]
    assert levels[0].chunks == (1, 1024, 1024)
    for level, dataset in zip(levels, multiscale["datasets"], strict=True):
        scale, shift = (t[t["type"]] for t in dataset["coordinateTransformations"])
        step = 1100 // level.shape[1]
        assert scale == [5, 0.25 * step, 0.5 * step]
        # Centre of the first pixel of a coarser level lies between the fine ones it covers.
        assert shift == [1, -2 + 0.25 * (step - 1) / 2, 30 + 0.5 * (step - 1) / 2]
    assert set(np.unique(levels[1])) <= set(np.unique(levels[0]))


def test_ome_zarr_writes_large_pictures_in_few_files(tmp_path):
    ids = np.zeros((4500, 5000), np.uint16)
    ids[::7, ::5] = 7
    ids[-1, -1] = 12
    labels = ov.LabelMap(ids, WORDS, ov.Grid.regular(2))
    (path,) = ov.export(ov.Annotation("large", labels), tmp_path, "ome-zarr")
    group = zarr.open_group(path, mode="r")["labels/large"]
    first, second, *_ = [group[d["path"]] for d in group.attrs["ome"]["multiscales"][0]["datasets"]]
    assert (first.chunks, first.shards) == ((1024, 1024), (4096, 4096))
    assert second.shards is None
    assert (first[...] == ids).all()
    assert (second[...] == ids[::2, ::2]).all()
    files = [p for p in (path / "labels/large" / first.basename).rglob("*") if p.is_file()]
    assert len(files) == 5  # four of pixels, one of what they are
    assert (read_labels(path).labels.ids == ids).all()


def test_ome_zarr_replaces_the_folder_whole(tmp_path):
    ov.export(annotation((20, 30)), tmp_path, "ome-zarr")
    (tmp_path / "cells.ome.zarr" / "stale").write_text("old")
    (path,) = ov.export(annotation((5, 6)), tmp_path, "ome-zarr")
    assert zarr.open_group(path, mode="r")["labels/cells/s0"].shape == (5, 6)
    assert sorted(p.name for p in path.iterdir()) == ["labels", "zarr.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["cells.ome.zarr"]
