"""Several channels shown together: the colours, the recipe, series of images."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile

import napari_ovseg as ov
from napari_ovseg.channels import Channel, Channels, as_shown
from napari_ovseg.composite import split, together
from napari_ovseg.errors import ImageError, RecipeError
from napari_ovseg.working import working_image

RNG = np.random.default_rng(3)
DAPI = RNG.integers(0, 4000, (60, 80)).astype(np.uint16)
GFP = RNG.integers(0, 900, (60, 80)).astype(np.uint16)
RED = RNG.random((60, 80)).astype(np.float32)
BLUE = Channel("DAPI", ov.Display((100, 3000), 1.0, ("#000000", "#0000ff")))
GREEN = Channel("GFP", ov.Display((0, 800), 0.5, ("#000000", "#00ff00")), "additive", 0.6)


def parts(*arrays, names=("DAPI", "GFP")):
    return together([ov.Image.of(a) for a in arrays], names)


def by_hand(stack):
    """Blend pixel by pixel: (values, low, high, gamma, colour, mode, opacity), lowest first."""
    rows, columns = stack[0][0].shape
    out = np.zeros((rows, columns, 3))
    for row, column in np.ndindex(rows, columns):
        canvas = [0.0, 0.0, 0.0]
        for place, (values, low, high, gamma, colour, mode, opacity) in enumerate(stack):
            x = min(max((float(values[row, column]) - low) / (high - low), 0), 1) ** gamma
            for i in range(3):
                source, old = x * colour[i], canvas[i]
                if mode == "additive":
                    new = old + opacity * source
                elif mode == "minimum":
                    new = source if place == 0 else min(old, source)
                elif place and mode == "opaque":
                    new = source
                elif place and mode == "multiplicative":
                    new = old * source
                else:
                    new = opacity * source + (1 - opacity) * old
                canvas[i] = min(new, 1.0)
        out[row, column] = canvas
    return out


@pytest.mark.parametrize("mode", ["additive", "translucent", "translucent_no_depth", "opaque", "minimum", "multiplicative"])  # fmt: skip
@pytest.mark.parametrize("lowest", ["additive", "translucent", "minimum"])
def test_the_encoder_sees_what_is_blended(mode, lowest):
    display = Channels((replace(BLUE, blending=lowest, opacity=0.9), replace(GREEN, blending=mode)))
    image = parts(DAPI, GFP)
    recipe = ov.Recipe(display=display, working_size=ov.WorkingSize(magnification=1))
    seen = working_image(image, recipe).permute(1, 2, 0).numpy()
    expected = by_hand([
        (DAPI, 100, 3000, 1.0, (0, 0, 1), lowest, 0.9),
        (GFP, 0, 800, 0.5, (0, 1, 0), mode, 0.6),
    ])  # fmt: skip
    assert np.allclose(seen, expected, atol=1e-5)


def test_the_recipe_carries_them_and_provenance_does():
    recipe = ov.Recipe(display=Channels((BLUE, replace(GREEN, display=ov.Display()))))
    assert ov.Recipe.from_toml(recipe.to_toml()) == recipe
    words = ov.Vocabulary.parse("cell nucleus; background")
    annotation = ov.segment(parts(DAPI, GFP), words, recipe)
    assert annotation.labels.ids.shape == (60, 80)
    told = ov.Recipe.from_toml(annotation.provenance.recipe)
    assert [c.name for c in told.display.channels] == ["DAPI", "GFP"]
    low, high = told.display.channels[1].display.limits
    assert np.allclose((low, high), np.percentile(GFP, (0.2, 99.8)), atol=2)
    assert ov.Recipe.from_toml(ov.Recipe().to_toml()) == ov.Recipe()


@pytest.mark.parametrize(
    "text",
    [
        "[display]\nchannels = []",
        "[display]\nchannels = [{name = 'a', blending = 'sideways'}]",
        "[display]\nchannels = [{name = 'a', opacity = 2}]",
        "[display]\nchannels = [{colour = 'red'}]",
        "[display]\nchannels = [{name = 'a', display = {limits = [3, 1]}}]",
        "[display]\nchannels = 7",
    ],
)
def test_bad_channels_in_a_recipe_are_told(text):
    with pytest.raises(RecipeError):
        ov.Recipe.from_toml(text)


def test_one_recipe_serves_a_series_by_name_or_order(tmp_path):
    display = Channels((BLUE, GREEN))
    recipe = ov.Recipe(display=display, working_size=ov.WorkingSize(magnification=1))
    plain = working_image(parts(DAPI, GFP), recipe)
    other = parts(RED, GFP, DAPI, names=("RFP", "GFP", "DAPI"))
    assert (working_image(as_shown(other, display), recipe) == plain).all()
    unnamed = parts(DAPI, GFP, names=("0", "1"))
    assert (working_image(as_shown(unnamed, display), recipe) == plain).all()
    with pytest.raises(RecipeError, match="DAPI, GFP together, the image has a, b, c"):
        as_shown(parts(RED, GFP, DAPI, names="abc"), display)
    path = tmp_path / "slide.ome.tif"
    tifffile.imwrite(path, np.stack([GFP, DAPI]), photometric="minisblack",
                     metadata={"axes": "CYX", "Channel": {"Name": ["GFP", "DAPI"]}, "PhysicalSizeX": 0.5})  # fmt: skip
    image = ov.open_image(path)
    assert image.channels == ("GFP", "DAPI")
    shown = as_shown(image, display)
    assert shown.shape == (60, 80)
    assert shown.grid.axes == ("y", "x")
    assert shown.grid.spacing == (1.0, 0.5)
    assert (working_image(shown, recipe) == plain).all()


def test_the_command_line_labels_channels_as_one_picture(tmp_path):
    from napari_ovseg.cli import main

    path = tmp_path / "slide.tif"
    tifffile.imwrite(path, np.stack([DAPI, GFP]), imagej=True, metadata={"axes": "CYX"})
    ov.Recipe(display=Channels((BLUE, GREEN))).save(tmp_path / "r.toml")
    out = tmp_path / "out"
    arguments = ["--words", "cell nucleus; background", "--recipe", str(tmp_path / "r.toml")]
    assert main(["segment", str(path), *arguments, "-o", str(out)]) == 0
    expected = ov.segment(
        parts(DAPI, GFP), ov.Vocabulary.parse(arguments[1]), ov.Recipe.load(tmp_path / "r.toml")
    )
    assert (tifffile.imread(out / "slide.ome.tif") == expected.labels.ids).all()


def test_planes_of_a_stack_are_read_one_by_one():
    stack = RNG.integers(0, 99, (3, 2, 40, 50)).astype(np.uint8)
    image = split(ov.Image((stack,), False, ov.Grid.regular(4, axes=("z", "c", "y", "x"))))
    assert image.shape == (3, 40, 50)
    assert image.grid.axes == ("z", "y", "x")
    assert (image.plane((2,)).read() == np.moveaxis(stack[2], 0, -1)).all()


def test_refinement_sees_the_same_colours():
    recipe = ov.Recipe(display=Channels((BLUE, GREEN)), refinement=ov.Refinement(edge_snap=0.5))
    words = ov.Vocabulary.parse("cell nucleus; background")
    assert ov.segment(parts(DAPI, GFP), words, recipe).labels.ids.shape == (60, 80)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ImageError, match="cannot be a channel"):
        parts(DAPI, GFP[:30])
    with pytest.raises(ImageError, match="in colour"):
        together([ov.Image.of(DAPI), ov.Image.of(np.zeros((60, 80, 3), np.uint8))], "ab")
    with pytest.raises(ImageError, match="no axis of channels"):
        ov.encode(DAPI, ov.Recipe(display=Channels((BLUE, GREEN))))
    with pytest.raises(RecipeError, match="how one picture is shown"):
        ov.encode(parts(DAPI, GFP))
