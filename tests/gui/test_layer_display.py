"""How image layers are shown, and what of it goes on to others; no window is opened."""

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image

import napari_ovseg as ov
from napari_ovseg.gui.arrival import _picture, look_of
from napari_ovseg.gui.display_state import display_state, show_as
from napari_ovseg.gui.layer_display import describe_display, display_of


def test_limits_are_open_until_a_person_sets_them():
    data = np.random.default_rng(0).integers(0, 4000, (64, 64)).astype(np.uint16)
    data[3, 3] = 65_535
    layer = Image(data)
    assert display_of(layer).limits is None
    layer.contrast_limits = (100, 3000)
    assert display_of(layer).limits == (100, 3000)
    assert display_of(Image(data, contrast_limits=(5, 900))).limits == (5, 900)
    assert display_of(Image(data.astype(np.uint8))).limits is None
    assert display_of(Image(data / 7.0)).limits is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_limits_that_a_person_sets_for_colours_are_seen_and_kept(dtype):
    colours = (np.random.default_rng(0).random((20, 30, 3)) * 200).astype(dtype)
    colours[0, 0] = 0, 100, 250
    layer = Image(colours, rgb=True)
    assert display_of(layer).limits is None
    assert "as you set them" not in describe_display(layer)
    layer.contrast_limits, layer.gamma = (10, 80), 0.5
    display = display_of(layer)
    assert (display.limits, display.gamma) == ((10, 80), 0.5)
    assert describe_display(layer) == "10 … 80, as you set them"
    assert np.allclose(display.apply(colours)[0, 0], [0, 1, 1])
    again = Image(colours, rgb=True)
    show_as(again, {"display": display_state(layer)})
    assert display_of(again) == display
    other = picture_like(look_of(layer), colours)
    assert display_of(other) == display


def picture_like(look, colours):
    return _picture(ov.Image.of(colours), Path("a.png"), look)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((4, 4, 3), np.uint16), ((4, 4), np.uint8), ((4, 4, 3), np.uint8)]
)
def test_a_look_goes_on_to_an_image_of_another_kind_without_its_limits(shape, dtype):
    grey = Image(np.zeros((4, 4), np.uint16), colormap="green", gamma=0.7)
    grey.contrast_limits = (100, 3000)
    other = picture_like(look_of(grey), np.zeros(shape, dtype))
    assert other.gamma == 0.7
    assert other.rgb or other.colormap.name == "green"
    assert display_of(other).limits is None
    assert display_of(picture_like(look_of(grey), np.zeros((9, 4), np.uint16))).limits == (
        100,
        3000,
    )


def test_colours_of_8_bit_are_not_read_to_say_how_they_are_shown():
    dask = pytest.importorskip("dask.array")
    read = []
    lazy = dask.zeros((40, 40, 3), chunks=20, dtype=np.uint8)
    layer = Image(lazy.map_blocks(lambda b: read.append(b.shape) or b, dtype=np.uint8), rgb=True)
    read.clear()
    assert display_of(layer).limits is None
    assert not read


def test_a_plane_that_is_far_away_is_read_once_for_all_limits():
    dask = pytest.importorskip("dask.array")
    read = []
    data = np.random.default_rng(0).integers(0, 4000, (3, 32, 32)).astype(np.uint16)
    lazy = dask.from_array(data, chunks=(1, 32, 32)).map_blocks(
        lambda b: read.append(b.shape) or b, dtype=data.dtype
    )
    layer = Image(lazy)
    assert display_of(layer).limits is None
    read.clear()
    for high in range(500, 900, 100):
        layer.contrast_limits = (5, high)
        assert display_of(layer).limits == (5, high)
    assert not read
    layer.data = lazy + 1
    display_of(layer)
    assert read


def test_pixels_in_memory_may_change():
    data = np.zeros((32, 32), np.uint16)
    data[0, 0] = 100
    layer = Image(data)
    assert display_of(layer).limits is None
    data[0, 1] = 900
    layer.reset_contrast_limits()
    assert display_of(layer).limits is None


def test_gamma_and_colormap_are_taken_over():
    data = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    layer = Image(data, gamma=0.5, colormap="viridis", contrast_limits=(10, 200))
    display = display_of(layer)
    assert display.gamma == 0.5
    shown = display.colour(display.apply(data))
    normal = np.clip((data.astype(float) - 10) / 190, 0, 1) ** 0.5
    expected = layer.colormap.map(normal.ravel().astype(np.float32))[:, :3].reshape(64, 64, 3)
    assert np.abs(shown - expected).max() < 0.03
