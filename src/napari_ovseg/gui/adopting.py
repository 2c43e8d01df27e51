"""Labels that were opened or drawn before become an image's own; no Qt in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg._colours import hex_of
from napari_ovseg.errors import InputError
from napari_ovseg.gui import layers
from napari_ovseg.gui.agreement import name_beside
from napari_ovseg.gui.editing import KEY, editing_of
from napari_ovseg.gui.places import lay_over
from napari_ovseg.labels import count_ids
from napari_ovseg.naming import category_named
from napari_ovseg.vocabulary import MAX_CATEGORIES, MAX_ID, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

_NAMES = ("category", "class", "name", "label")
"""Columns of a layer's features that may hold names."""


def check_fit(labels: Labels, source: ImageLayer) -> None:
    """Refuse labels that are not one id for each pixel of an image.

    Raises
    ------
    InputError
        If they are a pyramid, or of another shape.
    """
    if labels.multiscale:
        raise InputError(
            f"{labels.name!r} is a pyramid, which nobody can paint on; add its finest level as a "
            "layer of its own"
        )
    wanted = layers.image_of(source).shape
    if tuple(labels.data.shape) != wanted:
        raise InputError(
            f"{labels.name!r} has the shape {tuple(labels.data.shape)}, but {source.name!r} has "
            f"{wanted}; only labels with one id for each pixel of the image can be adopted"
        )


def words_of(labels: Labels) -> Vocabulary:
    """Say what the ids of a labels layer mean.

    Names and all else come with the layer where it has them: in what this plugin wrote, or in a
    column of its features. An id without a name becomes "category 7". Colours are those shown.

    Raises
    ------
    InputError
        If an id is negative or beyond 65 535, there is none, or there are more than 2000.
    """
    told = labels.metadata.get(KEY, {}).get("vocabulary")
    known = list(Vocabulary.from_toml(told)) if told else []
    names = names_in(labels.features)
    new = sorted((ids_in(labels.data) | set(names)) - {0, *(c.id for c in known)})
    if len(known) + len(new) > MAX_CATEGORIES:
        raise InputError(
            f"{labels.name!r} holds {len(new)} ids, and a vocabulary at most {MAX_CATEGORIES} "
            "categories; are they objects instead of categories?"
        )
    for number in new:
        colour = _colour(labels, number)
        name = name_beside(known, names.get(number, ""), number)
        known.append(category_named(number, name, colour=colour))
    if not known:
        raise InputError(f"{labels.name!r} is empty; label something in it first")
    return Vocabulary(tuple(known))


def ids_in(data: Any) -> set[int]:
    """Find the ids of a label map (..., H, W), reading a plane at a time."""
    found: set[int] = set()
    for index in np.ndindex(tuple(data.shape[:-2])):
        plane = np.asarray(data[index])
        low, high = int(plane.min()), int(plane.max())
        if low < 0 or high > MAX_ID:
            raise InputError(f"labels hold ids 0..{MAX_ID}, got {low}..{high}; relabel them first")
        found.update(count_ids(plane))
    return found


def names_in(features: Any) -> dict[int, str]:
    """Read names from a table of features, whose row is the id where no column tells it.

    Where one does, any column of text may hold them; those that are called so come first.
    """
    texts = [
        column
        for column in features.columns
        if column != "index" and any(isinstance(name, str) for name in features[column])
    ]
    known = [column for column in texts if str(column).casefold() in _NAMES]
    columns = known or (texts if "index" in features.columns else [])
    if not columns:
        return {}
    ids = features["index"] if "index" in features.columns else range(len(features))
    pairs = zip(ids, features[columns[0]], strict=True)
    return {int(i): n for i, n in pairs if isinstance(n, str) and 1 <= i <= MAX_ID}


def _colour(labels: Labels, number: int) -> str:
    """Colour of an id as it is shown: ``#rrggbb``; none where it is not."""
    colour = labels.colormap.map(np.array([number], labels.dtype))[0]
    return hex_of(round(255 * float(part)) for part in colour[:3]) if colour[3] else ""


def adopt(
    labels: Labels, source: ImageLayer, vocabulary: Vocabulary, hidden: Collection[int] = ()
) -> None:
    """Make a labels layer the labels of an image: where the image is, with these words.

    What it holds stays as it is, and is a person's unless owners came with it. Its array is
    kept, too, where it is one of those that projects keep.

    Raises
    ------
    InputError
        If `check_fit` refuses it, or owners that came with it do not fit.
    """
    check_fit(labels, source)
    data = labels.data
    # Dask computes anew what is painted on; strokes on other numbers would not be kept.
    lasting = not hasattr(data, "dask") and data.dtype == np.uint16
    if not lasting or (isinstance(data, np.ndarray) and not data.flags.writeable):
        labels.data = np.asarray(data).astype(np.uint16)
    editing_of(labels)
    lay_over(labels, source)
    labels.metadata[KEY].update(source=source.name, source_id=str(source.unique_id), vocabulary="")
    layers.describe(labels, vocabulary, hidden)
