"""From a vocabulary to queries: what is asked for each category, and what may win."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_ovseg.errors import RecipeError, VocabularyError
from napari_ovseg.familiar import contrast_for, heard
from napari_ovseg.labels import count_ids
from napari_ovseg.lexicon import definition_of
from napari_ovseg.text import embed_steps

if TYPE_CHECKING:
    import numpy as np

    from napari_ovseg.backbones import Backbone
    from napari_ovseg.features import Features
    from napari_ovseg.progress import Steps
    from napari_ovseg.recipe import Recipe
    from napari_ovseg.scoring import Queries
    from napari_ovseg.text import Mixture
    from napari_ovseg.vocabulary import Category, Vocabulary


def queries_steps(features: Features, vocabulary: Vocabulary, recipe: Recipe) -> Steps[Queries]:
    """Embed the vocabulary and the contrast words that compete with it.

    Raises
    ------
    RecipeError, VocabularyError, WeightsError
    """
    import torch

    from napari_ovseg.scoring import Queries

    backbone, background = backbone_of(features), vocabulary.background
    if backbone.fingerprint not in features.weights:
        raise RecipeError(
            "the features were made with other weights than the model has now; "
            "encode the image again"
        )
    mixtures, ids, thresholds = zip(*asked(backbone, vocabulary, recipe), strict=True)
    text = yield from embed_steps(backbone, mixtures, recipe.method.template)
    device = text.device
    margin = recipe.background_margin
    if margin is None:
        margin = backbone.preferences.background_margin
    rest = {c.id for c in vocabulary if c.role == "background"}
    ahead = [margin if i in rest else 0.0 for i in ids]
    return Queries(
        text=text,
        ids=torch.tensor(ids, device=device),
        thresholds=torch.tensor(thresholds, device=device, dtype=torch.float32),
        eligible=torch.ones(len(ids), dtype=torch.bool, device=device),
        scale=recipe.logit_scale,
        below=background.id if background else 0,
        independent=recipe.method.trained,
        ahead=torch.tensor(ahead, device=device),
    )


def asked(
    backbone: Backbone, vocabulary: Vocabulary, recipe: Recipe
) -> list[tuple[Mixture, int, float]]:
    """Return what each query says, the category it asks for (0: none), and its threshold.

    Raises
    ------
    RecipeError, VocabularyError
        If no image can be labelled so; for this the image need not be encoded.
    """
    categories = heard(backbone, vocabulary)
    contrast = [r.text for r in contrast_for(backbone, vocabulary, recipe) if r.text]
    competing = contrast or any(c.role == "background" for c in categories)
    # Of several categories one loses to another; a single one has all of every pixel, but for a
    # trained method, which scores each by itself.
    alone = len(categories) == 1 and not recipe.method.trained
    threshold = max(recipe.threshold, categories[0].threshold if alone else 0.0)
    if threshold > 0 and not competing:
        raise RecipeError(
            f"a threshold of {threshold:g} needs something to lose to: add a background "
            f"category to the words, or contrast words that {backbone.name} knows to the recipe"
        )
    phrases = recipe.method.phrases
    rows = [
        (phrases(text, meaning(c)), c.id, max(c.threshold, recipe.threshold))
        for c in categories
        for text in c.queries
    ]
    rows += [(phrases(word), 0, 0.0) for word in contrast]
    if not rows:
        raise VocabularyError(
            f"{backbone.name} never learnt any of these words: "
            f"{', '.join(c.name for c in vocabulary)}; use others, or a model of 'ovseg models'"
        )
    return rows


def backbone_of(features: Features) -> Backbone:
    """Return the encoder of an image's features; it is kept after its first use."""
    from napari_ovseg.backbones.open_clip import load_backbone

    return load_backbone(features.recipe.backbone, str(features.vectors.device))


def meaning(category: Category) -> str:
    """Say what a category means: in its own words, else in the lexicon's; background: nothing."""
    if category.role == "background":
        return ""
    return category.definition or definition_of(category.name) or ""


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
