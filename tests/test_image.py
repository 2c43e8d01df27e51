import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from napari_ovseg import Display, Grid, Image, image_files, open_image
from napari_ovseg.errors import ImageError, RecipeError
from napari_ovseg.image import Image as ImageClass


class Counting:
    """An array that counts how often it is read."""

    def __init__(self, array):
        self.array, self.reads = array, 0
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        self.reads += 1
        return self.array[key]

    def __array__(self, dtype=None, copy=None):
        self.reads += 1
        return np.asarray(self.array, dtype)


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((1, 1), np.uint8), "2 x 2"),
        (np.zeros(5, np.uint8), "rows and columns"),
        (np.zeros((3, 40, 50), np.uint8), "moveaxis"),
        (np.zeros((4, 4), complex), "integers or floats"),
        (np.zeros((0, 4), np.uint8), "2 x 2"),
        (np.array([["a", "b"], ["c", "d"]]), "integers or floats"),
    ],
)
def test_what_is_no_picture_is_refused(array, told):
    with pytest.raises(ImageError, match=told):
        Image.of(array)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_are_refused_when_read(bad):
    array = np.zeros((4, 5), np.float32)
    array[2, 3] = bad
    with pytest.raises(ImageError, match="1 values that are NaN"):
        Image.of(array).read()


def test_shapes_of_stacks_and_colours():
    assert Image.of(np.zeros((7, 8, 3), np.uint8)).shape == (7, 8)
    assert Image.of(np.zeros((5, 7, 8), np.uint8)).shape == (5, 7, 8)
    stack = Image.of(np.arange(2 * 4 * 6).reshape(2, 4, 6))
    assert list(stack.planes()) == [(0,), (1,)]
    assert (stack.plane((1,)).read() == stack.levels[0][1]).all()


def test_pyramid_reads_only_the_level_that_fits():
    levels = [Counting(np.zeros((n, n), np.uint8)) for n in (1024, 512, 256)]
    image = ImageClass(tuple(levels), False, Grid.regular(2))
    assert image.level_for((256, 256)) == 2
    assert image.level_for((300, 300)) == 1
    assert image.level_for((2000, 2000)) == 0
    image.read(image.level_for((200, 200)))
    assert [level.reads for level in levels] == [0, 0, 1]


def test_plane_of_a_lazy_stack_reads_one_plane():
    array = Counting(np.zeros((50, 8, 8), np.uint8))
    Image.of(array).plane((3,)).read()
    assert array.reads == 1


def test_one_hot_pixel_changes_nothing():
    rng = np.random.default_rng(0)
    array = rng.integers(100, 900, (300, 300)).astype(np.uint16)
    hot = array.copy()
    hot[5, 5] = 65_535
    plain, spoilt = (Display().resolve(Image.of(a)).limits for a in (array, hot))
    assert np.allclose(plain, spoilt, atol=1)


@pytest.mark.parametrize("shape", [(15,), (23,), (2, 3), (8, 5), (16, 10), (3, 7, 4)])
def test_limits_of_a_stack_are_those_of_all_of_it(shape):
    """Dark but for its last slices, which are at the end of each of its axes."""
    for axis, length in enumerate(shape):
        stack = np.zeros((*shape, 20, 20), np.uint16)
        last = [slice(None)] * len(shape)
        last[axis] = slice(length - 1, None)
        stack[tuple(last)] = 1000
        assert Display().resolve(Image.of(stack)).limits == (0, 1000)
        assert Display().resolve(Image.of(stack[::-1, ..., :, :])).limits == (0, 1000)


@pytest.mark.parametrize("side", [600, 640])
def test_limits_of_deep_colours_are_those_of_all_colours(side):
    colours = np.zeros((side, 600, 3), np.uint16)
    colours[..., 1] = np.linspace(0, 4000, 600).astype(np.uint16)
    low, high = Display().resolve(Image.of(colours)).limits
    assert low == 0
    assert 3900 < high <= 4000


def test_limits_that_a_person_set_are_kept():
    display = Display(limits=(10, 20))
    assert display.resolve(Image.of(np.zeros((4, 4)))) == display
    shown = display.apply(np.array([[5.0, 15.0, 30.0]]))
    assert shown.tolist() == [[0.0, 0.5, 1.0]]


def test_gamma_and_colormap_are_what_is_shown():
    display = Display((0, 1), gamma=2.0, colormap=("#000000", "#00ff00"))
    shown = display.colour(display.apply(np.array([[0.5]])))
    assert np.allclose(shown, [[[0, 0.25, 0]]], atol=1e-3)


@pytest.mark.parametrize(
    ("array", "limits"),
    [
        (np.zeros((4, 4), np.float32), (0, 1)),
        (np.eye(4, dtype=bool), (0, 1)),
        (np.zeros((4, 4, 3), np.uint8), (0, 255)),
    ],
)
def test_limits_of_odd_pictures(array, limits):
    assert Display().resolve(Image.of(array)).limits == limits


@pytest.mark.parametrize(
    "values",
    [{"limits": (2, 1)}, {"limits": (0, np.nan)}, {"gamma": 0}, {"colormap": ("red", "blue")}],
)
def test_impossible_displays_are_refused(values):
    with pytest.raises(RecipeError):
        Display(**values)


def test_calibrated_tiff_keeps_its_axes_and_pixel_size(tmp_path):
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, np.zeros((3, 6, 8), np.uint16), ome=True, photometric="minisblack",
                     metadata={"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm",
                               "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm"})  # fmt: skip
    image = open_image(path)
    assert (image.name, image.shape, image.grid.axes) == ("stack", (3, 6, 8), ("z", "y", "x"))
    assert image.grid.micrometres == (0.5, 0.25)


@pytest.mark.parametrize(
    ("unit", "told"), [("um", "um"), ("micron", "micron"), (r"\u00B5m", "µm"), ("nm", "nm")]
)
def test_pixel_sizes_of_imagej_are_read(tmp_path, unit, told):
    path, stack = tmp_path / "stack.tif", np.zeros((3, 6, 8), np.uint16)
    tifffile.imwrite(path, stack, imagej=True, resolution=(5, 4), metadata={"axes": "ZYX", "spacing": 1.5, "unit": unit})  # fmt: skip
    grid = open_image(path).grid
    assert grid == Grid.regular(3, (1.5, 0.25, 0.2), "zyx", (told,) * 3)


def test_axes_of_imagej_may_have_units_of_their_own(tmp_path):
    metadata = {"axes": "TZYX", "spacing": 2, "unit": "nm", "zunit": "um", "finterval": 3.0}
    path, stack = tmp_path / "a.tif", np.zeros((2, 3, 6, 8), np.uint16)
    tifffile.imwrite(path, stack, imagej=True, resolution=(0.5, 0.5), metadata=metadata)
    grid = open_image(path).grid
    assert grid == Grid.regular(4, (1, 2, 2, 2), "tzyx", ("pixel", "um", "nm", "nm"))


@pytest.mark.parametrize("told", [{}, {"unit": "pixel"}, {"unit": " "}, {"unit": "inch"}])
def test_without_a_unit_of_length_imagej_knows_no_pixel_size(tmp_path, told):
    path, stack = tmp_path / "a.tif", np.zeros((3, 6, 8), np.uint16)
    tifffile.imwrite(path, stack, imagej=True, resolution=(72, 72), metadata={"axes": "ZYX", "spacing": 1.5, **told})  # fmt: skip
    assert open_image(path).grid == Grid.regular(3)


def test_impossible_sizes_of_imagej_are_left_out(tmp_path):
    path, stack = tmp_path / "a.tif", np.zeros((3, 6, 8), np.uint16)
    for resolution, spacing in (((0, 5), -1), ((0, 5), 0), ((0, 5), "nan"), ((0, 5), "1,5")):
        tifffile.imwrite(path, stack, imagej=True, resolution=resolution, metadata={"axes": "ZYX", "spacing": spacing, "unit": "um"})  # fmt: skip
        grid = open_image(path).grid
        assert grid == Grid.regular(3, (1, 0.2, 1), units=("pixel", "um", "pixel"))


GREY = {"photometric": "minisblack", "extrasamples": ["unassalpha"]}


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(
    ("samples", "kind", "rgb"),
    [(2, GREY, False), (3, {"photometric": "rgb"}, True), (4, {"photometric": "rgb"}, True)],
)
@pytest.mark.parametrize("lead", [(), (5,)])
def test_values_of_a_tiff_s_pixel_are_no_axis(tmp_path, planar, samples, kind, rgb, lead):
    pixels = np.random.default_rng(0).integers(0, 99, (*lead, 40, 50, samples), np.uint8)
    kept = pixels if planar == "contig" else np.moveaxis(pixels, -1, -3)
    tifffile.imwrite(tmp_path / "a.tif", kept, planarconfig=planar, **kind)
    image = open_image(tmp_path / "a.tif")
    assert (image.rgb, image.shape, image.grid.axes[-2:]) == (rgb, (*lead, 40, 50), ("y", "x"))
    assert len(image.grid.axes) == len(lead) + 2
    assert (np.asarray(image.levels[0]) == (pixels if rgb else pixels[..., 0])).all()


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_more_values_than_colours_are_refused(tmp_path, planar):
    pixels = np.zeros((40, 50, 5) if planar == "contig" else (5, 40, 50), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, planarconfig=planar, photometric="minisblack")
    with pytest.raises(ImageError, match=r"'a\.tif' holds 5 values.*channel"):
        open_image(tmp_path / "a.tif")


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


@pytest.mark.parametrize("size", ["0.0", "NaN", "INF", "-1"])
def test_a_size_that_is_none_is_no_calibration(tmp_path, size):
    path = tmp_path / "x.ome.tif"
    told = {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    tifffile.imwrite(path, np.zeros((2, 20, 30), np.uint8), metadata=told)
    path.write_bytes(
        path.read_bytes().replace(
            b'PhysicalSizeZ="2.0"', b'PhysicalSizeZ="%s"' % size.encode().rjust(3)
        )
    )
    grid = open_image(path).grid
    assert grid.spacing == (1.0, 0.5, 0.5)
    assert grid.units[0] == "pixel"


def test_a_grid_without_a_size_is_refused():
    for spacing in ((0.0, 1.0), (np.nan, 1.0), (np.inf, 1.0)):
        with pytest.raises(ImageError, match="size above 0"):
            Grid.regular(2, spacing)


def test_levels_of_other_slices_are_left_out():
    fine = np.arange(8, dtype=np.uint16)[:, None, None] * np.ones((8, 16, 16), np.uint16)
    grid = Grid.regular(3)
    image = Image((fine, fine[::2, ::2, ::2]), rgb=False, grid=grid)
    assert len(image.levels) == 1
    plain = Image((fine, fine[:, ::2, ::2]), rgb=False, grid=grid)
    assert (plain.plane((5,)).read(1) == 5).all()


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


def test_white_may_be_zero_in_a_tiff_and_print_is_refused(tmp_path):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.full((8, 9), 10, np.uint8), photometric="miniswhite")
    assert (open_image(path).read() == 245).all()
    assert (open_image(path, indexed=True).read() == 10).all()
    tifffile.imwrite(path, np.zeros((8, 9, 4), np.uint8), photometric="separated")
    with pytest.raises(ImageError, match="CMYK"):
        open_image(path)


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint32])
def test_small_differences_of_large_values_are_shown(dtype):
    pixels = (10**9 + np.arange(256).reshape(16, 16)).astype(dtype)
    display = Display().resolve(Image.of(pixels))
    assert len(np.unique(display.apply(pixels))) > 250


@pytest.mark.parametrize("deep", [256, 1])  # what the format asks for, and what some write
def test_numbers_of_a_palette_are_shown_as_its_colours(tmp_path, deep):
    path, palette = tmp_path / "x.tif", np.zeros((3, 256), np.uint16)
    palette[:, 7] = np.array([255, 128, 3]) * deep
    tifffile.imwrite(path, np.full((8, 9), 7, np.uint8), colormap=palette, photometric="palette")
    image = open_image(path)
    assert image.rgb
    assert (image.read() == [255, 128, 3]).all()
    assert (open_image(path, indexed=True).read() == 7).all()


@pytest.mark.parametrize("value", [-3.4028235e38, 1e20, 2**60])
def test_a_picture_of_one_large_value_is_one_grey(value):
    pixels = np.full((8, 9), value, np.int64 if value == 2**60 else np.float32)
    display = Display().resolve(Image.of(pixels))
    assert len(np.unique(display.apply(pixels))) == 1


def test_a_tensor_is_a_picture_and_a_last_axis_of_one_is_told():
    import torch

    assert Image.of(torch.zeros(8, 9, 3, dtype=torch.uint8)).rgb
    with pytest.raises(ImageError, match=r"image\[..., 0\]"):
        Image.of(np.zeros((8, 9, 1), np.uint8))


def test_a_palette_of_one_bit_has_two_colours():
    palette = np.array([[0, 65535], [0, 0], [65535, 0]], np.uint16)
    numbers = np.array([[False, True]])  # as tifffile gives them
    assert (image_files._coloured(numbers, palette) == [[[0, 0, 255], [255, 0, 0]]]).all()
