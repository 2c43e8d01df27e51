"""Data sets for nnU-Net keep its rules."""

import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import tifffile
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import ExportError, ImageError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.exporters.nnunet import labels_of, numbers_of
from napari_ovseg.formats.space import full, millimetre_affine
from volumes import CASES, MM, WORDS, annotation, grid, turn


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


def test_a_case_that_is_refused_changes_nothing_in_a_linked_folder(tmp_path):
    def write(*words):
        labels = ov.LabelMap(np.full((20, 30), 2, np.uint16), ov.Vocabulary.parse("; ".join(words)), ov.Grid.regular(2))  # fmt: skip
        return ov.export(ov.Annotation("a", labels), tmp_path / "out", "nnunet")

    file = write("grass", "sky")[0]
    file.parent.rename(tmp_path / "store")
    file.parent.symlink_to(tmp_path / "store", target_is_directory=True)
    before = file.read_bytes()
    with pytest.raises(ExportError, match="does not belong into the data set"):
        write("sky", "grass", "tree")
    assert file.read_bytes() == before
    assert write("grass", "sky")[0].read_bytes() == before
