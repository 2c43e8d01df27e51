"""The cut in two: `encode` pixels once, `label` them with any words; `segment` is both.

Each exists as a generator (``*_steps``) that yields `Progress`, for windows and command
lines, and as a plain function.
"""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.channels import as_shown
from napari_ovseg.comparing import compare_steps
from napari_ovseg.device import guarded
from napari_ovseg.encoding import Purpose, encode_steps
from napari_ovseg.errors import RecipeError, VocabularyError
from napari_ovseg.familiar import queries_for
from napari_ovseg.glimpse import Rectangle, glimpse
from napari_ovseg.image import Image
from napari_ovseg.labels import Annotation, LabelMap, Provenance, count_ids
from napari_ovseg.lexicon import definition_of
from napari_ovseg.progress import Steps, run
from napari_ovseg.recipe import Recipe
from napari_ovseg.refining import assemble_steps, pamr_steps, sieve_steps, snap_steps
from napari_ovseg.text import embed_steps

if TYPE_CHECKING:
    from napari_ovseg.backbones import Backbone
    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries
    from napari_ovseg.vocabulary import Category, Vocabulary

__all__ = ["encode", "encode_steps", "label", "label_steps", "segment", "segment_steps"]


def encode(image: Any, recipe: Recipe | None = None, *, device: str = "auto") -> Features:
    """Encode one picture: the slow half, which does not depend on the words.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array, or Image
        Grey or RGB; uint8, uint16 or float.
    recipe
        Encoder, method and settings; the built-in starter with SCLIP by default.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps``.

    Raises
    ------
    ImageError, RecipeError, WeightsError, ComputeError
    """
    return run(encode_steps(image, recipe, device))


def label(features: Features, vocabulary: Vocabulary, recipe: Recipe | None = None) -> LabelMap:
    """Label encoded pixels with words: the fast half, in milliseconds.

    Parameters
    ----------
    features
        From `encode`.
    vocabulary
        What to look for.
    recipe
        Other contrast words, scale and area threshold than those of the features' recipe;
        its encoder, method and sizes are not looked at.

    Returns
    -------
    LabelMap
        ids (H, W) uint16 on the image's own pixels.
    """
    return run(label_steps(features, vocabulary, recipe))


def segment(
    image: Any, vocabulary: Vocabulary, recipe: Recipe | None = None, *, device: str = "auto"
) -> Annotation:
    """Encode and label a picture, or every plane of a stack.

    Parameters
    ----------
    image : (..., H, W) or (..., H, W, 3) array, or Image
        A stack gets one label map of the same shape; its contrast limits are common.

    Raises
    ------
    ImageError, RecipeError, WeightsError, ComputeError
    """
    return run(segment_steps(image, vocabulary, recipe, device))


@guarded("labelling the image")
def label_steps(
    features: Features,
    vocabulary: Vocabulary,
    recipe: Recipe | None = None,
    view: Rectangle | None = None,
) -> Steps[LabelMap]:
    """Label in steps; see `label`.

    Of an image that takes a while, one step is a `Glimpse` of the rows and columns `view`.
    """
    recipe = recipe or features.recipe
    queries = yield from queries_steps(features, vocabulary, recipe)
    features = replace(features, recipe=features.recipe.labelling_as(recipe))
    features = yield from compare_steps(features, queries, _backbone(features).head)
    if view is not None and (seen := glimpse(features, queries, view)):
        yield seen
    label_once = pamr_steps if recipe.refinement.pamr_steps else _label
    if recipe.area_threshold > 0:
        ids = yield from label_once(features, queries)
        queries = without_small(queries, ids, vocabulary, recipe.area_threshold)
    ids = yield from label_once(features, queries)
    if recipe.refinement.edge_snap > 0:
        ids = yield from snap_steps(features, ids)
    ids = recipe.method.finish(ids)
    # Last, since only a finished map of the whole image tells how large its objects are.
    if any(c.min_size > 1 for c in vocabulary):
        ids = yield from sieve_steps(features, queries, vocabulary, ids)
    return LabelMap(ids, vocabulary, features.image.grid)


@guarded("segmenting the image")
def segment_steps(
    image: Any, vocabulary: Vocabulary, recipe: Recipe | None = None, device: str = "auto"
) -> Steps[Annotation]:
    """Segment in steps; see `segment`."""
    recipe = recipe or Recipe()
    stack = as_shown(Image.of(image), recipe.display)
    planes = list(stack.planes())
    if len(planes) > 1:
        recipe = replace(recipe, display=recipe.display.resolve(stack))
    ids = np.zeros(stack.shape, np.uint16)
    features = None
    for index in planes:
        purpose = Purpose(recipe.queries(vocabulary))
        features = yield from encode_steps(stack.plane(index), recipe, device, purpose=purpose)
        labels = yield from label_steps(features, vocabulary)
        ids[index] = labels.ids
    assert features is not None  # an Image has at least one plane
    return Annotation(
        stack.name, LabelMap(ids, vocabulary, stack.grid), None, provenance_of(features)
    )


def provenance_of(features: Features) -> Provenance:
    """Write down how labels made from these features came to be."""
    libraries = ("napari-ovseg", "torch", "open_clip_torch", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    return Provenance(
        recipe=features.recipe.to_toml(),
        weights=features.weights,
        versions=f"{versions}, Python {platform.python_version()}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def queries_steps(features: Features, vocabulary: Vocabulary, recipe: Recipe) -> Steps[Queries]:
    """Embed the vocabulary and the contrast words that compete with it.

    Raises
    ------
    RecipeError, VocabularyError, WeightsError
    """
    import torch

    from napari_ovseg.scoring import Queries

    backbone = _backbone(features)
    if backbone.fingerprint not in features.weights:
        raise RecipeError(
            "the features were made with other weights than the model has now; "
            "encode the image again"
        )
    background, contrast = vocabulary.background, recipe.contrast_for(vocabulary)
    if recipe.threshold > 0 and background is None and not contrast:
        raise RecipeError(
            f"a threshold of {recipe.threshold:g} needs something to lose to: add a background "
            "category to the words, or contrast words to the recipe"
        )
    phrases = recipe.method.phrases
    rows = [
        (phrases(text, meaning(c)), c.id, max(c.threshold, recipe.threshold))
        for c in vocabulary
        for text in queries_for(backbone, c)
    ]
    rows += [(phrases(word), 0, 0.0) for word in contrast]
    if not rows:
        raise VocabularyError(
            f"{backbone.name} never learnt any of these words: "
            f"{', '.join(c.name for c in vocabulary)}; use others, or a model of 'ovseg models'"
        )
    mixtures, ids, thresholds = zip(*rows, strict=True)
    text = yield from embed_steps(backbone, mixtures, recipe.method.template)
    device = text.device
    return Queries(
        text=text,
        ids=torch.tensor(ids, device=device),
        thresholds=torch.tensor(thresholds, device=device, dtype=torch.float32),
        eligible=torch.ones(len(ids), dtype=torch.bool, device=device),
        scale=recipe.logit_scale,
        below=background.id if background else 0,
        independent=recipe.method.trained,
    )


def _backbone(features: Features) -> Backbone:
    """Return the encoder of an image's features; it is kept after its first use."""
    from napari_ovseg.backbones.open_clip import load_backbone

    return load_backbone(features.recipe.backbone, str(features.vectors.device))


def meaning(category: Category) -> str:
    """Say what a category means: in its own words, else in the lexicon's; background: nothing."""
    if category.role == "background":
        return ""
    return category.definition or definition_of(category.name) or ""


def _label(features: Features, queries: Queries) -> Steps[np.ndarray]:
    from napari_ovseg.scoring import label_blocks

    blocks = label_blocks(features, queries)
    return (yield from assemble_steps(blocks, features.shape, "labels"))


def without_small(
    queries: Queries, ids: np.ndarray, vocabulary: Vocabulary, share: float
) -> Queries:
    """Bar categories that cover at most `share` of the foreground (SCLIP's ``area_thd``).

    Background and contrast words are never barred and do not count as foreground.
    """
    import torch

    exempt = {0} | {c.id for c in vocabulary if c.role == "background"}
    counts = {number: n for number, n in count_ids(ids).items() if number not in exempt}
    least = share * sum(counts.values())
    kept = exempt | {number for number, n in counts.items() if n > least}
    eligible = [int(i) in kept for i in queries.ids]
    return replace(queries, eligible=torch.tensor(eligible, device=queries.ids.device))
