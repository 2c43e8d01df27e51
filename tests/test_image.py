"""Images: what is one, its planes and levels, and how it is shown."""

import numpy as np
import pytest

from napari_ovseg import Display, Grid, Image
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


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint32])
def test_small_differences_of_large_values_are_shown(dtype):
    pixels = (10**9 + np.arange(256).reshape(16, 16)).astype(dtype)
    display = Display().resolve(Image.of(pixels))
    assert len(np.unique(display.apply(pixels))) > 250


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
