"""Napari's Open for label maps of ours, with names, colours, calibration and history.

Only files that are surely ours are taken (`Importer.owns`): everything else stays with
napari and with other plugins, and is read by ``napari_ovseg.importers.read_labels``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.colours import colormap_of
from napari_ovseg.gui.editing import KEY
from napari_ovseg.gui.layers import features_of
from napari_ovseg.gui.places import placed
from napari_ovseg.importers import read_labels, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.labels import Annotation

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """Return a reader if all paths are label maps of ours, else None."""
    paths = [path] if isinstance(path, str) else path
    return _read if all(_is_ours(Path(each)) for each in paths) else None


def _is_ours(path: Path) -> bool:
    try:
        return reader_of(path).owns(path)
    except OvsegError:
        return False


def _read(path: str | list[str]) -> list[LayerData]:
    paths = [path] if isinstance(path, str) else path
    return [layer_data(read_labels(each)) for each in paths]


def layer_data(annotation: Annotation) -> LayerData:
    """Describe an annotation as an editable labels layer.

    Notes
    -----
    What the file says a person decided, a model will not change. Where it says nothing of
    owners, every labelled pixel counts as a person's.
    """
    labels = annotation.labels
    metadata: dict[str, Any] = {
        "source": annotation.name,
        "vocabulary": labels.vocabulary.to_toml(),
        **{k: v for k, v in asdict(annotation.provenance).items() if k != "share_by_hand"},
    }
    if annotation.owner is not None:
        metadata["owner"] = annotation.owner
    return (
        labels.ids,
        {
            "name": f"{annotation.name} [labels]",
            **placed(labels.grid),
            "colormap": colormap_of(labels.vocabulary),
            "features": features_of(labels.vocabulary),
            "opacity": 0.55,
            "metadata": {KEY: metadata},
        },
        "labels",
    )
