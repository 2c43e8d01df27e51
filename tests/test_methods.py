"""What every method of the registry must keep, whatever it computes."""

import dataclasses
from functools import lru_cache

import numpy as np
import pytest
import torch
from open_clip.transformer import QuickGELU, VisionTransformer

import napari_ovseg as ov
from napari_ovseg.backbones import Vision
from napari_ovseg.backbones._native import NativeVision
from napari_ovseg.errors import RecipeError
from napari_ovseg.methods import METHODS, Windows
from napari_ovseg.recipe import Recipe

NAMES = METHODS.names()
every_method = pytest.mark.parametrize("name", NAMES)


@lru_cache
def encoder(dtype=torch.float32) -> Vision:
    torch.manual_seed(0)
    visual = VisionTransformer(
        image_size=64, patch_size=16, width=64, layers=12, heads=4, mlp_ratio=2.0,
        output_dim=24, act_layer=QuickGELU,
    )  # fmt: skip
    return NativeVision(visual.eval().requires_grad_(False).to(dtype))


def conv_guide(dtype=torch.float32):
    torch.manual_seed(1)
    conv = torch.nn.Conv2d(3, 20, 8, 8).requires_grad_(False).to(dtype)
    return lambda pixels: conv(
        pixels[..., : pixels.shape[-2] // 16 * 16, : pixels.shape[-1] // 16 * 16]
    )


def pictures(count: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    coarse = torch.randn(count, 3, -(-height // 8), -(-width // 8), generator=generator)
    big = coarse.repeat_interleave(8, -2).repeat_interleave(8, -1)[..., :height, :width]
    return big + 0.3 * torch.randn(count, 3, height, width, generator=generator)


@torch.inference_mode()
def features(name: str, pixels: torch.Tensor, batch: int = 32, dtype=torch.float32) -> torch.Tensor:
    method = METHODS.get(name)()
    guide = conv_guide(dtype) if method.default_guide else None
    windows = Windows(iter(pixels.to(dtype).split(batch)), len(pixels), guide)
    return torch.cat(list(method.features(encoder(dtype), windows))).float()


@every_method
@pytest.mark.parametrize("size", [(17, 33), (64, 64), (80, 48), (100, 75), (16, 16)])
def test_any_size(name, size):
    vectors = features(name, pictures(2, *size))
    cells = 2 if METHODS.get(name).default_guide else 1
    if METHODS.get(name).trained:  # every window at its own size, and two taps of 64 channels
        assert vectors.shape == (2, 24, 24, 24 + 2 * 64)
    else:
        assert vectors.shape == (2, size[0] // 16 * cells, size[1] // 16 * cells, 24)
    assert torch.isfinite(vectors).all()


@every_method
def test_the_batch_does_not_matter(name):
    pixels = pictures(5, 64, 96)
    together = features(name, pixels)
    for batch in (1, 2):
        assert (features(name, pixels, batch) - together).abs().max() <= 1e-5


@every_method
def test_the_order_of_windows_does_not_matter(name):
    pixels = pictures(5, 64, 64)
    order = torch.tensor([3, 0, 4, 2, 1])
    assert torch.allclose(features(name, pixels[order]), features(name, pixels)[order], atol=1e-5)


@every_method
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_finite_and_near(name, dtype):
    pixels = pictures(2, 64, 64)
    half = features(name, pixels, dtype=dtype)
    assert torch.isfinite(half).all()
    cosine = torch.nn.functional.cosine_similarity(half, features(name, pixels), dim=-1)
    # Hard decisions (which tokens belong, which are outliers) may fall otherwise for a few.
    assert cosine.median() > 0.98


@every_method
@pytest.mark.parametrize("kind", ["uniform", "half black", "black"])
def test_nearly_nothing_to_see(name, kind):
    pixels = torch.zeros(3, 3, 64, 64) if kind == "black" else torch.full((3, 3, 64, 64), 0.7)
    if kind == "half black":
        pixels[..., 32:] = -1.8
    vectors = features(name, pixels)
    assert torch.isfinite(vectors).all()
    assert vectors.norm(dim=-1).min() > 0.1


@every_method
def test_recipe_round_trip(name):
    recipe = Recipe(method=name)
    again = Recipe.from_toml(recipe.to_toml())
    assert again == recipe
    assert again.method.name == name
    assert recipe.method.source


@every_method
def test_whole_pipeline_on_an_awkward_image(name, backbone_for):
    image = (np.random.default_rng(0).random((37, 55, 3)) * 255).astype(np.uint8)
    recipe = ov.Recipe(backbone=backbone_for(name), method=name, guide="none")
    labels = ov.segment(image, ov.Vocabulary.parse("grass; water"), recipe).labels
    assert labels.ids.shape == (37, 55)


def test_windows_of_large_images_see_each_other_in_groups():
    method = METHODS.get("gla_clip")(window_cap=3)
    pixels, vision = pictures(7, 64, 64), encoder()

    def run(chosen, part):
        windows = Windows(iter(part.split(2)), len(part), conv_guide())
        return torch.cat(list(chosen.features(vision, windows)))

    with torch.inference_mode():
        grouped = run(method, pixels)
        apart = torch.cat([run(method, part) for part in (pixels[:2], pixels[2:5], pixels[5:])])
        together = run(dataclasses.replace(method, window_cap=7), pixels)
    assert torch.allclose(grouped, apart, atol=1e-5)
    assert not torch.allclose(grouped, together, atol=1e-2)


def test_without_a_guide_gla_uses_the_queries_of_the_last_block():
    method, vision = METHODS.get("gla_clip")(), encoder()
    pixels = pictures(2, 64, 64)
    with torch.inference_mode():
        parts = list(method.features(vision, Windows(iter([pixels]), 2)))
    assert torch.cat(parts).shape == (2, 4, 4, 24)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("naclip", {"gaussian_std": 0}),
        ("itaclip", {"views": ("sideways",)}),
        ("itaclip", {"views": ("flipped_vertically",)}),
        ("itaclip", {"plain_share": 2.0}),
        ("itaclip", {"blur_kernel": 4}),
        ("proxyclip", {"gamma": -1}),
        ("cat_seg", {"patches": 0}),
        ("cat_seg", {"taps": (1, 2, 3)}),
        ("gla_clip", {"rho": 1.0}),
        ("gla_clip", {"iterations": 0}),
        ("gla_clip", {"temperature": 0}),
        ("sc_clip", {"contamination": 0}),
        ("sc_clip", {"early": 0}),
    ],
)
def test_impossible_settings(name, values):
    with pytest.raises(RecipeError):
        METHODS.get(name)(**values)


def test_an_encoder_may_bring_values_that_suit_it():
    image = (np.random.default_rng(0).random((40, 40)) * 255).astype(np.uint8)

    def rho(**values):
        method = METHODS.get("gla_clip")(**values)
        return ov.encode(image, ov.Recipe(method=method, guide="none")).recipe.method.rho

    assert rho() == 0.98
    assert rho(rho=0.7) == 0.7


def test_middle_blocks_follow_the_depth():
    method = METHODS.get("itaclip")()
    assert method._middle(12) == (7, 8, 10)
    assert method._middle(24) == (14, 16, 20)
    with pytest.raises(RecipeError, match="middle_blocks must lie between"):
        METHODS.get("itaclip")(middle_blocks=(12,))._middle(12)


def test_definitions_are_mixed_into_the_text_of_itaclip_only():
    itaclip = METHODS.get("itaclip")(definition_share=0.2)
    assert itaclip.phrases("rust", "reddish crust") == ((0.8, "rust"), (0.2, "reddish crust"))
    assert itaclip.phrases("rust") == ((1.0, "rust"),)
    assert METHODS.get("sclip")().phrases("rust", "reddish crust") == ((1.0, "rust"),)


def test_closing_of_ids_is_off_unless_asked_for():
    ids = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 5], [5, 1, 5]], np.uint16)
    assert METHODS.get("itaclip")().finish(ids) is ids
    closed = METHODS.get("itaclip")(id_closing=True).finish(ids)
    assert closed.dtype == np.uint16
    assert (closed >= ids).all()
    assert (closed > ids).any()


def test_maskclip_is_its_formula():
    """``x + out_proj(v)``, then ``+ mlp``, with the block that open_clip has."""
    vision = encoder()
    raw, pixels = vision._visual.transformer.resblocks[-1], torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        x = vision.embed(pixels)
        for block in vision.blocks[:-1]:
            x = block(x)
        width = x.shape[-1]
        values = raw.ln_1(x) @ raw.attn.in_proj_weight[-width:].T + raw.attn.in_proj_bias[-width:]
        between = x + raw.attn.out_proj(values)
        expected = between + raw.mlp(raw.ln_2(between))
        found = METHODS.get("maskclip")().last_block(vision.blocks[-1], x, vision.grid(pixels))
    assert torch.allclose(found, expected, atol=1e-5)
