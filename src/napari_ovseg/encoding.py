"""The slow half: from pixels to features, once per image and recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from napari_ovseg.bands import Bands
from napari_ovseg.batches import Encoders, encode_windows
from napari_ovseg.channels import as_shown
from napari_ovseg.comparing import refuse_too_many
from napari_ovseg.device import guarded
from napari_ovseg.errors import WeightsError
from napari_ovseg.feature_cache import FeatureCache, key_of
from napari_ovseg.features import Features
from napari_ovseg.image import Image
from napari_ovseg.interpolate import stretched
from napari_ovseg.merging import enlarged, merge, scaled
from napari_ovseg.progress import Progress, Steps, Stop, counted_on, mapped
from napari_ovseg.recipe import NO_GUIDE, Recipe
from napari_ovseg.windows import Window
from napari_ovseg.working import cut, resolve, working_image

if TYPE_CHECKING:
    from torch import Tensor

    from napari_ovseg.backbones._loaded import Loaded
    from napari_ovseg.backbones.guide import Guide


@dataclass(frozen=True, slots=True)
class Purpose:
    """What features are wanted for.

    Attributes
    ----------
    queries
        How many there will be; 0 where nobody knows yet. A trained method refuses at once what
        would not fit with so many.
    early
        Whether rows are wanted before the end: then some steps are a `Band` of what is finished.
    """

    queries: int = 0
    early: bool = False


@guarded("encoding the image")
def encode_steps(
    image: Any,
    recipe: Recipe | None = None,
    device: str = "auto",
    stop: Stop | None = None,
    cache: FeatureCache | None = None,
    purpose: Purpose | None = None,
) -> Steps[Features]:
    """Encode one picture; see `napari_ovseg.pipeline.encode`.

    `stop` is asked inside of long steps, too; where it says so, `Cancelled` is raised. What is
    in the cache is not encoded again.
    """
    from napari_ovseg.backbones.open_clip import load_backbone

    recipe = recipe or Recipe()
    picture = as_shown(Image.of(image), recipe.display)
    yield Progress("model", 0, 1)
    load_backbone(recipe.backbone, device)  # the longest part of the plan, told by itself
    yield Progress("image", 0, 1)
    plan = _plan(picture, recipe, device)
    key = ""
    if cache is not None:
        key = plan.key(picture)
        if (known := _known(plan, picture, key, cache)) is not None:
            return known
    encoders, resolved = plan.encoders, plan.recipe
    rgb = working_image(picture, resolved).to(encoders.backbone.device)
    whole = plan.nothing_yet(picture, rgb)
    purpose = purpose or Purpose()
    bands = Bands(whole, encoders.backbone.vision.patch) if purpose.early else None
    with encoders.interruptible(stop):
        views = encode_views(encoders, resolved, rgb, purpose.queries, bands)
        vectors, windows = yield from views
    kept = vectors.half() if resolved.precision == "float16" else vectors
    features = replace(whole, vectors=kept, windows=tuple(windows))
    if cache is not None:
        cache.put(key, features)
    return features


@guarded("looking for what was encoded")
def recall_steps(
    image: Image, recipe: Recipe, device: str, cache: FeatureCache
) -> Steps[Features | None]:
    """Return what `encode_steps` would take from the cache; None where it would encode."""
    yield Progress("image", 0, 1)
    picture = as_shown(image, recipe.display)
    plan = _plan(picture, recipe, device)
    return _known(plan, picture, plan.key(picture), cache)


@dataclass(frozen=True, eq=False, slots=True)
class _Plan:
    """How a picture will be encoded: by what, with which numbers."""

    encoders: Encoders
    recipe: Recipe

    @property
    def weights(self) -> str:
        """Names, licences and hashes of the models."""
        text = "; ".join(f"{m.name}, {m.licence}, sha256 {m.fingerprint}" for m in self._models)
        head = f"; its head, sha256 {self.encoders.backbone.head_fingerprint}"
        return text + head if self.recipe.method.trained else text

    def key(self, picture: Image) -> str:
        """Return the name of the features in the cache; the picture is read for it."""
        models = "; ".join((self.weights, *(m.identity for m in self._models)))
        return key_of(picture, self.recipe, models, self.encoders.backbone.device.type)

    def nothing_yet(self, picture: Image, rgb: Tensor) -> Features:
        """Features of a working image (3, H, W) without vectors and windows."""
        import torch

        side = self.recipe.tiling.canvas
        return Features(
            vectors=torch.empty(0),
            windows=(),
            working=(side, side) if side else (int(rgb.shape[-2]), int(rgb.shape[-1])),
            shape=(picture.shape[-2], picture.shape[-1]),
            image=picture,
            recipe=self.recipe,
            weights=self.weights,
        )

    @property
    def _models(self) -> list[Loaded]:
        return [m for m in (self.encoders.backbone, self.encoders.guide) if m is not None]


def _plan(picture: Image, recipe: Recipe, device: str) -> _Plan:
    from napari_ovseg.backbones.open_clip import load_backbone

    backbone = load_backbone(recipe.backbone, device)
    resolved = resolve(recipe, picture, backbone)
    return _Plan(Encoders(backbone, _guide(resolved, device)), resolved)


def _known(plan: _Plan, picture: Image, key: str, cache: FeatureCache) -> Features | None:
    found = cache.get(key, picture, str(plan.encoders.backbone.device))
    return found and replace(found, recipe=found.recipe.labelling_as(plan.recipe))


def encode_views(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, queries: int = 0, bands: Bands | None = None
) -> Steps[tuple[Tensor, list[Window]]]:
    """Encode the working image (3, H, W), and other views of it that the recipe asks for.

    Features of smaller sizes are averaged with its own, each with its share of the size for a
    weight, as it is that much coarser; a view of the whole stands by itself. `bands`
    tells of windows of its own size while they are encoded, where they will be merged.
    """
    import torch

    patch = encoders.backbone.vision.patch
    scales = recipe.tiling.scales or (1.0,)
    canvas = stretched(rgb[None], recipe.tiling.canvas)[0] if recipe.tiling.canvas else rgb
    sizes = [cut(scaled(canvas, scale), recipe, encoders.backbone) for scale in scales]
    if recipe.tiling.whole and len(sizes[0][1]) > 1:
        sizes.append((rgb, [Window(0, 0, rgb.shape[-2], rgb.shape[-1])]))
    total = sum(len(windows) for _, windows in sizes)
    if (head := encoders.backbone.head) and recipe.method.trained:
        refuse_too_many(total, queries, head)
    done = 0
    found: list[tuple[Tensor, list[Window]]] = []
    for pixels, windows in sizes:
        alone = recipe.tiling.blend == "exact" or recipe.method.trained
        steps = counted_on(
            encode_windows(encoders, recipe, pixels, windows), "windows", done, total
        )
        watched = bands is not None and not found and not alone
        tell = bands.tell if bands is not None and watched else attrgetter("plain")
        vectors = yield from mapped(steps, tell)
        done += len(windows)
        joins = partial(merge, patch=patch, feathered=recipe.tiling.feathered)
        found.append((vectors, windows) if alone else joins(vectors, windows))
    if recipe.method.trained:
        return torch.cat([v for v, _ in found]), [w for _, windows in found for w in windows]
    vectors, windows = found[0]
    if len(found) == 1:
        return vectors, windows
    grid = (vectors.shape[1], vectors.shape[2])
    for (smaller, _), scale in zip(found[1:], scales[1:], strict=True):
        vectors = vectors + scale * enlarged(smaller, grid, scale)
    return vectors / sum(scales), windows


def _guide(recipe: Recipe, device: str) -> Guide | None:
    """Load the guide of a resolved recipe; to do without is for the user to say."""
    from napari_ovseg.backbones.guide import load_guide

    if recipe.guide in ("", NO_GUIDE):
        return None
    try:
        return load_guide(recipe.guide, device)
    except WeightsError as error:
        raise WeightsError(
            f"{recipe.method.name} needs a guide: {error}; or set the guide to {NO_GUIDE!r}, "
            "which compares patches by the model's own queries and is weaker"
        ) from error
