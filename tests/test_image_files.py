"""Photographs and other files that Pillow reads."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_ovseg import open_image
from napari_ovseg.errors import ImageError

STORED = np.array([[0, 80, 160], [40, 120, 255]], np.uint8).repeat(8, 0).repeat(8, 1)
"""Whole blocks of JPEG, which stay what they are but for a few grey levels."""


SEEN = {
    1: STORED, 2: STORED[:, ::-1], 3: STORED[::-1, ::-1], 4: STORED[::-1], 5: STORED.T,
    6: np.rot90(STORED, -1), 7: STORED[::-1, ::-1].T, 8: np.rot90(STORED),
}  # fmt: skip


@pytest.mark.parametrize("orientation", SEEN)
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_photographs_are_turned_as_their_exif_says(tmp_path, orientation, ending):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{ending}"
    Pillow.fromarray(STORED).convert("RGB").save(path, exif=exif, quality=100)
    image = open_image(path)
    assert image.shape == SEEN[orientation].shape
    found = np.asarray(image.levels[0]).astype(int)[..., 0]
    assert np.abs(found - SEEN[orientation]).max() < 30


def test_masks_are_turned_with_the_numbers_of_their_palette(tmp_path):
    mask, exif = Pillow.fromarray(STORED // 40), Pillow.Exif()
    mask.putpalette(range(256))
    exif[0x0112] = 6
    mask.save(tmp_path / "a.png", exif=exif)
    found = open_image(tmp_path / "a.png", indexed=True).levels[0]
    assert (found == SEEN[6] // 40).all()


@pytest.mark.parametrize("damaged", [b"XXXX", b""])
def test_damaged_exif_turns_nothing(tmp_path, damaged):
    Pillow.fromarray(STORED).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + damaged)
    assert open_image(tmp_path / "a.jpg").shape == STORED.shape


@pytest.mark.parametrize("content", [b"", b"no picture", b"II*\x00garbage"])
def test_files_that_are_no_pictures_are_refused(tmp_path, content):
    for name in ("a.png", "a.tif"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match="cannot read"):
            open_image(tmp_path / name)


def test_colours_of_16_bit_are_not_cut(tmp_path):
    path = tmp_path / "x.png"
    rows = b"".join(b"\0" + bytes(6 * 4) for _ in range(4))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in parts:
        made += (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )
    path.write_bytes(made)
    with pytest.raises(ImageError, match="16 bit"):
        open_image(path)


def test_pictures_in_a_row_are_refused(tmp_path):
    first, *others = [Pillow.new("L", (20, 30), grey) for grey in (0, 100, 200)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=others)
    with pytest.raises(ImageError, match="3 pictures in a row"):
        open_image(tmp_path / "a.gif")
