"""Volumes of ours come back whole, and damaged files are refused."""

import json

import nibabel
import numpy as np
import pytest
import zarr

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.importers import IMPORTERS, read_labels
from volumes import CASES, annotation, same

FORMATS = ("ome-zarr", "nifti", "seg-nrrd", "ome-tiff")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FORMATS)
def test_everything_comes_back(tmp_path, name, case):
    given = CASES[case]
    files = ov.export(given, tmp_path, name)
    if name != "seg-nrrd" or not {"t", "c"} & set(given.labels.grid.axes):
        same(read_labels(files[0]), given)
        return
    back = [read_labels(file) for file in files]
    order = [i for i, a in enumerate(given.labels.grid.axes) if a not in "tc"]
    channels_first = np.moveaxis(given.labels.ids, 1, 0) if len(order) + 1 < given.labels.ids.ndim else given.labels.ids  # fmt: skip
    stack = np.stack([b.labels.ids for b in back]).reshape(channels_first.shape)
    assert np.array_equal(stack, channels_first)
    matrix = np.asarray(given.labels.grid.affine)[np.ix_([*order, -1], [*order, -1])]
    for number, one in enumerate(back):
        assert one.name == f"{given.name}_{number:04d}"
        assert np.array_equal(one.labels.grid.affine, matrix)
        assert one.labels.vocabulary == given.labels.vocabulary
        assert one.provenance == given.provenance


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_refused_in_words(tmp_path, name):
    """Every cut and every hundredth byte changed: labels or `InputError`, nothing else."""
    path = ov.export(annotation((12, 13)), tmp_path / "whole", name)[0]
    if path.is_dir():
        path = path / f"labels/{path.name.removesuffix('.ome.zarr')}/zarr.json"
    whole = path.read_bytes()
    target = tmp_path / "whole" / path.relative_to(tmp_path / "whole").parts[0]
    rng = np.random.default_rng(0)
    refused = []
    damaged = [whole[:n] for n in np.linspace(0, len(whole) - 1, 12).astype(int)]
    for _ in range(40):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] = rng.integers(256)
        damaged.append(bytes(changed))
    for data in damaged:
        path.write_bytes(data)
        try:
            read_labels(target)
        except InputError as error:
            refused.append(str(error))
    assert len(refused) >= 12
    assert all(len(text) > 20 for text in refused)


def flat(first):
    return {"axes": ["y", "x"], "affine": [[first, 0, 0], [0, 1, 0], [0, 0, 1]], "units": ["um", "um"]}  # fmt: skip


@pytest.mark.parametrize("grid", [flat(0), flat(1e16), flat(float("nan")), flat("1"), flat(True), flat(1) | {"units": [1, 2]}])  # fmt: skip
def test_a_record_s_grid_must_be_one(tmp_path, grid):
    path = ov.export(annotation((12, 13)), tmp_path, "ome-zarr")[0]
    group = zarr.open_group(path)["labels/cells"]
    own = group.attrs["napari-ovseg"]
    group.attrs["napari-ovseg"] = own | {"grid": flat(1)}
    assert read_labels(path)
    group.attrs["napari-ovseg"] = own | {"grid": grid}
    with pytest.raises(InputError, match=r"cells\.ome\.zarr"):
        read_labels(path)


@pytest.mark.parametrize("change", [{"provenance": {"share_by_hand": "1"}}, {"provenance": {"recipe": 3}}, {"vocabulary": "x ="}, {"vocabulary": 3}, {"grid": {}}, {"provenance": {"other": 1}}, {"grid": {"axes": ["y"], "affine": [[1]], "units": []}}, {"name": None, "grid": None}])  # fmt: skip
def test_a_damaged_record_is_refused(tmp_path, change):
    path = ov.export(annotation((12, 13)), tmp_path, "ome-zarr")[0]
    file = path / "labels/cells/zarr.json"
    content = json.loads(file.read_text())
    content["attributes"]["napari-ovseg"] |= change
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"cells\.ome\.zarr|vocabulary"):
        read_labels(path)


def test_files_that_would_reach_further_are_refused(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(8))
    header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: secret\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"
    (tmp_path / "a.seg.nrrd").write_text(header)
    with pytest.raises(InputError, match="another file"):
        read_labels(tmp_path / "a.seg.nrrd")
    # Zarr 2 may name pickle as its filter; such an array is never opened.
    group = zarr.open_group(tmp_path / "old.zarr", mode="w", zarr_format=2)
    group.create_array("labels/a/0", shape=(2, 2), dtype="u1")
    with pytest.raises(InputError):
        read_labels(tmp_path / "old.zarr")


def test_formats_are_told_by_their_endings(tmp_path):
    assert set(FORMATS) <= set(IMPORTERS.names())
    (tmp_path / "a.seg.nrrd").write_bytes(b"")
    with pytest.raises(InputError, match="3D Slicer"):
        read_labels(tmp_path / "a.seg.nrrd")
    (tmp_path / "a.nrrd").write_bytes(b"")
    with pytest.raises(InputError, match="known endings"):
        read_labels(tmp_path / "a.nrrd")


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("\ufeffindex\tname\n1\tliver\n", ["liver"]),
        ("participant\tage\nx\t30\n", ["category 1"]),
        ("", ["category 1"]),
    ],
)
def test_a_table_beside_a_volume_may_be_of_something_else(tmp_path, table, names):
    nibabel.save(
        nibabel.Nifti1Image(np.ones((4, 5, 2), np.uint8), np.eye(4)), tmp_path / "a.nii.gz"
    )
    (tmp_path / "a.tsv").write_text(table, encoding="utf-8")
    assert [c.name for c in read_labels(tmp_path / "a.nii.gz").labels.vocabulary] == names
