"""Labels of rows that are finished, while those below are still being encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_ovseg.bands import Band
from napari_ovseg.labels import Annotation
from napari_ovseg.progress import Loop, Progress, Steps, mapped
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from napari_ovseg.features import Features


@dataclass(frozen=True, eq=False, slots=True)
class Early(Progress):
    """Labels of some rows of an image; those of the whole may differ a little.

    Attributes
    ----------
    annotation
        Of these rows.
    rows
        Of the image.
    """

    annotation: Annotation
    rows: slice


def early_steps(steps: Steps[Features], vocabulary: Vocabulary) -> Steps[Features]:
    """Encode by `encode_steps`, and label every `Band` that it tells of.

    What needs the whole image is left out: thresholds of area and of objects' sizes.
    """
    loop = Loop(steps)
    for progress in loop:
        if isinstance(progress, Band):
            yield from _label(progress, vocabulary)
        else:
            yield progress
    return loop.values[0]


def _label(band: Band, vocabulary: Vocabulary) -> Steps[None]:
    from napari_ovseg.pipeline import label_steps, provenance_of

    still = Progress(band.stage, band.done, band.total)
    yield still
    features = band.features
    recipe = replace(features.recipe, area_threshold=0.0)
    words = Vocabulary(tuple(replace(c, min_size=0) for c in vocabulary))
    labels = yield from mapped(label_steps(features, words, recipe), lambda _: still)
    labels = replace(labels, vocabulary=vocabulary)
    annotation = Annotation(features.image.name, labels, None, provenance_of(features))
    yield Early(band.stage, band.done, band.total, annotation, band.rows)
