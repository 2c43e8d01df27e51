"""Presets: every one is a recipe, and keeps what is the user's."""

import pytest

from napari_ovseg import Display, Recipe, presets
from napari_ovseg.errors import RecipeError

MINE = Recipe(backbone="somewhere", contrast=("sky",), display=Display(limits=(1.0, 2.0)))


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_recipe(name):
    recipe = presets.preset(name, MINE)
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert (recipe.backbone, recipe.contrast, recipe.display) == (
        "somewhere",
        ("sky",),
        MINE.display,
    )
    assert recipe != MINE


def test_papers_have_their_own_values():
    recipe = presets.preset("paper:itaclip:voc21")
    assert (recipe.method.definition_share, recipe.method.plain_share) == (0.05, 0.7)
    assert (recipe.logit_scale, recipe.threshold, recipe.area_threshold) == (60.0, 0.1, 0.1)
    assert (recipe.tiling.crop, recipe.tiling.stride, recipe.tiling.blend) == (224, 28, "exact")
    assert recipe.refinement.pamr_steps == 10
    assert presets.preset("paper:sclip:coco-stuff").working_size.short_side == 448


def test_users_presets_snap_to_edges():
    for name in (name for name in presets.names() if ":" not in name):
        assert presets.preset(name).refinement.edge_snap > 0


@pytest.mark.parametrize(
    "name", ["slow", "paper", "paper:sclip", "paper:sclip:default", "paper:x:voc21", "fast:er", ""]
)
def test_unknown_presets_are_refused(name):
    with pytest.raises(RecipeError, match="there is no preset"):
        presets.preset(name)


@pytest.mark.parametrize(
    ("name", "values"),
    [("fast", ("sclip", 1)), ("balanced", ("sclip", 2)), ("best", ("itaclip", 2))],
)
def test_users_presets_are_what_the_page_says(name, values):
    recipe = presets.preset(name)
    assert recipe.tiling.feathered == (name != "fast")
    assert (recipe.method.name, recipe.tiling.overlap) == values


@pytest.mark.parametrize(
    ("method", "short", "crop", "stride", "scale", "steps"),
    [("sclip", 336, 224, 112, 40.0, 0), ("clearclip", 448, 448, 224, 50.0, 0), ("naclip", 336, 224, 112, 40.0, 10),
     ("proxyclip", 336, 336, 112, 40.0, 0), ("gla_clip", 336, 224, 112, 40.0, 0)],
)  # fmt: skip
def test_values_of_the_papers(method, short, crop, stride, scale, steps):
    """As their configuration files have them; thresholds for VOC21."""
    recipe = presets.preset(f"paper:{method}:context59")
    assert recipe.working_size.short_side == short
    assert (recipe.tiling.crop, recipe.tiling.stride) == (crop, stride)
    assert (recipe.logit_scale, recipe.refinement.pamr_steps) == (scale, steps)
    limits = {"sclip": 0.1, "clearclip": 0.5, "naclip": 0.1, "proxyclip": 0.2, "gla_clip": 0.1}
    assert presets.preset(f"paper:{method}:voc21").threshold == limits[method]
