"""Small files that stand for gigabytes are refused before the memory is full."""

import gzip
import json
import struct
import tracemalloc
import zlib
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import tifffile
import zarr

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.formats.record import OWNER
from napari_ovseg.importers import read_labels
from volumes import annotation

ZEROS = gzip.compress(bytes(2**26))
FEW = 2**27
"""Bytes that an importer may take to find out."""


def bomb(path, head, gigabytes=5):
    """Write a gzip file that unpacks to its head and many zeros."""
    path.write_bytes(gzip.compress(head) + ZEROS * (16 * gigabytes))
    return path


def refused(path, name):
    """Importing the libraries counts for nothing, so a good file is read first."""
    read_labels(ov.export(annotation((4, 5)), path.parent / "good", name)[0])
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as error:
            read_labels(path, name)
        assert tracemalloc.get_traced_memory()[1] < FEW
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) > 40


def nifti_header(shape, dtype=np.uint8, kind=nibabel.Nifti1Header, **fields):
    header = kind()
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header["magic"] = kind.single_magic
    header["vox_offset"] = kind.single_vox_offset
    for key, value in fields.items():
        header[key] = value
    return header.binaryblock + bytes(4)


@pytest.mark.parametrize(("head", "gigabytes"), [
    (nifti_header((2048, 2048, 2048)), 5),
    (nifti_header((1100, 1100, 1100), np.float64), 5),
    (nifti_header((10**6, 10**6, 10**6), kind=nibabel.Nifti2Header), 5),
    (nifti_header((1200, 1200, 1200)), 0),
    (nifti_header((2, 2, 2)), 5),
    (nifti_header((2, 2, 2), vox_offset=2**31)[:-4] + struct.pack("<4sii", b"\1\0\0\0", 2**30, 6), 5),
    (nifti_header((2, 2, 2), vox_offset=2**25)[:-4] + struct.pack("<4sii", b"\1\0\0\0", 2**30, 6), 0),
], ids=["volume", "wide numbers", "terabytes", "missing", "after the pixels", "comment", "comment that lies"])  # fmt: skip
def test_nifti(tmp_path, head, gigabytes):
    refused(bomb(tmp_path / "x.nii.gz", head, gigabytes), "nifti")


SPACE = "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"


@pytest.mark.parametrize(("sizes", "fields", "gigabytes"), [
    ("2 2 2", "encoding: gzip", 5),
    ("2048 2048 2048", "encoding: gzip", 5),
    ("1200 1200 1200", "encoding: gzip", 0),
    ("-2 -2 2", "encoding: gzip", 5),
    ("2 2 2", "encoding: bzip2", 5),
    ("2 2 2", "encoding: gzip\nbyte skip: -1", 5),
    ("2 2 2", "encoding: raw\nline skip: 1000000000000", 0),
])  # fmt: skip
def test_seg_nrrd(tmp_path, sizes, fields, gigabytes):
    head = f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: {sizes}\n{fields}\n{SPACE}\n"
    path = bomb(tmp_path / "x.seg.nrrd", bytes(8), gigabytes)
    path.write_bytes(head.encode() + path.read_bytes())
    refused(path, "seg-nrrd")


def png(*chunks):
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in (*chunks, (b"IEND", b"")):
        made += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # fmt: skip
    return made


def size(width, height):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


@pytest.mark.parametrize("chunks", [
    [size(60_000, 60_000), (b"IDAT", zlib.compress(bytes(2**26)))],
    [size(2**31 - 1, 2**31 - 1), (b"IDAT", b"")],
    [size(2, 2), (b"zTXt", b"a\0\0" + zlib.compress(bytes(2**28))), (b"IDAT", zlib.compress(bytes(6)))],
    [size(2, 2), (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(2**28))), (b"IDAT", zlib.compress(bytes(6)))],
    [size(2, 2), (b"iCCP", b"a\0\0" + zlib.compress(bytes(2**28))), (b"IDAT", zlib.compress(bytes(6)))],
], ids=["pixels", "largest", "text", "unicode text", "profile"])  # fmt: skip
def test_png(tmp_path, chunks):
    (tmp_path / "x.png").write_bytes(png(*chunks))
    refused(tmp_path / "x.png", "png")


@pytest.mark.parametrize(("shape", "chunks"), [((200_000, 200_000), (10, 10)), ((4, 5), (200_000, 200_000))])  # fmt: skip
def test_ome_zarr(tmp_path, shape, chunks):
    (path,) = ov.export(annotation((4, 5), name="x"), tmp_path, "ome-zarr")
    file = path / "labels/x/s0/zarr.json"
    described = json.loads(file.read_text())
    described["shape"] = shape
    described["chunk_grid"]["configuration"]["chunk_shape"] = chunks
    file.write_text(json.dumps(described))
    assert zarr.open_array(file.parent, mode="r").shape == shape
    refused(path, "ome-zarr")


@pytest.mark.parametrize(("shape", "chunks"), [((200_000, 200_000), (10, 10)), ((4, 5), (200_000, 200_000))])  # fmt: skip
def test_owners_of_ome_zarr(tmp_path, shape, chunks):
    given = annotation((4, 5), name="x")
    (path,) = ov.export(replace(given, owner=np.ones((4, 5), np.uint8)), tmp_path, "ome-zarr")
    assert read_labels(path).owner.any()
    file = path / "labels/x" / OWNER / "zarr.json"
    described = json.loads(file.read_text())
    described["shape"] = shape
    described["chunk_grid"]["configuration"]["chunk_shape"] = chunks
    file.write_text(json.dumps(described))
    refused(path, "ome-zarr")


def test_ome_tiff(tmp_path):
    path = ov.export(annotation((4, 5), name="x"), tmp_path, "ome-tiff")[0]
    with tifffile.TiffFile(path, mode="r+b") as file:
        for side in ("ImageLength", "ImageWidth", "TileLength", "TileWidth", "RowsPerStrip"):
            if tag := file.pages.first.tags.get(side):
                tag.overwrite(65_000)
    refused(path, "ome-tiff")


def test_large_label_maps_of_nothing_much_are_read(tmp_path):
    """What packs a thousandfold is a bomb to others, but is what most label maps are."""
    given = annotation((1, 2500, 2500), density=0)
    given.labels.ids[0, 7, 8] = 9
    for name in ("nifti", "seg-nrrd"):
        path = ov.export(given, tmp_path, name)[0]
        assert path.stat().st_size < 2500**2 / 400
        assert np.array_equal(read_labels(path).labels.ids, given.labels.ids)
