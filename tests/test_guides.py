"""Guides: DINO's encoders at any size."""

import pytest
import torch
import torch.nn.functional as F

from dino import ARCHITECTURES, SMALL, expected, tiny, write
from napari_ovseg.backbones.guide import load_guide


@pytest.fixture(scope="module", params=ARCHITECTURES)
def pair(request, tmp_path_factory):
    """Side of the patch, and the guide."""
    folder = write(tmp_path_factory.mktemp("guides") / "g", request.param)
    return request.param, load_guide(str(folder), "cpu")


def resized_by_hand(patch, grid):
    """A timm model whose native size is `grid`, with positions as DINO's code resizes them."""
    small = tiny(patch)
    side = SMALL["img_size"] // patch
    plane = small.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    factor = [(length + 0.1) / side for length in grid]
    plane = F.interpolate(plane, scale_factor=factor, mode="bicubic")
    assert plane.shape[-2:] == grid
    large = tiny(patch, img_size=(grid[0] * patch, grid[1] * patch))
    tensors = small.state_dict()
    tensors["pos_embed"] = torch.cat([small.pos_embed[:, :1], plane.flatten(2).mT], dim=1)
    large.load_state_dict(tensors)
    return large


def test_native_size_is_timms(pair):
    patch, guide = pair
    rgb = torch.rand(2, 3, 112, 112)
    side = 112 // patch
    grid = (side, side) if patch == 16 else (side // 2, side // 2)
    maps = guide(rgb, grid)
    assert maps.dtype == torch.float32
    assert maps.shape == (2, 48, side, side)
    assert torch.allclose(maps, expected(tiny(patch), rgb, (side, side)), atol=1e-5)


def test_other_sizes_resize_the_positions_like_dino(pair):
    patch, guide = pair
    fine = (8, 22)
    grid = fine if patch == 16 else (4, 11)
    rgb = torch.rand(1, 3, fine[0] * patch, fine[1] * patch)
    maps = guide(rgb, grid)
    assert torch.allclose(maps, expected(resized_by_hand(patch, fine), rgb, fine), atol=1e-5)
    lax = tiny(patch, dynamic_img_size=True)
    assert (maps - expected(lax, rgb, fine)).abs().max() > 1e-2  # timm's own rule is another


@pytest.mark.parametrize(
    ("patch", "window", "grid", "fine"),
    [
        (8, (224, 224), (14, 14), (28, 28)),
        (8, (336, 448), (21, 28), (42, 56)),
        (8, (230, 239), (14, 14), (28, 28)),
        (8, (16, 239), (1, 14), (2, 28)),
        (8, (31, 224), (1, 14), (2, 28)),
        (8, (224, 224), (16, 16), (32, 32)),
        (8, (224, 224), (7, 7), (28, 28)),
        (8, (64, 32), (8, 4), (8, 4)),
        (16, (224, 160), (14, 10), (14, 10)),
        (16, (224, 224), (7, 7), (14, 14)),
        (16, (64, 64), (8, 8), (8, 8)),
        (14, (224, 224), (14, 14), (28, 28)),
        (14, (224, 448), (16, 32), (32, 64)),
        (14, (224, 224), (7, 7), (14, 14)),
    ],
)
def test_the_grid_is_a_whole_multiple(tmp_path, patch, window, grid, fine):
    guide = load_guide(str(write(tmp_path / "g", patch)), "cpu")
    assert guide.fine_grid(window, grid) == fine
    assert guide(torch.rand(1, 3, *window), grid).shape == (1, 48, *fine)


def test_windows_are_resized_to_whole_patches(tmp_path):
    rgb = torch.rand(1, 3, 96, 64)
    grid = (6, 4)
    wide = load_guide(str(write(tmp_path / "wide", 14)), "cpu")
    grown = F.interpolate(rgb, size=(168, 112), mode="bilinear")
    assert torch.equal(wide(rgb, grid), wide(grown, grid))
    fine = load_guide(str(write(tmp_path / "fine", 8)), "cpu")
    odd = torch.rand(1, 3, 103, 71)
    shrunk = F.interpolate(odd, size=(96, 64), mode="bilinear", antialias=True)
    assert torch.equal(fine(odd, grid), fine(shrunk, grid))


def test_windows_do_not_see_each_other(pair):
    _, guide = pair
    rgb = torch.rand(5, 3, 80, 112) * torch.tensor([0.01, 1, 0.5, 0, 1]).view(5, 1, 1, 1)
    together = guide(rgb, (5, 7))
    apart = torch.cat([guide(window[None], (5, 7)) for window in rgb])
    assert torch.allclose(together, apart, atol=1e-5)


def test_half_precision_is_finite_and_near(tmp_path):
    model = tiny(8)
    guide = load_guide(str(write(tmp_path / "full", model=model)), "cpu")
    halved = load_guide(str(write(tmp_path / "half", model=tiny(8).half())), "cpu")
    rgb = torch.rand(2, 3, 112, 112)
    maps = guide(rgb, (7, 7))
    with torch.autocast("cpu", torch.bfloat16):
        coarse = guide(rgb, (7, 7))
    for other in (guide(rgb.half(), (7, 7)), halved(rgb, (7, 7)), coarse):
        assert other.dtype == torch.float32
        assert other.isfinite().all()
        assert torch.cosine_similarity(other, maps).min() > 0.99
    assert guide(torch.zeros(1, 3, 112, 112), (7, 7)).isfinite().all()
    small = torch.rand(1, 3, 70, 70).half()  # is resized, which must not happen in half
    assert torch.equal(guide(small, (4, 4)), guide(small.float(), (4, 4)))
