"""Files of volumes, read back with other libraries than wrote them."""

import csv
import io
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import slicerio
import tifffile
import zarr
from ome_zarr_models.v05.image_label import ImageLabel
from ome_zarr_models.v05.labels import Labels
from PIL import Image

import napari_ovseg as ov
from ct import ct_series
from napari_ovseg import _leftovers
from napari_ovseg._leftovers import STALE
from napari_ovseg.errors import ExportError, ImageError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.exporters.nifti import dseg_table
from napari_ovseg.exporters.nnunet import labels_of, numbers_of
from napari_ovseg.formats import folders
from napari_ovseg.formats.folders import atomic_folder
from napari_ovseg.formats.space import full, grid_of, kinds, millimetre_affine
from napari_ovseg.importers import read_labels
from volumes import CASES, MANY, MM, WORDS, annotation, grid, turn

PLAIN = ("ome-zarr", "nifti", "seg-nrrd", "nnunet")
LPS = np.diag([-1.0, -1, 1, 1])
FLOAT32 = 1e-6


def itk_affine(image):
    """Voxel x, y, z to RAS."""
    affine = np.eye(4)
    directions = np.reshape(image.GetDirection(), (3, 3))
    affine[:3, :3] = directions @ np.diag(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return LPS @ affine


# --- OME-Zarr -------------------------------------------------------------------------------


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


# --- NIfTI ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c].labels.ids.ndim < 5])
def test_nifti_in_itk(tmp_path, case):
    given = CASES[case]
    path, table = ov.export(given, tmp_path, "nifti")
    image = sitk.ReadImage(path)
    ids = sitk.GetArrayFromImage(image)
    assert ids.dtype == (np.uint16 if case == "300 categories" else np.uint8)
    whole = full(given.labels.ids, given.labels.grid.axes)[0]
    assert np.array_equal(ids, whole if ids.ndim > 3 else whole[0])
    if image.GetDimension() == 3:
        expected = millimetre_affine(given.labels.grid)
        np.testing.assert_allclose(itk_affine(image), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())  # fmt: skip
    loaded = nibabel.load(path)
    expected = millimetre_affine(given.labels.grid)
    size = np.abs(expected).max()
    np.testing.assert_allclose(loaded.affine, expected, rtol=FLOAT32, atol=FLOAT32 * size)
    assert loaded.header.get_intent()[0] == "label"
    assert loaded.header.extensions[0].get_code() == 6
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"), newline=""), delimiter="\t"))
    assert [int(r["index"]) for r in rows] == [c.id for c in given.labels.vocabulary]
    assert [r["color"] for r in rows] == [c.colour for c in given.labels.vocabulary]
    assert [r["name"].removeprefix("'") for r in rows] == [c.name for c in given.labels.vocabulary]


def test_nifti_units_and_time(tmp_path):
    path, _ = ov.export(CASES["oblique in time"], tmp_path, "nifti")
    header = nibabel.load(path).header
    assert header.get_xyzt_units() == ("mm", "sec")
    assert header.get_zooms()[3] == 1.5
    path, _ = ov.export(CASES["volume"], tmp_path, "nifti")
    assert nibabel.load(path).header.get_xyzt_units()[0] == "unknown"
    assert any("no size" in text for text in EXPORTERS.get("nifti")().check(CASES["volume"]))
    assert EXPORTERS.get("nifti")().check(CASES["oblique"]) == []


def test_nifti_of_a_sheared_grid_and_of_a_long_one(tmp_path):
    shear = ov.Grid(
        ("z", "y", "x"), ((1, 0.5, 0, 4), (0, 1, 0.25, 5), (0, 0, 1, 6), (0, 0, 0, 1)), MM
    )
    loaded = nibabel.load(ov.export(annotation((3, 4, 5), shear), tmp_path, "nifti")[0])
    np.testing.assert_array_equal(loaded.affine, millimetre_affine(shear))
    assert loaded.header["qform_code"] == 0
    long = annotation((2, 33_000))
    loaded = nibabel.load(ov.export(long, tmp_path, "nifti")[0])
    assert np.array_equal(np.asarray(loaded.dataobj)[..., 0].T, long.labels.ids)


def test_table_cells_survive_tabs_lines_and_formulas():
    names = ("=1+1", "'quoted", "'=x", "@a", 'say "x"', "a\u2028b", "-", "plain'")
    words = ov.Vocabulary(tuple(ov.Category(i, n) for i, n in enumerate(names, start=1)))
    text = dseg_table(words).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    assert [row[1] for row in rows[1:]] == ["'=1+1", "''quoted", "''=x", "'@a", 'say "x"', "a\u2028b", "'-", "plain'"]  # fmt: skip


# --- seg.nrrd -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_seg_nrrd_in_slicerio_and_itk(tmp_path, case):
    given = CASES[case]
    paths = ov.export(given, tmp_path, "seg-nrrd")
    stack = full(given.labels.ids, given.labels.grid.axes)
    expected = millimetre_affine(given.labels.grid)
    for path, ids in zip(paths, stack.reshape(-1, *stack.shape[2:]), strict=True):
        header = path.read_bytes().split(b"\n\n", 1)[0]
        assert header.isascii()
        segmentation = slicerio.read_segmentation(str(path))
        assert np.array_equal(segmentation["voxels"].T, ids)
        np.testing.assert_allclose(LPS @ segmentation["ijkToLPS"], expected, rtol=1e-12)
        assert [s["labelValue"] for s in segmentation["segments"]] == [c.id for c in given.labels.vocabulary]  # fmt: skip
        for segment, category in zip(
            segmentation["segments"], given.labels.vocabulary, strict=True
        ):
            colour = "#" + bytes(round(255 * v) for v in segment["color"]).hex()
            assert colour == category.colour
        image = sitk.ReadImage(path)
        assert np.array_equal(sitk.GetArrayFromImage(image), ids)
        np.testing.assert_allclose(itk_affine(image), expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())  # fmt: skip


def test_no_name_can_add_a_field_to_a_header(tmp_path):
    """Annotation names may hold new lines, categories separators; no field comes of them."""
    plain = ov.export(annotation((5, 6), vocabulary=WORDS), tmp_path, "seg-nrrd")[0]
    evil = ov.Vocabulary(tuple(replace(c, name=n, queries=(n,)) for c, n in zip(WORDS, (r"a\nSegment0_ID:=x", "|:=", "space: x\u2029y", "Ωμέγα"), strict=True)))  # fmt: skip
    given = annotation((5, 6), vocabulary=evil, name="x\n\nspace: evil\nSegment9_ID:=a")
    path = ov.export(given, tmp_path, "seg-nrrd")[0]
    fields = [
        {line.split(b":")[0] for line in p.read_bytes().split(b"\n\n", 1)[0].split(b"\n") if line[:1] != b"#"}
        for p in (plain, path)
    ]  # fmt: skip
    assert fields[0] == fields[1]
    names = [s["name"] for s in slicerio.read_segmentation(str(path))["segments"]]
    assert names == ["a/nSegment0_ID:=x", "|:=", "space: xy", "category 12"]


# --- DICOM ----------------------------------------------------------------------------------


def by_source(path, source):
    """Ids of a segmentation in the order of the source's places (which pixel values tell)."""
    images = sorted((pydicom.dcmread(f) for f in source.glob("*.dcm")), key=lambda d: d.pixel_array[0, 0])  # fmt: skip
    made = highdicom.seg.segread(path)
    numbers = made.get_pixels_by_source_instance(
        [d.SOPInstanceUID for d in images], combine_segments=True, ignore_spatial_locations=True,
        assert_missing_frames_are_empty=True,
    )  # fmt: skip
    table = np.zeros(len(made.segment_numbers) + 1, np.uint16)
    for number in made.segment_numbers:
        code = made.get_segment_description(number).segmented_property_type
        assert code.scheme_designator == "99OVSEG"
        table[number] = int(code.value)
    return made, table[numbers]


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
@pytest.mark.parametrize("vocabulary", [WORDS, MANY], ids=["words", "many"])
def test_dicom_segmentation_lies_on_its_slices(tmp_path, kind, vocabulary):
    source = ct_series(tmp_path / "ct")
    given = annotation((4, 20, 30), vocabulary=vocabulary, density=0.5)
    given.labels.ids[1] = 0
    (path,) = ov.export(given, tmp_path / "out", "dicom-seg", source=source, kind=kind)
    made, ids = by_source(path, source)
    assert np.array_equal(ids, given.labels.ids)
    assert made.segmentation_type.value == kind.upper()
    for number, category in enumerate(vocabulary, start=1):
        segment = made.get_segment_description(number)
        assert len(segment.segment_label) <= 64
        assert len(segment.segmented_property_type.meaning) <= 64
        assert segment.SegmentDescription == category.name
        lab = list(segment.RecommendedDisplayCIELabValue)
        colour = highdicom.color.CIELabColor.from_dicom_value(lab).to_rgb(clip=True)
        assert np.abs(np.subtract(colour, list(bytes.fromhex(category.colour[1:])))).max() <= 1
    assert made.get_segment_description(1).algorithm_type.value == "SEMIAUTOMATIC"


def test_dicom_binary_in_itk(tmp_path):
    source = ct_series(tmp_path / "ct")
    given = annotation((4, 20, 30))
    (path,) = ov.export(given, tmp_path / "out", "dicom-seg", source=str(source))
    image = sitk.ReadImage(path)
    frames = sitk.GetArrayFromImage(image).astype(bool)
    assert frames.sum() == (given.labels.ids > 0).sum()
    ds = pydicom.dcmread(path)
    assert ds.Modality == "SEG"
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.PatientID == "1"


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_dicom_of_an_empty_map_and_of_one_picture(tmp_path, kind):
    source = ct_series(tmp_path / "ct")
    empty = annotation((4, 20, 30), density=0)
    (path,) = ov.export(empty, tmp_path / "out", "dicom-seg", source=source, kind=kind)
    assert not by_source(path, source)[1].any()
    one = ct_series(tmp_path / "one", slices=1)
    files = tuple(one.glob("*.dcm"))
    (path,) = ov.export(
        annotation((20, 30)), tmp_path / "out", "dicom-seg", source=files, kind=kind
    )
    assert np.array_equal(by_source(path, one)[1][0], annotation((20, 30)).labels.ids)


def ct_grid(mirrored=()):
    """Where `ct_series` lies, its voxels counted from the other end along some of z, y, x."""
    axes = turn()
    matrix = np.eye(4)
    matrix[:3] = np.stack([axes[:, 0] * 0.5, axes[:, 1] * 0.7, axes[:, 2] * 2.5, (5, 6, 7)], axis=1)
    ras = LPS @ matrix
    for axis in mirrored:
        ras[:3, 3] += ras[:3, 2 - axis] * ((4, 20, 30)[axis] - 1)
        ras[:3, 2 - axis] *= -1
    return grid_of(ras)


@pytest.mark.parametrize("mirrored", [(), (1,), (0, 1), (0, 1, 2)])
def test_dicom_labels_of_a_mirrored_volume_lie_on_its_slices(tmp_path, mirrored):
    """As dcm2niix makes it of a series: rows from bottom to top, often slices too."""
    source, given = ct_series(tmp_path / "ct"), annotation((4, 20, 30), ct_grid(mirrored))
    (path,) = ov.export(given, tmp_path / "out", "dicom-seg", source=source)
    assert np.array_equal(by_source(path, source)[1], np.flip(given.labels.ids, mirrored))
    swapped = ct_grid(mirrored)
    matrix = np.asarray(swapped.affine)[:, [1, 2, 0, 3]]
    swapped = replace(swapped, affine=tuple(map(tuple, matrix.tolist())))
    turned = annotation((20, 30, 4), swapped)
    (path,) = ov.export(turned, tmp_path / "out", "dicom-seg", source=source)
    expected = np.flip(turned.labels.ids.transpose(2, 0, 1), mirrored)
    assert np.array_equal(by_source(path, source)[1], expected)


def test_dicom_refuses_labels_that_lie_elsewhere(tmp_path):
    source, exporter = ct_series(tmp_path / "ct"), EXPORTERS.get("dicom-seg")
    for change in ([0, 0, 1], [1, 1, 1.1]):
        matrix = np.asarray(ct_grid().affine)
        matrix[:3, 3] += change if change[0] == 0 else 0
        matrix[:3, :3] *= change if change[0] == 1 else 1
        moved = replace(ct_grid(), affine=tuple(map(tuple, matrix.tolist())))
        with pytest.raises(ExportError, match="lie elsewhere than the source"):
            ov.export(annotation((4, 20, 30), moved), tmp_path, "dicom-seg", source=source)
    for where, told in ((None, True), (ct_grid(), False)):
        lost = exporter(source).check(annotation((4, 20, 30), where))
        assert any("where the labels lie" in text for text in lost) == told


def test_dicom_passes_over_folders_in_a_series(tmp_path, monkeypatch):
    source, read = ct_series(tmp_path / "ct"), pydicom.dcmread

    def as_on_windows(file, **options):
        if file.is_dir():
            raise PermissionError(13, "Permission denied", str(file))
        return read(file, **options)

    (source / "more").mkdir()
    monkeypatch.setattr(pydicom, "dcmread", as_on_windows)
    assert ov.export(annotation((4, 20, 30)), tmp_path / "out", "dicom-seg", source=source)


def test_dicom_refuses_what_does_not_fit(tmp_path):
    given = annotation((4, 20, 30))
    exporter = EXPORTERS.get("dicom-seg")
    assert any("source" in text for text in exporter().check(given))
    with pytest.raises(ExportError, match="option source"):
        ov.export(given, tmp_path, "dicom-seg")
    source = ct_series(tmp_path / "ct")
    assert not any("source, the folder" in text for text in exporter(source).check(given))
    for shape in ((4, 30, 20), (3, 20, 30), (20, 30)):
        with pytest.raises(ExportError, match="give the series that was labelled"):
            ov.export(annotation(shape), tmp_path, "dicom-seg", source=source)
    with pytest.raises(ExportError, match="one volume"):
        ov.export(CASES["time series"], tmp_path, "dicom-seg", source=source)
    with pytest.raises(ExportError, match="kind must be"):
        ov.export(given, tmp_path, "dicom-seg", source=source, kind="fractional")
    with pytest.raises(ExportError, match="not a DICOM"):
        ov.export(given, tmp_path, "dicom-seg", source=(source / "DICOMDIR.txt",))
    with pytest.raises(ExportError, match="cannot read"):
        ov.export(given, tmp_path, "dicom-seg", source=(source / "none.dcm",))
    other = ct_series(tmp_path / "other")
    files = (*source.glob("*.dcm"), *other.glob("*.dcm"))
    with pytest.raises(ExportError, match="one DICOM series, got 2"):
        ov.export(given, tmp_path, "dicom-seg", source=files)
    given.labels.ids[0, 0, 0] = 77
    for name, options in (("dicom-seg", {"source": source}), ("nnunet", {})):
        with pytest.raises(ExportError, match="the ids 77"):
            ov.export(given, tmp_path, name, **options)
    assert not list(tmp_path.glob("*.seg.dcm"))


# --- nnU-Net --------------------------------------------------------------------------------


def verify(folder):
    """What nnU-Net v2 asks of a data set before it plans: labels, pairs, shapes, spacing."""
    dataset = json.loads((folder / "dataset.json").read_text())
    labels, ending = dataset["labels"], dataset["file_ending"]
    foreground = sorted(v for k, v in labels.items() if k != "ignore")
    assert foreground == list(range(len(foreground)))
    assert labels["background"] == 0
    assert labels.get("ignore", len(foreground)) == len(foreground)
    cases = sorted((folder / "labelsTr").glob(f"*{ending}"))
    assert len(cases) == dataset["numTraining"] == len(list((folder / "labelsTr").iterdir()))
    for label in cases:
        ids, spacing = nnunet_read(label)
        assert set(np.unique(ids)) <= set(labels.values())
        case = label.name.removesuffix(ending)
        files = [folder / f"imagesTr/{case}_{int(i):04d}{ending}" for i in dataset["channel_names"]]
        for file in files if (folder / "imagesTr").exists() else ():
            if ending == ".tif" and not file.exists():
                continue  # colours are one file
            pixels, its = nnunet_read(file)
            assert pixels.shape[: ids.ndim] == ids.shape
            np.testing.assert_allclose(its, spacing, rtol=1e-6)
    return dataset


def nnunet_read(path):
    if path.suffix == ".tif":
        with Image.open(path) as picture:
            return np.asarray(picture), (1, 1)
    image = sitk.ReadImage(path)
    return sitk.GetArrayFromImage(image), image.GetSpacing()


@pytest.mark.parametrize("unlabelled", ["background", "ignore"])
@pytest.mark.parametrize("case", CASES)
def test_nnunet_data_sets_keep_its_rules(tmp_path, case, unlabelled):
    given = CASES[case]
    files = ov.export(given, tmp_path, "nnunet", unlabelled=unlabelled)
    dataset = verify(tmp_path / "Dataset001_ovseg")
    ids = {int(k): v for k, v in dataset["napari-ovseg"]["ids"].items()}
    names = {v: k for k, v in dataset["labels"].items()}
    for category in given.labels.vocabulary:
        want = "background" if category.role == "background" else category.name
        assert names[ids[category.id]] == want
    assert ids[0] == (0 if unlabelled == "background" else max(names))
    stack = full(given.labels.ids, given.labels.grid.axes)
    table = np.zeros(2**16, int)
    table[list(ids)] = list(ids.values())
    for file, volume in zip(files[:-1], stack.reshape(-1, *stack.shape[2:]), strict=True):
        got = nnunet_read(file)[0]
        assert np.array_equal(got.reshape(volume.shape), table[volume])
    assert ov.Vocabulary.from_toml(dataset["napari-ovseg"]["vocabulary"]) == given.labels.vocabulary


def test_nnunet_collects_cases_with_their_images(tmp_path):
    where = grid("zyx", (2.5, 0.7, 0.33), MM, (10, -3, 4.4), turn())
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        ct = rng.normal(size=(4, 9, 11)).astype(np.float32)
        nibabel.save(
            nibabel.Nifti1Image(ct.T, millimetre_affine(where)), tmp_path / f"{name}.nii.gz"
        )
        tifffile.imwrite(
            tmp_path / f"{name}.tif", (100 * ct).astype(np.int16), photometric="minisblack"
        )
        images = (tmp_path / f"{name}.nii.gz", tmp_path / f"{name}.tif")
        ov.export(annotation((4, 9, 11), where, name), tmp_path / "out", "nnunet", dataset="CT 1", number=27, images=images, channels="CT, PET")  # fmt: skip
    (folder,) = (tmp_path / "out").iterdir()
    dataset = verify(folder)
    assert dataset["numTraining"] == 2
    assert dataset["channel_names"] == {"0": "CT", "1": "PET"}
    assert sorted(p.name for p in (folder / "imagesTr").iterdir()) == [f"{n}_000{i}.nii.gz" for n in ("one", "two") for i in (0, 1)]  # fmt: skip
    assert np.array_equal(nnunet_read(folder / "imagesTr/two_0000.nii.gz")[0], ct)
    assert np.array_equal(nnunet_read(folder / "imagesTr/two_0001.nii.gz")[0], (100 * ct).astype(np.int16))  # fmt: skip
    assert set(dataset["napari-ovseg"]["cases"]) == {"one", "two"}
    other = replace(WORDS.categories[0], id=33, name="new")
    with pytest.raises(ExportError, match="does not belong"):
        ov.export(annotation((4, 9, 11), where, "three", WORDS.with_category(other)), tmp_path / "out", "nnunet", dataset="CT 1", number=27, images=images, channels="CT, PET")  # fmt: skip
    assert verify(folder) == dataset


def test_nnunet_pictures(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    files = ov.export(annotation((20, 30)), tmp_path, "nnunet", images=str(tmp_path / "a.png"))
    assert [f.name for f in files] == ["cells.tif", "cells_0000.tif", "dataset.json"]
    assert np.array_equal(nnunet_read(files[1])[0], colours)
    assert verify(tmp_path / "Dataset001_ovseg")["channel_names"] == {"0": "R", "1": "G", "2": "B"}


def test_nnunet_compares_places_in_millimetres(tmp_path):
    where = grid("zyx", (25, 10, 10), ("um",) * 3)
    image = nibabel.Nifti1Image(np.ones((11, 9, 4), np.float32), np.diag([10.0, 10, 25, 1]))
    image.header.set_xyzt_units("micron")
    nibabel.save(image, tmp_path / "a.nii")
    files = ov.export(annotation((4, 9, 11), where), tmp_path, "nnunet", images=str(tmp_path / "a.nii"))  # fmt: skip
    np.testing.assert_allclose(nibabel.load(files[1]).header.get_zooms(), (0.01, 0.01, 0.025))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, tmp_path / "a.nii")
    with pytest.raises(ExportError, match="elsewhere"):
        ov.export(annotation((4, 9, 11), where), tmp_path, "nnunet", images=str(tmp_path / "a.nii"))
    image.header.set_xyzt_units("micron")
    nibabel.save(image, tmp_path / "a.nii")
    unknown = grid("zyx", (25, 10, 10), ("pixel",) * 3)
    assert ov.export(annotation((4, 9, 11), unknown, "other"), tmp_path / "other", "nnunet", images=str(tmp_path / "a.nii"))  # fmt: skip


def test_nnunet_refuses_what_does_not_fit(tmp_path):
    given = CASES["oblique"]
    moved = millimetre_affine(given.labels.grid) + 0.1
    nibabel.save(nibabel.Nifti1Image(np.zeros((11, 9, 4), np.float32), moved), tmp_path / "m.nii")
    nibabel.save(nibabel.Nifti1Image(np.zeros((11, 9, 5), np.float32), millimetre_affine(given.labels.grid)), tmp_path / "s.nii")  # fmt: skip
    (tmp_path / "bad.nii").write_bytes(b"x" * 400)
    (tmp_path / "bad.png").write_bytes(b"x" * 400)
    out = tmp_path / "out"
    for file, text in (("m.nii", "elsewhere"), ("s.nii", "has shape"), ("bad.nii", "cannot read"), ("none.nii", "cannot read")):  # fmt: skip
        with pytest.raises(ExportError, match=text):
            ov.export(given, out, "nnunet", images=(tmp_path / file,))
    with pytest.raises(ImageError):
        ov.export(given, out, "nnunet", images=(tmp_path / "bad.png",))
    with pytest.raises(ExportError, match="one case"):
        ov.export(CASES["time series"], out, "nnunet", images=(tmp_path / "m.nii",))
    with pytest.raises(ExportError, match=r"1\.\.999"):
        ov.export(given, out, "nnunet", number=1000)
    with pytest.raises(ExportError, match="unlabelled"):
        ov.export(given, out, "nnunet", unlabelled="x")
    assert not out.exists()
    (out / "Dataset001_ovseg").mkdir(parents=True)
    (out / "Dataset001_ovseg/dataset.json").write_text("{}")
    with pytest.raises(ExportError, match="another program"):
        ov.export(given, out, "nnunet")


def test_nnunet_names_of_its_own_are_not_taken():
    words = ov.Vocabulary((ov.Category(5, "background"), ov.Category(6, "ignore"), ov.Category(8, "background_"), ov.Category(9, "rest", role="background")))  # fmt: skip
    numbers = numbers_of(words, "ignore")
    assert numbers == {0: 4, 5: 1, 6: 2, 8: 3, 9: 0}
    assert labels_of(words, numbers) == {"background": 0, "background_": 1, "ignore_": 2, "background__": 3, "ignore": 4}  # fmt: skip


@pytest.mark.parametrize(("name", "option"), [("nnunet", "images"), ("dicom-seg", "source")])
def test_files_of_one_image_are_not_taken_for_several(tmp_path, name, option):
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "a.png")
    exporter = EXPORTERS.get(name)(**{option: str(tmp_path / "a.png")})
    two = [annotation((20, 30), name=stem) for stem in ("p", "q")]
    with pytest.raises(ExportError, match=f"option {option} is of one image, got 2"):
        exporter.write_series(two, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert exporter.prepared(two[:1])
    assert len(EXPORTERS.get(name)().prepared(two)) == 2


# --- all ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_be_held_is_said_before_and_refused(tmp_path, name):
    five = annotation((2, 2, 2, 5, 6), grid("abcyx", (1,) * 5, ("pixel",) * 5))
    exporter = EXPORTERS.get(name)()
    assert any("three of space" in text for text in exporter.check(five))
    with pytest.raises(ExportError, match="three of space"):
        exporter.write(five, tmp_path / "out")
    owned = replace(annotation((5, 6)), owner=np.ones((5, 6), np.uint8))
    told = any("who decided" in text for text in exporter.check(owned))
    assert told == (name == "nnunet")  # the others hold it
    mixed = ov.Grid(("t", "y", "x"), ((1, 0, 0, 0), (0.5, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)), ("s", "mm", "mm"))  # fmt: skip
    assert any("space and time" in text for text in exporter.check(annotation((2, 5, 6), mixed)))
    assert not (tmp_path / "out").exists()


def content(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# --- folders --------------------------------------------------------------------------------


def put(target, text, **options):
    with atomic_folder(target, **options) as folder:
        (folder / "sub").mkdir(exist_ok=True)
        (folder / "sub/a").unlink(missing_ok=True)
        (folder / "sub/a").write_text(text)


def fail_half_way(target):
    with atomic_folder(target) as folder:
        (folder / "half").write_text("half")
        raise KeyError


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_is_replaced_or_extended(tmp_path, monkeypatch, swaps):
    if not swaps:
        monkeypatch.setattr(folders, "_swap", lambda *_: False)
    put(tmp_path / "x", "1")
    (tmp_path / "x/b").write_text("b")
    put(tmp_path / "x", "2", extend=True)
    assert content(tmp_path / "x") == {Path("sub/a"): b"2", Path("b"): b"b"}
    put(tmp_path / "x", "3")
    assert content(tmp_path / "x") == {Path("sub/a"): b"3"}
    with pytest.raises(KeyError):
        fail_half_way(tmp_path / "x")
    assert content(tmp_path / "x") == {Path("sub/a"): b"3"}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_files_that_were_there_are_not_opened(tmp_path, monkeypatch):
    """They may be for reading only, or links to where nothing may be written."""
    put(tmp_path / "x", "1")
    (tmp_path / "x/b").write_text("b")
    (tmp_path / "x/b").chmod(0o444)
    (tmp_path / "x/link").symlink_to(tmp_path / "nowhere")
    opened, real = [], os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened.append((Path(path).name, flags)) or real(path, flags))  # fmt: skip
    put(tmp_path / "x", "2", extend=True)
    assert {name for name, _ in opened} >= {"a", "sub"}
    assert not {"b", "link"} & {name for name, _ in opened}
    assert os.name == "nt" or {flags for _, flags in opened} == {os.O_RDONLY}
    assert (tmp_path / "x/b").read_text() == "b"


def test_what_a_killed_writer_left_is_put_back_or_swept(tmp_path):
    target = tmp_path / "x"
    put(tmp_path / ".x.0123abcd.old", "old")
    for name in (".x.00000001.part", ".x.00000002.part", ".xy.00000001.part", ".x.mine.part"):
        put(tmp_path / name, "half")
        for path in (tmp_path / name).rglob("*") if name != ".x.00000002.part" else ():
            os.utime(path, (0, time.time() - 2 * STALE))
        if name != ".x.00000002.part":
            os.utime(tmp_path / name, (0, time.time() - 2 * STALE))
    _leftovers._enter.cache_clear()
    with pytest.raises(KeyError):
        fail_half_way(target)
    assert content(target) == {Path("sub/a"): b"old"}
    assert {p.name for p in tmp_path.iterdir()} == {"x", ".x.00000002.part", ".x.mine.part"}
    put(tmp_path / ".x.0123abcd.old", "older")
    _leftovers._enter.cache_clear()
    put(target, "new")
    assert content(target) == {Path("sub/a"): b"new"}
    assert not list(tmp_path.glob(".x.*.old"))


def test_a_file_or_link_in_the_way_is_told(tmp_path):
    (tmp_path / "x").write_text("file")
    with pytest.raises(ExportError, match="a file or a link"):
        put(tmp_path / "x", "1")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ExportError, match="a file or a link"):
        put(tmp_path / "link", "1")
    assert not list((tmp_path / "real").iterdir())
