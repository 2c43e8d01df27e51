"""The slow half: from pixels to features, once per image and recipe."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_ovseg.channels import as_shown
from napari_ovseg.comparing import refuse_too_many
from napari_ovseg.device import free_memory, guarded, is_out_of_memory
from napari_ovseg.errors import WeightsError
from napari_ovseg.feature_cache import FeatureCache, key_of
from napari_ovseg.features import Features
from napari_ovseg.image import Image
from napari_ovseg.interpolate import stretched
from napari_ovseg.merging import enlarged, merge, scaled
from napari_ovseg.methods import Windows
from napari_ovseg.progress import Progress, Steps, Stop, counted_on
from napari_ovseg.recipe import NO_GUIDE, Recipe
from napari_ovseg.windows import Window
from napari_ovseg.working import cut, resolve, working_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from napari_ovseg.backbones import Backbone
    from napari_ovseg.backbones.guide import Guide

_MAX_BATCH = 32
_CPU_WORK = 2.1e11
"""Multiply-adds times two per batch on a CPU: about a second. Smaller batches waste a tenth to a
third of the time; cancel does not wait for the end of one, see `Vision.interruptible`."""
_GUIDED_WORK = 5.2e11
"""The same where a guide works too: three windows of ViT-B/16 and DINO B/8."""


@guarded("encoding the image")
def encode_steps(
    image: Any,
    recipe: Recipe | None = None,
    device: str = "auto",
    stop: Stop | None = None,
    cache: FeatureCache | None = None,
    queries: int = 0,
) -> Steps[Features]:
    """Encode one picture; see `napari_ovseg.pipeline.encode`.

    `stop` is asked inside of long steps, too; where it says so, `Cancelled` is raised. What is
    in the cache is not encoded again. A trained method refuses at once what would not fit with
    so many `queries`.
    """
    from napari_ovseg.backbones.open_clip import load_backbone

    recipe = recipe or Recipe()
    picture = as_shown(Image.of(image), recipe.display)
    yield Progress("model", 0, 1)
    load_backbone(recipe.backbone, device)
    yield Progress("image", 0, 1)
    plan = _plan(picture, recipe, device)
    key = ""
    if cache is not None:
        key = plan.key(picture)
        if (known := _known(plan, picture, key, cache)) is not None:
            return known
    encoders, resolved = plan.encoders, plan.recipe
    rgb = working_image(picture, resolved).to(encoders.backbone.device)
    side = resolved.tiling.canvas
    work = (side, side) if side else (int(rgb.shape[-2]), int(rgb.shape[-1]))
    with encoders.interruptible(stop):
        vectors, windows = yield from encode_views(encoders, resolved, rgb, queries)
    features = Features(
        vectors=vectors.half() if resolved.precision == "float16" else vectors,
        windows=tuple(windows),
        working=work,
        shape=(picture.shape[-2], picture.shape[-1]),
        image=picture,
        recipe=resolved,
        weights=plan.weights,
    )
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
        backbone = self.encoders.backbone
        models = (backbone, self.encoders.guide)
        text = "; ".join(
            f"{m.name}, {m.licence}, sha256 {m.fingerprint}" for m in models if m is not None
        )
        head = f"; its head, sha256 {backbone.head_fingerprint}"
        return text + head if self.recipe.method.trained else text

    def key(self, picture: Image) -> str:
        """Return the name of the features in the cache; the picture is read for it."""
        return key_of(picture, self.recipe, self.weights, self.encoders.backbone.device.type)


def _plan(picture: Image, recipe: Recipe, device: str) -> _Plan:
    from napari_ovseg.backbones.open_clip import load_backbone

    backbone = load_backbone(recipe.backbone, device)
    resolved = resolve(recipe, picture, backbone)
    return _Plan(Encoders(backbone, _guide(resolved, device)), resolved)


def _known(plan: _Plan, picture: Image, key: str, cache: FeatureCache) -> Features | None:
    found = cache.get(key, picture, str(plan.encoders.backbone.device))
    return found and replace(found, recipe=found.recipe.labelling_as(plan.recipe))


def encode_views(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, queries: int = 0
) -> Steps[tuple[Tensor, list[Window]]]:
    """Encode the working image (3, H, W), and other views of it that the recipe asks for.

    Features of smaller sizes are added to its own; a view of the whole stands by itself.
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
    done, found = 0, []
    for pixels, windows in sizes:
        steps = encode_windows(encoders, recipe, pixels, windows)
        vectors = yield from counted_on(steps, "windows", done, total)
        done += len(windows)
        exact = recipe.tiling.blend == "exact" and len(windows) > 1
        alone = exact or recipe.method.trained
        found.append((vectors, windows) if alone else merge(vectors, windows, patch))
    if recipe.method.trained:
        return torch.cat([v for v, _ in found]), [w for _, windows in found for w in windows]
    vectors, windows = found[0]
    if len(found) == 1:
        return vectors, windows
    grid = (vectors.shape[1], vectors.shape[2])
    for (smaller, _), scale in zip(found[1:], scales[1:], strict=True):
        vectors = vectors + enlarged(smaller, grid, scale)
    return vectors / len(found), windows


@dataclass(frozen=True, eq=False, slots=True)
class Encoders:
    """The encoder whose features are wanted, and one that guides its attention, if any."""

    backbone: Backbone
    guide: Guide | None = None

    @contextmanager
    def interruptible(self, stop: Stop | None) -> Iterator[None]:
        """Ask before every block of either whether to go on; see `Vision.interruptible`."""
        with ExitStack() as stack:
            stack.enter_context(self.backbone.vision.interruptible(stop))
            if self.guide is not None:
                stack.enter_context(self.guide.interruptible(stop))
            yield

    def maps(self, pixels: Tensor) -> Tensor:
        """Ask the guide about windows normalised for the backbone: (B, G, fh, fw)."""
        assert self.guide is not None  # asked only where there is one
        vision = self.backbone.vision
        rows, columns = vision.grid(pixels)
        # A remainder smaller than a patch is not seen by the one, so nor by the other.
        seen = pixels[..., : rows * vision.patch, : columns * vision.patch]
        maps: Tensor = self.guide(self.backbone.denormalise(seen), (rows, columns))
        return maps


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


def encode_windows(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, windows: list[Window]
) -> Steps[Tensor]:
    """Encode all windows: (L, gh, gw, C); again with half a batch if memory runs out."""
    size = batch_size(encoders, windows[0])
    while True:
        try:
            return (yield from _attempt(encoders, recipe, rgb, windows, size))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or size == 1:
                raise
        # Outside of the except block: the exception would keep its tensors alive.
        size //= 2
        free_memory()


def batch_size(encoders: Encoders, window: Window) -> int:
    """Windows per batch: enough to fill the device, few enough that cancel is prompt."""
    backbone, guide = encoders.backbone, encoders.guide
    if backbone.device.type != "cpu":
        return _MAX_BATCH
    patch = backbone.vision.patch
    grid = window.height // patch, window.width // patch
    work, most = backbone.vision.parameters * grid[0] * grid[1], _CPU_WORK
    if guide is not None:
        rows, columns = guide.fine_grid((window.height, window.width), grid)
        work, most = work + guide.parameters * rows * columns, _GUIDED_WORK
    return int(min(max(most / (2 * max(work, 1)), 1), _MAX_BATCH))


def _attempt(
    encoders: Encoders, recipe: Recipe, rgb: Tensor, windows: list[Window], size: int
) -> Steps[Tensor]:
    import torch

    backbone = encoders.backbone

    def batches() -> Iterator[Tensor]:
        for start in range(0, len(windows), size):
            stack = torch.stack(
                [rgb[(slice(None), *w.slices)] for w in windows[start : start + size]]
            )
            yield backbone.normalise(stack)

    # In the type they are kept in, if windows are not averaged: there may be a thousand.
    is_half = recipe.method.trained and recipe.precision == "float16"
    kept = torch.float16 if is_half else torch.float32
    found: Tensor | None = None
    done = 0
    yield Progress("windows", 0, len(windows))
    guide = encoders.maps if encoders.guide else None
    stream = recipe.method.features(backbone.vision, Windows(batches(), len(windows), guide))
    while True:
        with torch.inference_mode():
            part = next(stream, None)
        if part is None:
            assert found is not None  # there is at least one window
            return found
        part = part.float()
        if not bool(torch.isfinite(part).all()):
            raise RuntimeError("the encoder gave values that are not finite")
        if found is None:
            found = part.new_empty(len(windows), *part.shape[1:], dtype=kept)
        found[done : done + len(part)] = part
        done += len(part)
        yield Progress("windows", done, len(windows))
