"""Windows, and smaller copies of an image, come onto one patch grid, each feature at its place."""

import numpy as np
import pytest
import torch

import napari_ovseg as ov
from models import write_folder
from napari_ovseg.errors import RecipeError
from napari_ovseg.merging import enlarged, merge, scaled
from napari_ovseg.windows import Window


def test_cells_of_a_smaller_picture_lie_where_they_were():
    ramp = torch.arange(20.0)[None, None, :, None].expand(1, 5, 20, 1)
    across = enlarged(ramp, (10, 39), 0.5)[0, 4, :, 0]
    expected = ((np.arange(39) + 0.5) * 0.5 - 0.5).clip(0, 19)
    assert torch.allclose(across, torch.from_numpy(expected).float())


def test_a_smaller_picture_has_no_aliases():
    stripes = torch.tensor([0.0, 1.0]).repeat(32).expand(3, 64, 64)
    assert scaled(stripes, 1.0) is stripes
    inside = scaled(stripes, 0.5)[:, 4:-4, 4:-4]
    assert inside.shape[-1] == 24
    assert torch.allclose(inside, torch.tensor(0.5), atol=0.05)


def test_feathered_windows_leave_no_step_where_plain_ones_do():
    windows = [Window(0, left, 64, 64) for left in (0, 32, 64)]
    said = torch.tensor([0.0, 1.0, 0.0])[:, None, None, None].expand(3, 8, 8, 1)
    plain, feathered = (
        merge(said, windows, 8, feathered=on)[0][0, 3, :, 0] for on in (False, True)
    )
    assert plain.tolist() == [0.0] * 4 + [0.5] * 8 + [0.0] * 4
    ramp = [0.125, 0.375, 0.625, 0.875]
    assert feathered.tolist() == pytest.approx([0.0] * 4 + ramp + ramp[::-1] + [0.0] * 4)


def test_feathering_is_the_same_down_as_across_and_keeps_what_all_windows_say():
    windows = [Window(top, left, 64, 64) for top in (0, 24) for left in (0, 40)]
    said = torch.rand(4, 8, 8, 1, generator=torch.Generator().manual_seed(0))
    across = merge(said, windows, 8, feathered=True)[0][0, ..., 0]
    turned = [Window(w.left, w.top, 64, 64) for w in windows]
    down = merge(said.transpose(1, 2), turned, 8, feathered=True)[0][0, ..., 0]
    assert torch.allclose(down, across.T)
    same = merge(torch.full((4, 8, 8, 1), 0.3), windows, 8, feathered=True)[0]
    assert torch.allclose(same, torch.tensor(0.3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(write_folder(tmp_path_factory.mktemp("models") / "tiny"))


def encoded(folder, image, scales, size=1.0):
    recipe = ov.Recipe(
        backbone=folder,
        working_size=ov.WorkingSize(magnification=size),
        tiling=ov.Tiling(scales=scales),
        precision="float32",
    )
    return ov.encode(image, recipe, device="cpu")


def test_features_of_all_scales_are_averaged_by_their_size(folder):
    image = np.random.default_rng(0).integers(0, 255, (72, 104, 3), np.uint8)
    whole, half = encoded(folder, image, (1.0,)), encoded(folder, image, (1.0,), 0.5)
    both = encoded(folder, image, (1.0, 0.5))
    grid = tuple(whole.vectors.shape[1:3])
    mean = (whole.vectors + 0.5 * enlarged(half.vectors, grid, 0.5)) / 1.5
    assert torch.allclose(both.vectors, mean, atol=1e-5)
    assert not torch.allclose(both.vectors, whole.vectors, atol=1e-2)
    assert encoded(folder, image, ()).recipe.tiling.scales == (1.0,)


def test_progress_counts_the_windows_of_all_scales_once(folder):
    from napari_ovseg.pipeline import encode_steps

    image = np.zeros((100, 100), np.uint8)
    recipe = ov.Recipe(backbone=folder, tiling=ov.Tiling(scales=(1.0, 0.5)))
    seen = [p for p in encode_steps(image, recipe, "cpu") if p.stage == "windows"]
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].done == seen[-1].total == seen[0].total


@pytest.mark.parametrize("scales", [(0.5,), (1.0, 2.0), (1.0, 0.0)])
def test_scales_that_are_none(scales):
    with pytest.raises(RecipeError, match="scales must begin with 1"):
        ov.Tiling(scales=scales)


def test_windows_kept_apart_have_one_scale():
    with pytest.raises(RecipeError, match="one scale"):
        ov.Tiling(scales=(1.0, 0.5), blend="exact")
