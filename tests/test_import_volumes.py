"""Label maps come back complete from our files, and as far as they go from others'."""

import json
import warnings
from dataclasses import replace

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import slicerio
import tifffile
import zarr

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.importers import IMPORTERS, read_labels
from volumes import CASES, WORDS, annotation, grid

FORMATS = ("ome-zarr", "nifti", "seg-nrrd", "ome-tiff")


def same(got, given):
    assert got.name == given.name
    assert got.labels.ids.dtype == np.uint16
    assert np.array_equal(got.labels.ids, given.labels.ids)
    assert got.labels.vocabulary == given.labels.vocabulary
    assert got.labels.grid == given.labels.grid
    assert got.provenance == given.provenance


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


def test_ome_tiff_of_another_program_keeps_what_ome_holds(tmp_path):
    """It writes the XML again, and leaves private tags out."""
    given = CASES["picture in um"]
    (path,) = ov.export(given, tmp_path, "ome-tiff")
    with tifffile.TiffFile(path) as file:
        xml, ids = file.ome_metadata, file.asarray()
    tifffile.imwrite(tmp_path / "again.ome.tif", ids, description=xml.encode(), metadata=None)
    got = read_labels(tmp_path / "again.ome.tif")
    held = [replace(c, definition="", threshold=0.0) for c in given.labels.vocabulary]
    assert list(got.labels.vocabulary) == held
    assert got.labels.grid.spacing == given.labels.grid.spacing
    assert got.provenance.share_by_hand == given.provenance.share_by_hand


def test_a_pixel_size_and_names_that_another_program_changed_win_over_ours(tmp_path):
    (path,) = ov.export(CASES["picture in um"], tmp_path, "ome-tiff")
    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata
    for old, new in (('PhysicalSizeX="0.5"', 'PhysicalSizeX="2.0"'), ("nucleus", "kernel")):
        assert old in xml
        xml = xml.replace(old, new, 1)
    tifffile.tiffcomment(path, xml.encode())
    got = read_labels(path).labels
    assert got.grid.spacing == (0.25, 2.0)
    first = WORDS.categories[0]
    assert got.vocabulary.categories[0] == replace(first, name="kernel")


def test_plain_tiffs_get_numbered_categories(tmp_path):
    ids = np.zeros((9, 11), np.int32)
    ids[2:4, 3], ids[5, 5] = 3, 40_000
    tifffile.imwrite(tmp_path / "mask.tif", ids)
    got = read_labels(tmp_path / "mask.tif")
    assert np.array_equal(got.labels.ids, ids)
    assert [(c.id, c.name) for c in got.labels.vocabulary] == [(3, "category 3"), (40_000, "category 40000")]  # fmt: skip
    stack = np.repeat(ids[None], 4, axis=0).astype(np.uint16)
    tifffile.imwrite(tmp_path / "stack.tiff", stack, photometric="minisblack")
    assert read_labels(tmp_path / "stack.tiff").labels.grid.axes == ("z", "y", "x")


@pytest.mark.parametrize("slices", [2, 3, 4, 5])
def test_few_slices_are_a_stack(tmp_path, slices):
    """The library, and so napari's own Save, takes three or four for planes of colours."""
    ids = np.arange(slices * 9 * 11, dtype=np.int32).reshape(slices, 9, 11)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        tifffile.imwrite(tmp_path / "a.tif", ids)
    got = read_labels(tmp_path / "a.tif").labels
    assert np.array_equal(got.ids, ids)
    assert got.grid == ov.Grid.regular(3)


def test_labels_of_imagej_keep_their_pixel_size(tmp_path):
    ids = np.ones((3, 9, 11), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", ids, imagej=True, resolution=(5, 5), metadata={"axes": "ZYX", "spacing": 1.5, "unit": "um"})  # fmt: skip
    assert read_labels(tmp_path / "a.tif").labels.grid == grid("zyx", (1.5, 0.2, 0.2), ("um",) * 3)


@pytest.mark.parametrize("pixels", [np.full((5, 5), -1, np.int16), np.full((5, 5), 70_000, np.int32), np.full((5, 5), 0.5, np.float32), np.full((5, 5), np.nan, np.float32), np.zeros((5, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5), np.complex64)])  # fmt: skip
def test_pictures_are_not_labels(tmp_path, pixels):
    rgb = {"photometric": "rgb"} if pixels.ndim == 3 else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **rgb)
    with pytest.raises(InputError):
        read_labels(tmp_path / "a.tif")


def test_foreign_nifti_with_a_bids_table(tmp_path):
    ids = np.zeros((4, 5, 6), np.uint8)
    ids[1, 2, 3], ids[3, 4, 5] = 2, 5
    image = sitk.GetImageFromArray(ids)
    image.SetSpacing((0.5, 0.7, 3))
    image.SetOrigin((10, 20, 30))
    sitk.WriteImage(image, tmp_path / "scan.nii.gz")
    (tmp_path / "scan_dseg.tsv").write_text("index\tname\tcolor\n0\tnone\t#000000\n2\t'=x\t#ABCDEF\n8\t\"a \"\"b\"\"\"\t\n", encoding="utf-8")  # fmt: skip
    got = read_labels(tmp_path / "scan.nii.gz")
    assert np.array_equal(got.labels.ids, ids)
    assert got.labels.grid.axes == ("z", "y", "x")
    np.testing.assert_allclose(got.labels.grid.spacing, (3, 0.7, 0.5), rtol=1e-6)
    # ITK's world is LPS, ours is RAS: x and y change sign.
    np.testing.assert_allclose(np.asarray(got.labels.grid.affine)[:-1, -1], (30, -20, -10), rtol=1e-6)  # fmt: skip
    names = {c.id: (c.name, c.colour) for c in got.labels.vocabulary}
    assert names[2] == ("=x", "#abcdef")
    assert names[8][0] == 'a "b"'
    assert names[5][0] == "category 5"


@pytest.mark.parametrize(
    ("unit", "millimetres", "told"),
    [("micron", 1e-3, "mm"), ("meter", 1e3, "mm"), ("mm", 1, "mm"), ("unknown", 1, "pixel")],
)
def test_the_unit_of_a_nifti_is_heeded(tmp_path, unit, millimetres, told):
    image = nibabel.Nifti1Image(np.ones((3, 4, 5), np.uint8), np.diag([10.0, 10, 25, 1]))
    image.affine[:3, 3] = (1, 2, 3)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "a.nii")
    grid = read_labels(tmp_path / "a.nii").labels.grid
    assert grid.units == (told,) * 3
    np.testing.assert_allclose(grid.spacing, np.multiply((25, 10, 10), millimetres))
    np.testing.assert_allclose(np.asarray(grid.affine)[:-1, -1], np.multiply((3, 2, 1), millimetres))  # fmt: skip


def test_our_nifti_in_another_unit_is_where_it_was(tmp_path):
    given = CASES["oblique"]
    image = nibabel.load(ov.export(given, tmp_path, "nifti")[0])
    metres = np.diag([1e-3, 1e-3, 1e-3, 1]) @ image.affine
    again = nibabel.Nifti1Image(np.asanyarray(image.dataobj), metres, image.header)
    again.header.set_xyzt_units("meter")
    nibabel.save(again, tmp_path / "again.nii.gz")
    same(read_labels(tmp_path / "again.nii.gz"), given)


def test_foreign_nifti_in_time(tmp_path):
    image = nibabel.Nifti1Image(np.ones((3, 4, 5, 2), np.uint8), np.diag([1.0, 2, 3, 1]))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 2.5
    nibabel.save(image, tmp_path / "a.nii")
    got = read_labels(tmp_path / "a.nii").labels
    assert got.grid.axes == ("t", "z", "y", "x")
    assert got.grid.units == ("sec", "mm", "mm", "mm")
    assert (got.ids.shape, got.grid.spacing) == ((2, 5, 4, 3), (2.5, 3, 2, 1))


def test_a_place_that_another_tool_changed_wins_over_ours(tmp_path):
    path = ov.export(CASES["oblique"], tmp_path, "nifti")[0]
    image = nibabel.load(path)
    moved = np.diag([1.0, 2, 3, 1])
    image.set_sform(moved)
    image.set_qform(moved)
    nibabel.save(nibabel.Nifti1Image(image.get_fdata().astype(np.uint8), moved, image.header), tmp_path / "moved.nii.gz")  # fmt: skip
    got = read_labels(tmp_path / "moved.nii.gz")
    assert got.labels.grid.spacing == (3, 2, 1)
    assert got.labels.vocabulary == WORDS


@pytest.mark.parametrize("case", ["picture in um", "time series"])
def test_flat_labels_that_another_tool_moved_come_back_as_a_volume(tmp_path, case):
    path = ov.export(CASES[case], tmp_path, "nifti")[0]
    image = nibabel.load(path)
    moved = np.diag([1.0, 2, 3, 1])
    image.set_sform(moved)
    image.set_qform(moved)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), moved, image.header), tmp_path / "moved.nii.gz")  # fmt: skip
    got, given = read_labels(tmp_path / "moved.nii.gz"), CASES[case]
    assert got.labels.grid.axes == ("t", "z", "y", "x")[-got.labels.ids.ndim :]
    assert got.labels.grid.spacing[-3:] == (3, 2, 1)
    assert np.array_equal(np.squeeze(got.labels.ids), given.labels.ids)
    assert (got.labels.vocabulary, got.provenance) == (WORDS, given.provenance)


def test_a_segment_renamed_or_added_in_slicer(tmp_path):
    path = ov.export(CASES["oblique"], tmp_path, "seg-nrrd")[0]
    segmentation = slicerio.read_segmentation(str(path))
    segmentation["segments"][1].update(name="cytosol", color=[0, 0, 1.0])
    segmentation["segments"].append({"id": "new", "name": "nucleus", "labelValue": 77, "color": [1.0, 0.5, 0]})  # fmt: skip
    segmentation["voxels"][0, 0, 0] = 77
    slicerio.write_segmentation(str(tmp_path / "edited.seg.nrrd"), segmentation)
    got = read_labels(tmp_path / "edited.seg.nrrd").labels
    names = {c.id: (c.name, c.colour) for c in got.vocabulary}
    assert names[7] == ("cytosol", "#0000ff")
    assert names[77] == ("nucleus (77)", "#ff8000")
    assert names[9] == (WORDS.categories[2].name, "#010203")
    np.testing.assert_allclose(got.grid.affine, CASES["oblique"].labels.grid.affine, rtol=1e-12)


def test_names_that_were_swapped_in_slicer_stay_as_they_are(tmp_path):
    words = ov.Vocabulary.parse("liver; spleen; kidney")
    given = annotation((4, 9, 11), vocabulary=words)
    path = ov.export(given, tmp_path, "seg-nrrd")[0]
    segmentation = slicerio.read_segmentation(str(path))
    for segment, name in zip(segmentation["segments"], ("Spleen", "liver"), strict=False):
        segment["name"] = name
    slicerio.write_segmentation(str(tmp_path / "edited.seg.nrrd"), segmentation)
    got = read_labels(tmp_path / "edited.seg.nrrd").labels.vocabulary
    assert [c.name for c in got] == ["Spleen", "liver", "kidney"]
    assert [c.queries for c in got] == [c.queries for c in words]


def slicer_layers(path, overlap, **header):
    voxels = np.zeros((2, 4, 5, 6), np.uint8)
    voxels[0, 1] = 1
    voxels[1, 1 if overlap else 2] = 1
    header = {
        "space": "left-posterior-superior", "kinds": ["list", "domain", "domain", "domain"],
        "space directions": np.vstack([[np.nan] * 3, np.diag([1.0, 2, 3])]), "space origin": np.zeros(3),
        "Segment0_ID": "a", "Segment0_Name": "liver", "Segment0_LabelValue": "1", "Segment0_Layer": "0",
        "Segment1_ID": "b", "Segment1_Name": "spleen", "Segment1_LabelValue": "1", "Segment1_Layer": "1",
        **header,
    }  # fmt: skip
    nrrd.write(str(path), voxels, header)


def test_layers_of_slicer_become_ids_unless_they_overlap(tmp_path):
    slicer_layers(tmp_path / "a.seg.nrrd", overlap=False)
    got = read_labels(tmp_path / "a.seg.nrrd").labels
    assert [(c.id, c.name) for c in got.vocabulary] == [(1, "liver"), (2, "spleen")]
    assert got.ids.shape == (6, 5, 4)
    assert (got.ids[:, :, 1] == 1).all()
    assert (got.ids[:, :, 2] == 2).all()
    assert got.grid.spacing == (3, 2, 1)
    slicer_layers(tmp_path / "b.seg.nrrd", overlap=True)
    with pytest.raises(InputError, match="overlaps"):
        read_labels(tmp_path / "b.seg.nrrd")


def test_older_slicers_have_a_layer_for_each_segment(tmp_path):
    slicer_layers(tmp_path / "new.seg.nrrd", overlap=False)
    voxels, header = nrrd.read(str(tmp_path / "new.seg.nrrd"))
    older = {key: v for key, v in header.items() if not key.endswith(("_Layer", "_LabelValue"))}
    nrrd.write(str(tmp_path / "old.seg.nrrd"), voxels, older)
    new, old = (read_labels(tmp_path / f"{name}.seg.nrrd").labels for name in ("new", "old"))
    assert np.array_equal(old.ids, new.ids)
    assert old.vocabulary == new.vocabulary


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
