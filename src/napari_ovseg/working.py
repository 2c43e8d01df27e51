"""The working image: what the encoder is shown of an image, and how it is cut into windows."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg.backbones._locate import check_guide
from napari_ovseg.errors import RecipeError, WeightsError
from napari_ovseg.recipe import NO_GUIDE, Recipe
from napari_ovseg.settings import MAX_SIDE, WorkingSize
from napari_ovseg.windows import Window, sliding_windows

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones import Backbone
    from napari_ovseg.image import Image
    from napari_ovseg.methods import Method
    from napari_ovseg.settings import Tiling


def resolve(recipe: Recipe, image: Image, backbone: Backbone) -> Recipe:
    """Replace what depends on the image by numbers: limits, magnification, crop and stride."""
    if recipe.method.trained and backbone.head is None:
        raise WeightsError(
            f"{recipe.method.name} needs weights of its own, which {backbone.name!r} does not "
            "bring; take its checkpoint over with 'ovseg models import FILE' and give its name as "
            "the backbone (docs/models.md)"
        )
    tiling, patch = recipe.method.tiling(recipe.tiling, backbone.vision), backbone.vision.patch
    if 0 < (tiling.crop or 0) < patch:
        raise RecipeError(
            f"crop {tiling.crop} is smaller than a patch of {patch} px; use at least {patch}"
        )
    shape = (image.shape[-2], image.shape[-1])
    window = backbone.vision.native
    bounds = (window, *(backbone.preferences.short_side or (2 * window, 9 * window)))
    factor = recipe.working_size.magnify(shape, image.grid, bounds)
    if round(max(shape) * factor) > MAX_SIDE or min(shape) * factor < 1:
        raise RecipeError(
            f"a working size of {shape[0] * factor:.0f} x {shape[1] * factor:.0f} px is not "
            f"possible; choose a magnification nearer to 1 than {factor:.3g}"
        )
    if recipe.guide not in ("", NO_GUIDE) and not recipe.method.default_guide:
        check_guide(recipe.guide)  # nobody else looks at it, and it may be a slip of the pen
    guide = recipe.guide or recipe.method.default_guide
    return replace(
        recipe,
        method=_suited(recipe.method, guide, backbone),
        guide=guide if recipe.method.default_guide else "",
        display=recipe.display.resolve(image),
        working_size=WorkingSize(magnification=factor),
        tiling=replace(tiling, scales=_scales(tiling, backbone)),
    )


def _scales(tiling: Tiling, backbone: Backbone) -> tuple[float, ...]:
    """What is asked for, else what suits the encoder; windows kept apart have one scale."""
    usual = backbone.preferences.scales if tiling.blend != "exact" else ()
    return tiling.scales or usual or (1.0,)


def _suited(method: Method, guide: str, backbone: Backbone) -> Method:
    """Take the encoder's own values for what the user left at its default."""
    alone = " without a guide" if guide == NO_GUIDE and method.default_guide else ""
    given = backbone.preferences.method_values.get(method.name + alone, {})
    defaults = asdict(type(method)())
    own = asdict(method)
    left = {k: v for k, v in given.items() if k in own and own[k] == defaults[k]}
    return replace(method, **left) if left else method


def working_image(image: Image, recipe: Recipe) -> Tensor:
    """Read the pixels as they are shown, at working size: (3, H, W) float32 in 0..1."""
    import torch

    factor = recipe.working_size.magnification
    assert factor is not None  # resolved
    height, width = (max(1, round(side * factor)) for side in image.shape[-2:])
    pixels = image.read(image.level_for((height, width)))
    shown = recipe.display.apply(pixels)
    planes = torch.from_numpy(np.ascontiguousarray(shown if shown.ndim == 3 else shown[..., None]))
    planes = planes.permute(2, 0, 1)[None]
    if planes.shape[-2:] != (height, width):
        planes = torch.nn.functional.interpolate(
            planes, size=(height, width), mode="bilinear", antialias=True
        )
    resized = planes[0].permute(1, 2, 0).clamp(0, 1).numpy()
    coloured = recipe.display.colour(resized if shown.ndim == 3 else resized[..., 0])
    return torch.from_numpy(np.ascontiguousarray(coloured)).permute(2, 0, 1)


def cut(rgb: Tensor, recipe: Recipe, backbone: Backbone) -> tuple[Tensor, list[Window]]:
    """Place the windows; for merging, the image is first padded to whole patches.

    Returns
    -------
    rgb : (3, H', W')
    windows
        All of one size. When merging, every offset is a multiple of the patch.
    """
    import torch

    patch = backbone.vision.patch
    crop, stride = recipe.tiling.crop or 0, recipe.tiling.stride or 1
    if recipe.tiling.blend != "exact" or min(rgb.shape[-2:]) < patch:
        bottom, right = (-side % patch for side in rgb.shape[-2:])
        rgb = torch.nn.functional.pad(rgb[None], (0, right, 0, bottom), mode="replicate")[0]
    return rgb, sliding_windows(rgb.shape[-2], rgb.shape[-1], crop, stride)
