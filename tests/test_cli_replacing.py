"""No run replaces a picture, or labels that a person touched."""

import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import tifffile
import zarr
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.cli import main
from napari_ovseg.importers import read_labels


@pytest.mark.parametrize(("name", "kind"), [("scan.ome.tif", "ome-tiff"), ("photo.png", "png")])
def test_no_picture_is_replaced_by_its_labels(tmp_path, photo, capsys, monkeypatch, name, kind):
    picture = tmp_path / name
    if picture != photo:
        tifffile.imwrite(picture, np.zeros((40, 50), np.uint8))
    before = picture.read_bytes()
    monkeypatch.setattr("napari_ovseg.pipeline.segment_steps", lambda *_: pytest.fail("encoded"))
    command = ["segment", str(picture), "--words", "grass", "-o", str(tmp_path), "--format", kind]
    for more in ([], ["--overwrite"]):
        assert main([*command, *more]) == 2
        assert "would replace the picture" in capsys.readouterr().err
        assert picture.read_bytes() == before


def test_a_plane_does_not_replace_a_picture_either(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((2, 40, 50), np.uint8), metadata={"axes": "ZYX"})
    plane = tmp_path / "s_0001.png"
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(plane)
    before = plane.read_bytes()
    pictures = [str(tmp_path / "s.tif"), str(plane)]
    command = ["segment", *pictures, "--words", "grass", "-o", str(tmp_path), "--format", "png"]
    assert main(command) == 2
    assert capsys.readouterr().err.count("would replace the picture") == 2
    assert plane.read_bytes() == before


@pytest.mark.parametrize("ending", [".ome.tif", ".png"])
@pytest.mark.parametrize("by", ["person", "lock", "other program", "damage"])
def test_no_run_replaces_what_a_person_touched(tmp_path, photo, capsys, ending, by):
    out = tmp_path / "out"
    name = {".ome.tif": "ome-tiff", ".png": "png"}[ending]
    command = ["segment", str(photo), "--words", "grass; gravel", "-o", str(out), "--format", name]
    assert main(command) == 0
    assert main(command) == 0  # nobody has touched it
    file = out / f"photo{ending}"
    given = read_labels(file)
    if by in ("person", "lock"):
        owner = np.zeros(given.labels.ids.shape, np.uint8)
        owner[3, 4] = ov.Owner.PERSON if by == "person" else ov.Owner.LOCKED
        ov.export(replace(given, owner=owner), out, name)
    elif by == "damage":
        file.write_bytes(b"not labels")
    elif ending == ".png":
        Image.fromarray(given.labels.ids.astype(np.uint8)).save(file)
    else:
        tifffile.imwrite(file, given.labels.ids)
    before = file.read_bytes()
    capsys.readouterr()
    assert main(command) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--overwrite" in told
    assert file.read_bytes() == before
    assert main([*command, "--overwrite"]) == 0
    assert read_labels(file).provenance.weights


def edit_nifti(file):
    given = nibabel.load(file)
    ids = np.asarray(given.dataobj).copy()
    ids[3:9] = 1
    nibabel.save(nibabel.Nifti1Image(ids, given.affine, given.header), file)


def edit_nrrd(file):
    image = sitk.ReadImage(str(file))
    edited = image[:]
    edited[3:9, 3:9] = 1
    for key in image.GetMetaDataKeys():
        edited.SetMetaData(key, image.GetMetaData(key))
    sitk.WriteImage(edited, str(file))


def edit_zarr(file):
    (level,) = file.glob("labels/*/s0")
    zarr.open_array(level, mode="r+")[3:9] = 1


def edit_objects(file):
    content = json.loads(file.read_text())
    content["annotations" if "annotations" in content else "features"].pop()
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "ending", "edit"),
    [
        ("nifti", "_dseg.nii.gz", edit_nifti),
        ("seg-nrrd", ".seg.nrrd", edit_nrrd),
        ("ome-zarr", ".ome.zarr", edit_zarr),
        ("coco", ".coco.json", edit_objects),
        ("geojson", ".geojson", edit_objects),
    ],
)
def test_no_run_replaces_what_another_program_corrected(
    tmp_path, photo, capsys, name, ending, edit
):
    command = ["segment", str(photo), "--words", "grass; gravel", "-o", str(tmp_path / "out")]
    command += ["--format", name, "--preset", "fast"]
    file = tmp_path / "out" / f"photo{ending}"
    assert main(command) == 0
    assert main(command) == 0
    assert read_labels(file).owner is not None
    edit(file)
    assert read_labels(file).owner is None
    capsys.readouterr()
    assert main(command) == 2
    assert "what a person or another program made" in capsys.readouterr().err
