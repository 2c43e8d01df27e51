"""Who decided each pixel: kept in files of every kind, for as long as the labels are the same."""

import base64
import json
import zlib
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import zarr
from PIL import Image

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.owners import packed, unpacked
from napari_ovseg.importers import nifti, read_labels
from volumes import annotation

IDS = np.arange(12, dtype=np.uint16).reshape(3, 4) % 5
OWNER = IDS.astype(np.uint8) % 3


def owned(shape=(20, 31)):
    given = annotation(shape)
    rng = np.random.default_rng(0)
    return replace(given, owner=rng.integers(0, 3, shape).astype(np.uint8))


def entry(**changes):
    return packed(IDS, OWNER)["owner"] | changes


def squeezed(data):
    return base64.b64encode(zlib.compress(data)).decode()


def test_owners_come_back_as_long_as_the_labels_are_the_same():
    assert packed(IDS, None) == {}
    assert unpacked(None, IDS) is None
    assert np.array_equal(unpacked(entry(), IDS), OWNER)
    assert np.array_equal(unpacked(entry(), IDS.ravel()), OWNER.ravel())
    changed = IDS.copy()
    changed[0, 0] = 9
    assert unpacked(entry(), changed) is None
    assert unpacked(entry(), IDS[:2]) is None
    assert json.loads(json.dumps(entry())) == entry()


@pytest.mark.parametrize("damaged", [
    "text", 3, [], {}, {"ids": 1}, entry(zlib=3), entry(zlib="é"), entry(zlib="x"), entry(zlib=""),
    entry(zlib=squeezed(bytes(11))), entry(zlib=squeezed(bytes(2**24))), entry(zlib=squeezed(b"\3" * 12)),
    entry(zlib=entry()["zlib"][:-8]),
])  # fmt: skip
def test_damaged_owners_are_refused(damaged):
    with pytest.raises(InputError, match="owners of pixels in the file are damaged"):
        unpacked(damaged, IDS)


def test_a_volume_that_another_program_paints_into_has_no_known_owners(tmp_path):
    path = ov.export(owned((3, 20, 31)), tmp_path, "nifti")[0]
    image = nibabel.load(path)
    pixels = np.asarray(image.dataobj).copy()
    nibabel.save(nibabel.Nifti1Image(pixels, image.affine, image.header), tmp_path / "same.nii.gz")
    pixels[3, 4, 1] = 9
    nibabel.save(nibabel.Nifti1Image(pixels, image.affine, image.header), tmp_path / "new.nii.gz")
    assert np.array_equal(read_labels(tmp_path / "same.nii.gz").owner, owned((3, 20, 31)).owner)
    assert read_labels(tmp_path / "new.nii.gz").owner is None


def test_a_picture_that_another_program_paints_into_has_no_known_owners(tmp_path):
    given = owned()
    path = ov.export(given, tmp_path, "png")[0]
    assert np.array_equal(read_labels(path).owner, given.owner)
    with Image.open(path) as opened:  # which does not copy what is unsafe to copy
        opened.putpixel((3, 4), 9)
        opened.save(path)
    assert read_labels(path).owner is None


@pytest.mark.parametrize("shape", [(20, 31), (3, 20, 31)])
def test_a_zarr_that_another_program_paints_into_has_no_known_owners(tmp_path, shape):
    given = owned(shape)
    path = ov.export(given, tmp_path, "ome-zarr")[0]
    group = zarr.open_group(path, mode="r+")["labels/cells"]
    group["s0"][...] = group["s0"][...]
    assert np.array_equal(read_labels(path).owner, given.owner)
    group["s0"][..., 3, 4] += 1
    assert read_labels(path).owner is None
    record = dict(group.attrs["napari-ovseg"])
    del record["checksum"]  # as older versions wrote it
    group.attrs["napari-ovseg"] = record
    assert np.array_equal(read_labels(path).owner, given.owner)


def test_one_plane_without_owners_leaves_none_to_the_stack(tmp_path):
    given = owned((2, 20, 31))
    (path,) = ov.export(given, tmp_path, "coco")
    assert np.array_equal(read_labels(path).owner, given.owner)
    content = json.loads(path.read_text())
    del content["images"][1]["napari-ovseg"]["owner"]
    path.write_text(json.dumps(content))
    assert read_labels(path).owner is None


def test_polygons_that_fill_holes_lose_owners_and_say_so(tmp_path):
    given, exporter = owned(), EXPORTERS.get("coco")(geometry="polygon")
    assert any("who decided" in text for text in exporter.check(given))
    assert read_labels(exporter.write(given, tmp_path)[0]).owner is None


def test_owners_larger_than_the_words_of_a_header_come_back_from_nifti(tmp_path, monkeypatch):
    """Noise, which hardly packs; a header's words have a limit."""
    monkeypatch.setattr(nifti, "_MAX_COMMENT", 2**14)
    given = owned((40, 50, 60))
    path = ov.export(given, tmp_path, "nifti")[0]
    assert path.stat().st_size > 2**15
    assert np.array_equal(read_labels(path).owner, given.owner)
