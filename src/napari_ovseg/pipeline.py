"""The cut in two: `encode` pixels once, `label` them with any words; `segment` is both.

Each exists as a generator (``*_steps``) that yields `Progress`, for windows and command
lines, and as a plain function.
"""

from __future__ import annotations

import logging
import platform
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.asking import backbone_of, queries_steps, without_small
from napari_ovseg.channels import as_shown
from napari_ovseg.comparing import compare_steps
from napari_ovseg.device import guarded
from napari_ovseg.encoding import Purpose, encode_steps
from napari_ovseg.familiar import unfamiliar
from napari_ovseg.glimpse import Rectangle, glimpse
from napari_ovseg.image import Image
from napari_ovseg.labels import Annotation, LabelMap, Owner, Provenance
from napari_ovseg.progress import Steps, run
from napari_ovseg.recipe import Recipe
from napari_ovseg.refining import assemble_steps, pamr_steps, sieve_steps, snap_steps

if TYPE_CHECKING:
    from napari_ovseg.backbones import Backbone
    from napari_ovseg.features import Features
    from napari_ovseg.scoring import Queries
    from napari_ovseg.vocabulary import Vocabulary

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
        Takes the place of all in the features' recipe that only labelling uses: see
        `Recipe.labelling_as`. Its encoder, method and sizes are not looked at.

    Returns
    -------
    LabelMap
        ids (H, W) uint16 on the image's own pixels. Words that a small model never learnt are
        logged, each once.

    Raises
    ------
    RecipeError, VocabularyError, WeightsError, ComputeError
    """
    labels = run(label_steps(features, vocabulary, recipe))
    _tell_unfamiliar(backbone_of(features), vocabulary, recipe or features.recipe)
    return labels


def segment(
    image: Any, vocabulary: Vocabulary, recipe: Recipe | None = None, *, device: str = "auto"
) -> Annotation:
    """Encode and label a picture, or every plane of a stack.

    Parameters
    ----------
    image : (..., H, W) or (..., H, W, 3) array, or Image
        A stack gets one label map of the same shape; its contrast limits are common.

    Notes
    -----
    Words that a small model never learnt are logged, each once.

    Raises
    ------
    ImageError, RecipeError, WeightsError, ComputeError
    """
    from napari_ovseg.backbones.open_clip import load_backbone

    annotation = run(segment_steps(image, vocabulary, recipe, device))
    recipe = recipe or Recipe()
    _tell_unfamiliar(load_backbone(recipe.backbone, device), vocabulary, recipe)
    return annotation


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
    recipe = features.recipe.labelling_as(recipe or features.recipe)
    queries = yield from queries_steps(features, vocabulary, recipe)
    features = replace(features, recipe=recipe)
    features = yield from compare_steps(features, queries, backbone_of(features).head)
    if view is not None and (seen := glimpse(features, queries, view)):
        yield seen
    if recipe.area_threshold > 0:
        queries = yield from bar_small_steps(features, queries, vocabulary)
    ids = yield from _label(features, queries)
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
    owner = np.full(ids.shape, Owner.MODEL, np.uint8)
    labels = LabelMap(ids, vocabulary, stack.grid)
    return Annotation(stack.name, labels, owner, provenance_of(features))


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


def _tell_unfamiliar(backbone: Backbone, vocabulary: Vocabulary, recipe: Recipe) -> None:
    for each in unfamiliar(backbone, vocabulary, recipe):
        _log_once(str(each))


@cache
def _log_once(text: str) -> None:
    logging.getLogger(__name__).warning(text)


def bar_small_steps(features: Features, queries: Queries, vocabulary: Vocabulary) -> Steps[Queries]:
    """Bar small categories; areas are counted before any threshold, as in the papers."""
    every = replace(queries, thresholds=queries.thresholds.new_zeros(len(queries.ids)))
    ids = yield from _label(features, every)
    return without_small(queries, ids, vocabulary, features.recipe.area_threshold)


def _label(features: Features, queries: Queries) -> Steps[np.ndarray]:
    if features.recipe.refinement.pamr_steps:
        return (yield from pamr_steps(features, queries))
    from napari_ovseg.scoring import label_blocks

    blocks = label_blocks(features, queries)
    return (yield from assemble_steps(blocks, features.shape, "labels"))
