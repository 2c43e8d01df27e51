import re

import numpy as np
import pytest

from napari_ovseg import Display, Grid, Recipe, Tiling, Vocabulary, WorkingSize
from napari_ovseg.errors import RecipeError
from napari_ovseg.methods import METHODS
from napari_ovseg.settings import MAX_SIDE
from napari_ovseg.windows import sliding_windows


@pytest.mark.parametrize("method", METHODS.names())
def test_toml_round_trip(method, tmp_path):
    recipe = Recipe(
        backbone="ViT-B-16-quickgelu:openai", method=method, display=Display((1.5, 9), 0.7, ("#000000", "#00ff00")),
        working_size=WorkingSize(pixel_size=0.25), tiling=Tiling(224, 112, "exact"), contrast=("sky", "mur épais"),
        logit_scale=50, area_threshold=0.1, precision="float32", background_margin=1.5,
    )  # fmt: skip
    recipe.save(tmp_path / "r.toml")
    assert Recipe.load(tmp_path / "r.toml") == recipe
    assert Recipe.from_toml(Recipe().to_toml()) == Recipe()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"method": "slcip"}, "did you mean: sclip"),
        ({"backbone": " "}, "backbone"),
        ({"contrast": ("a\x00",)}, "U\\+0000"),
        ({"contrast": "water"}, "in a list"),
        ({"logit_scale": 0}, "logit_scale"),
        ({"background_margin": 101.0}, "background_margin"),
        ({"area_threshold": 1}, "area_threshold"),
        ({"precision": "int8"}, "precision"),
    ],
)
def test_impossible_recipes_are_refused(values, told):
    with pytest.raises(RecipeError, match=told):
        Recipe(**values)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Tiling, {"crop": -1}), (Tiling, {"stride": 0}), (Tiling, {"crop": 100, "stride": 101}),
        (Tiling, {"blend": "max"}), (WorkingSize, {"magnification": 0}), (WorkingSize, {"magnification": "big"}),
        (WorkingSize, {"magnification": 1, "short_side": 300}),
    ],
)  # fmt: skip
def test_impossible_parts_are_refused(kind, values):
    with pytest.raises(RecipeError):
        kind(**values)


@pytest.mark.parametrize("text", ["=", "colour = 1", "[tiling]\nsize = 3", "display = 3", "[method]\nname = 'no'",
                                  "logit_scale = 'x'"])  # fmt: skip
def test_bad_files_are_refused(text):
    with pytest.raises(RecipeError):
        Recipe.from_toml(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contrast = 'water'", "contrast of [recipe] must be a list, each text, got 'water'"),
        ("contrast = ['a', 3]", "contrast of [recipe] must be a list, each text"),
        ("method = 3", "method of [recipe] must be a table, got 3"),
        ("guide = ['x']", "guide of [recipe] must be text"),
        ("background_margin = true", "background_margin of [recipe] must be a number"),
        ("precision = ['float16']", "precision must be"),
        ("[display]\nlimits = [0, 1, 2]", "limits of [display] must be a list of 2, each a number"),
        ("[display]\nlimits = '12'", "limits of [display] must be a list of 2, each a number"),
        ("[display]\nchannels = [3]", "channels of [display] must be tables"),
        ("[[display.channels]]\nname = 3", "name of [display.channels] must be text"),
        ("[[display.channels]]\ndisplay = {limits = [1]}", "limits of [display] must be a list of 2"),
        ("[tiling]\ncrop = 224.0", "crop of [tiling] must be a whole number, got 224.0"),
        ("[tiling]\nwhole = 'no'", "whole of [tiling] must be true or false, got 'no'"),
        ("[tiling]\nscales = [1, 'half']", "scales of [tiling] must be a list, each a number"),
        ("[method]\nname = 'naclip'\ngaussian_std = 'wide'", "gaussian_std of [method] must be a number"),
    ],
)  # fmt: skip
def test_fields_of_another_type_are_refused(text, told):
    with pytest.raises(RecipeError, match=re.escape(told)):
        Recipe.from_toml(text)


def test_whole_numbers_stand_for_any():
    recipe = Recipe.from_toml("logit_scale = 50\nmethod = 'naclip'\n[display]\nlimits = [0, 255]")
    assert (recipe.logit_scale, recipe.display.limits, recipe.method.name) == (
        50,
        (0, 255),
        "naclip",
    )


def test_contrast_words_step_aside():
    recipe = Recipe(contrast=("background", "wall", "sky"))
    assert recipe.contrast_for(Vocabulary.parse("brick wall; grass")) == ("background", "sky")
    assert recipe.contrast_for(Vocabulary.parse("nucleus; background")) == ()


def test_working_size():
    um = Grid.regular(2, (0.5, 0.5), units=("µm", "µm"))
    bounds = (112, 224, 1008)
    for shape, expected in (
        ((500, 900), 1),
        ((190, 900), 224 / 190),
        ((56, 900), 2),
        ((2016, 4000), 0.5),
        ((140, 150), 1.5),
    ):
        assert WorkingSize().magnify(shape, um, bounds) == pytest.approx(expected)
    assert WorkingSize(pixel_size=0.25).magnify((500, 500), um, bounds) == 2
    assert WorkingSize(short_side=336).magnify((672, 900), um, bounds) == 0.5
    with pytest.raises(RecipeError, match="calibrated"):
        WorkingSize(pixel_size=0.25).magnify((500, 500), Grid.regular(2), bounds)


def test_windows_cover_everything_and_end_at_the_border():
    windows = sliding_windows(1024, 1024, 224, 112)
    assert len(windows) == 81
    for height, width in ((224, 224), (100, 500), (225, 337), (56, 130)):
        seen = set()
        for window in sliding_windows(height, width, 64, 32):
            rows, columns = window.slices
            assert rows.stop <= height
            assert columns.stop <= width
            seen |= {
                (r, c)
                for r in range(rows.start, rows.stop)
                for c in range(columns.start, columns.stop)
            }
        assert len(seen) == height * width


def test_numbers_of_an_array_are_numbers():
    sizes = np.array([64]), np.array([0.3], np.float32)
    recipe = Recipe(tiling=Tiling(crop=sizes[0][0]), threshold=sizes[1][0])
    assert Recipe.from_toml(recipe.to_toml()).tiling.crop == 64


@pytest.mark.parametrize("shape", [(4, 3000), (16, 8000), (3, 59_000), (3, 1177)])
def test_the_working_size_of_a_strip_is_possible(shape):
    factor = WorkingSize().magnify(shape, Grid.regular(2), (160, 768, 1152))
    assert round(factor * max(shape)) <= MAX_SIDE
    assert factor * min(shape) >= 1
