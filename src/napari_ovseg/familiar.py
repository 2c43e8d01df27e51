"""Which words a small model never learnt: its labels for them would mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_ovseg.text import embed_steps

if TYPE_CHECKING:
    from napari_ovseg.backbones import Backbone
    from napari_ovseg.progress import Steps
    from napari_ovseg.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Unfamiliar:
    """A query that the model never learnt.

    Attributes
    ----------
    query
        As the user wrote it.
    category_id
        Of the category it stands for.
    nearest
        The learnt phrase it is nearest to; maybe what was meant.
    """

    query: str
    category_id: int
    nearest: str


def unfamiliar_steps(backbone: Backbone, vocabulary: Vocabulary) -> Steps[tuple[Unfamiliar, ...]]:
    """Find the queries that are far from every word a model learnt.

    Models that learnt language from hundreds of millions of captions bring no list of their
    words; of those nothing is said.
    """
    if backbone.learnt is None:
        return ()
    asked = [(query, category.id) for category in vocabulary for query in category.queries]
    text = yield from embed_steps(backbone, [((1.0, query),) for query, _ in asked])
    found = zip(asked, backbone.learnt.nearest(text.cpu().numpy()), strict=True)
    return tuple(
        Unfamiliar(query, category_id, near.phrase)
        for (query, category_id), near in found
        if not near.familiar
    )


def unfamiliar_in(
    vocabulary: Vocabulary, backbone: str, device: str = "auto"
) -> Steps[tuple[Unfamiliar, ...]]:
    """Find the queries of a vocabulary that an encoder, given by name, never learnt."""
    from napari_ovseg.backbones.open_clip import load_backbone

    return (yield from unfamiliar_steps(load_backbone(backbone, device), vocabulary))
