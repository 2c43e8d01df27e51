"""TIFF of many programs: axes, pixel size, colours, and how many pictures."""

import numpy as np
import pytest
import tifffile

from napari_ovseg import Grid, open_image, tiff
from napari_ovseg.errors import ImageError, InputError
from napari_ovseg.importers import read_labels


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


def test_white_may_be_zero_in_a_tiff_and_print_is_refused(tmp_path):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.full((8, 9), 10, np.uint8), photometric="miniswhite")
    assert (open_image(path).read() == 245).all()
    assert (open_image(path, indexed=True).read() == 10).all()
    tifffile.imwrite(path, np.zeros((8, 9, 4), np.uint8), photometric="separated")
    with pytest.raises(ImageError, match="CMYK"):
        open_image(path)


@pytest.mark.parametrize("deep", [256, 1])  # what the format asks for, and what some write
def test_numbers_of_a_palette_are_shown_as_its_colours(tmp_path, deep):
    path, palette = tmp_path / "x.tif", np.zeros((3, 256), np.uint16)
    palette[:, 7] = np.array([255, 128, 3]) * deep
    tifffile.imwrite(path, np.full((8, 9), 7, np.uint8), colormap=palette, photometric="palette")
    image = open_image(path)
    assert image.rgb
    assert (image.read() == [255, 128, 3]).all()
    assert (open_image(path, indexed=True).read() == 7).all()


def test_a_palette_of_one_bit_has_two_colours():
    palette = np.array([[0, 65535], [0, 0], [65535, 0]], np.uint16)
    numbers = np.array([[False, True]])  # as tifffile gives them
    assert (tiff._coloured(numbers, palette) == [[[0, 0, 255], [255, 0, 0]]]).all()


PAGES = np.random.default_rng(0).integers(0, 99, (5, 40, 50), np.uint8)


def write_pages(path, pages):
    with tifffile.TiffWriter(path) as file:
        for page in pages:
            file.write(page, contiguous=False, photometric="minisblack")


def test_pages_that_were_written_one_by_one_are_a_stack(tmp_path):
    write_pages(tmp_path / "a.tif", PAGES)
    image = open_image(tmp_path / "a.tif")
    assert (np.asarray(image.levels[0]) == PAGES).all()
    assert not image.rgb
    assert (read_labels(tmp_path / "a.tif").labels.ids == PAGES).all()


def test_places_of_a_stage_are_a_stack(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for page in PAGES[:3]:
            file.write(page, metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5})
    image = open_image(tmp_path / "a.ome.tif")
    assert (np.asarray(image.levels[0]) == PAGES[:3]).all()
    assert image.grid.spacing == (1.0, 0.5, 0.5)


def test_pages_of_several_sizes_are_refused_and_smaller_copies_left_out(tmp_path):
    write_pages(tmp_path / "a.tif", [PAGES[0], PAGES[0, :30]])
    with pytest.raises(ImageError, match=r"2 pictures of several kinds, as \(40, 50\) and \(30"):
        open_image(tmp_path / "a.tif")
    write_pages(tmp_path / "b.tif", [PAGES[0], PAGES[0, ::2, ::2], PAGES[0, ::4, ::4]])
    assert open_image(tmp_path / "b.tif").shape == (40, 50)


@pytest.mark.parametrize("name", ["a.lsm", "a.btf", "a"])
def test_a_tiff_is_told_by_its_content(tmp_path, name):
    tifffile.imwrite(tmp_path / name, PAGES, photometric="minisblack", bigtiff=name == "a.btf")
    assert open_image(tmp_path / name).shape == PAGES.shape


def test_a_tiff_that_was_cut_off_is_refused(tmp_path):
    write_pages(tmp_path / "a.tif", PAGES)
    whole = (tmp_path / "a.tif").read_bytes()
    for share in (0.3, 0.5, 0.9):
        (tmp_path / "b.tif").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ImageError):
            open_image(tmp_path / "b.tif")
        with pytest.raises(InputError):
            read_labels(tmp_path / "b.tif")


@pytest.mark.parametrize("compression", ["lzw", "jpeg", "packbits", "deflate", "zstd"])
def test_usual_compressions_are_read(tmp_path, compression):
    colours = np.full((40, 50, 3), (200, 100, 50), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colours, compression=compression)
    found = np.asarray(open_image(tmp_path / "a.tif").levels[0])
    assert np.abs(found.astype(int) - colours).max() <= 2


def test_a_mask_and_what_is_called_labels_are_no_pictures(tmp_path):
    colours = np.repeat(PAGES[0, ..., None], 3, axis=2)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:  # as GDAL keeps a mask
        file.write(colours, photometric="rgb")
        file.write(PAGES[0] > 50, photometric="mask", subfiletype=4)
    assert open_image(tmp_path / "a.tif").shape == (40, 50)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for name in ("img", "labels"):
            file.write(PAGES[0], metadata={"axes": "YX", "Name": name})
    assert open_image(tmp_path / "a.ome.tif").shape == (40, 50)


@pytest.mark.parametrize("compressions", [("zlib", "lzw", "lzw"), ("zlib", "lzw", "zlib", "lzw")])
def test_pages_of_several_compressions_are_one_stack_in_their_order(tmp_path, compressions):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page, compression in zip(PAGES, compressions, strict=False):
            file.write(page, contiguous=False, compression=compression, photometric="minisblack")
    image = open_image(tmp_path / "a.tif")
    assert image.grid.axes == ("i", "y", "x")
    assert (np.asarray(image.levels[0]) == PAGES[: len(compressions)]).all()
