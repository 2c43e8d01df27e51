"""Between napari's layers and the engine's types; no Qt, so it is tested without a window."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from psutil import swap_memory, virtual_memory

from napari_ovseg.annotate.box import whole
from napari_ovseg.errors import ImageError
from napari_ovseg.gui.colours import colormap_of
from napari_ovseg.gui.editing import KEY, editing_of, owner_in
from napari_ovseg.gui.places import PLACE, grid_of
from napari_ovseg.image import Image
from napari_ovseg.labels import Annotation, LabelMap, Owner, Provenance
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from napari.layers import Layer

    from napari_ovseg.grid import Grid

_BYTES_A_VOXEL = 8
"""What new labels take: ids, owners, and what their layer and their first save make of them."""


def image_of(layer: ImageLayer) -> Image:
    """Wrap the data of an image layer; nothing is read or copied."""
    levels = tuple(layer.data) if layer.multiscale else (layer.data,)
    return Image(levels, bool(layer.rgb), grid_of(layer), layer.name)


def plane_index(layer: Layer, point: Sequence[float]) -> tuple[int, ...]:
    """Index of the plane on screen among a layer's leading axes.

    Parameters
    ----------
    point
        The viewer's ``dims.point``: its steps are those of all layers together, and mean other
        slices in layers of other spacing or origin.
    """
    nearest = np.round(layer.world_to_data(point))  # as napari rounds
    plane = np.clip(nearest, *layer.extent.data)[: layer.ndim - 2]
    return tuple(int(index) for index in plane)


def features_of(vocabulary: Vocabulary) -> dict[str, list[Any]]:
    """Build the layer's feature table, from which the cursor read-out takes the name."""
    return {
        "index": [0, *(c.id for c in vocabulary)],
        "category": ["unlabelled", *(c.name for c in vocabulary)],
    }


def like(layer: Any, ids: np.ndarray, name: str) -> Labels:
    """Make a labels layer that lies exactly over another layer."""
    return Labels(ids, name=name, opacity=0.55, **{key: getattr(layer, key) for key in PLACE})


def refuse_too_large(image: Image) -> None:
    """Refuse to begin labels that would not fit into memory, before anything is encoded.

    Raises
    ------
    ImageError
        If ids, owners and the copies that are made of them would not.
    """
    needed = _BYTES_A_VOXEL * prod(image.shape)
    free = virtual_memory().available + swap_memory().free
    if needed > free:
        raise ImageError(
            f"labels of all {' x '.join(map(str, image.shape))} pixels need {needed / 1e9:.1f} GB "
            f"of memory, and {free / 1e9:.1f} GB are free; open a part of the image"
        )


def new_labels(
    source: ImageLayer,
    annotation: Annotation,
    plane: tuple[int, ...],
    where: np.ndarray | None = None,
) -> Labels:
    """Make an editable layer for a new annotation, placed exactly over its image.

    Parameters
    ----------
    plane
        Which picture of the image the annotation is of.
    where : (H, W) bool
        Only there; everywhere by default.
    """
    ids = np.zeros(image_of(source).shape, np.uint16)
    ids[plane] = annotation.labels.ids if where is None else annotation.labels.ids * where
    owner = np.zeros(ids.shape, np.uint8)
    if annotation.owner is not None:
        owner[plane] = annotation.owner
    vocabulary = annotation.labels.vocabulary
    layer = like(source, ids, f"{source.name} [labels]")
    layer.colormap, layer.features = colormap_of(vocabulary), features_of(vocabulary)
    layer.metadata[KEY] = {
        "source": source.name,
        "source_id": str(source.unique_id),
        "owner": owner,
        "vocabulary": vocabulary.to_toml(),
    }
    editing_of(layer)
    _describe(layer, annotation)
    return layer


def update_labels(
    layer: Labels,
    annotation: Annotation,
    plane: tuple[int, ...],
    part_of: str = "",
    where: np.ndarray | None = None,
) -> int:
    """Write a new proposal into a layer; pixels that are a person's or locked stay as they are.

    Parameters
    ----------
    part_of
        Name of the step of undo that this continues, see `Step`.
    where : (H, W) bool
        Only there; everywhere by default.

    Returns
    -------
    int
        How many pixels of the plane were kept.
    """
    box = whole(layer.data.shape, plane)
    size = [s.stop - s.start for s in box]
    only = None if where is None else where.reshape(size)
    ids = annotation.labels.ids.reshape(size)
    kept = editing_of(layer).draft.propose(box, ids, only, part_of)
    describe_proposal(layer, annotation)
    layer.refresh()
    return kept


def describe_proposal(layer: Labels, annotation: Annotation) -> None:
    """Give a layer the names and colours of a proposal, and the history of it."""
    describe(layer, annotation.labels.vocabulary, layer.metadata[KEY].get("hidden", ()))
    _describe(layer, annotation)


def describe(layer: Labels, vocabulary: Vocabulary, hidden: Collection[int] = ()) -> None:
    """Give a layer the names and colours of a vocabulary, if it has others."""
    ours = layer.metadata[KEY]
    told: dict[str, Any] = {"vocabulary": vocabulary.to_toml(), "hidden": sorted(hidden)}
    if any(ours.get(key, []) != value for key, value in told.items()):
        layer.colormap = colormap_of(vocabulary, hidden)
        layer.features = features_of(vocabulary)
        # Undo may bring pixels of words back that are gone: nothing else is to have their ids.
        old = Vocabulary.from_toml(ours["vocabulary"]) if ours.get("vocabulary") else ()
        told["highest"] = max(ours.get("highest", 0), *(c.id for c in (*old, *vocabulary)))
        ours.update(told)


def _describe(layer: Labels, annotation: Annotation) -> None:
    layer.metadata[KEY].update(
        recipe=annotation.provenance.recipe,
        weights=annotation.provenance.weights,
        versions=annotation.provenance.versions,
        created=annotation.provenance.created,
    )


def annotation_of(layer: Labels) -> Annotation:
    """Read back what a person made of a layer, with the words it was made from.

    Raises
    ------
    ImageError
        If the layer was not made by this plugin, or holds ids beyond 65 535.
    """
    ours = _ours(layer)
    editing_of(layer).finish()
    return annotation_from(layer.data, ours, grid_of(layer), str(ours.get("source", layer.name)))


def live_annotation(layer: Labels) -> Annotation:
    """Assemble an annotation over the layer's own arrays: to ask about at once, not to keep.

    Raises
    ------
    ImageError
        If the layer was not made by this plugin.
    """
    ours, draft = _ours(layer), editing_of(layer).draft
    ids = np.asarray(draft.ids).astype(np.uint16, copy=False)
    labels = LabelMap(ids, Vocabulary.from_toml(ours["vocabulary"]), grid_of(layer))
    return Annotation(str(ours.get("source", layer.name)), labels, draft.owner)


def _ours(layer: Labels) -> dict[str, Any]:
    ours: dict[str, Any] = layer.metadata.get(KEY, {})
    if "vocabulary" not in ours:
        raise ImageError(
            f"the layer {layer.name!r} has no vocabulary; segment an image first, or export it "
            "through File > Save"
        )
    return ours


def annotation_from(data: Any, ours: dict[str, Any], grid: Grid, name: str) -> Annotation:
    """Assemble an annotation from copies of a layer's data and our part of its metadata."""
    values = np.asarray(data)
    if values.min(initial=0) < 0 or values.max(initial=0) > np.iinfo(np.uint16).max:
        raise ImageError(f"a label map holds ids 0..65535, got {values.min()}..{values.max()}")
    vocabulary = Vocabulary.from_toml(ours["vocabulary"])
    owner = owner_in(ours, values).copy()
    provenance = Provenance(
        **{k: str(ours.get(k, "")) for k in ("recipe", "weights", "versions", "created")},
        share_by_hand=float((owner != Owner.MODEL).mean()),
    )
    return Annotation(name, LabelMap(values.astype(np.uint16), vocabulary, grid), owner, provenance)
