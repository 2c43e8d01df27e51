"""What the weights of a model may be used for, and what they were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ovseg.backbones._dino import GUIDES
from napari_ovseg.backbones._domain import DOMAIN
from napari_ovseg.backbones._files import STARTER
from napari_ovseg.backbones._names import data_of, licence_of
from napari_ovseg.backbones._store import read_manifest, stored

if TYPE_CHECKING:
    from napari_ovseg.backbones._dino import Known
    from napari_ovseg.backbones._domain import Published


@dataclass(frozen=True, slots=True)
class Terms:
    """Licence and training data of a model's weights.

    Attributes
    ----------
    licence
        Of the weights; ``unknown`` if nobody said.
    trained_on
        Their training data; empty if nobody said.
    """

    licence: str = "unknown"
    trained_on: str = ""

    def __str__(self) -> str:
        """Say both in one line."""
        data = f"; trained on {self.trained_on}" if self.trained_on else ""
        return f"{self.licence}{data}"


def terms_of(name: str) -> Terms:
    """Look up what is known of an encoder or a guide, here or not; no weights are read.

    Parameters
    ----------
    name
        As for `find`. A manifest beside the weights is believed first.
    """
    folder = STARTER if name == "starter" else _folder(name) or stored(name)
    told = (folder and read_manifest(folder)) or {}
    usual = _usual(name)
    return Terms(
        str(told.get("licence", usual.licence)), str(told.get("trained_on", usual.trained_on))
    )


def _folder(name: str) -> Path | None:
    """Folder that a name is the path of, if it is; half a name may be no path at all."""
    try:
        path = Path(name).expanduser()
        return path if path.is_dir() else None
    except (OSError, RuntimeError):
        return None


def _usual(name: str) -> Terms:
    """What the lists of models say of a name."""
    known: Known | Published | None = GUIDES.get(name) or DOMAIN.get(name)
    if known is not None:
        return Terms(known.licence, known.trained_on)
    tag = name.partition(":")[2]
    return Terms(licence_of(tag), data_of(tag)) if tag else Terms()
