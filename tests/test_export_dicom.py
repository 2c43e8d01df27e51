"""DICOM segmentations of ours lie on the slices that they were made from."""

import io
from dataclasses import replace

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name

import napari_ovseg as ov
from affines import LPS
from ct import ct_series
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.space import grid_of
from volumes import CASES, MANY, WORDS, annotation, turn


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


def test_a_list_of_contents_beside_a_series_is_no_series(tmp_path):
    source = ct_series(tmp_path / "ct")
    given = annotation((4, 20, 30), density=0.5)
    (source / "DICOMDIR").write_bytes(_contents())
    assert ov.export(given, tmp_path / "out", "dicom-seg", source=str(source))


def _contents():
    listed = pydicom.Dataset()
    listed.file_meta = pydicom.dataset.FileMetaDataset()
    listed.file_meta.MediaStorageSOPClassUID = pydicom.uid.MediaStorageDirectoryStorage
    listed.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    listed.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    listed.FileSetID = "CD"
    held = io.BytesIO()
    pydicom.dcmwrite(held, listed, enforce_file_format=True)
    return held.getvalue()
