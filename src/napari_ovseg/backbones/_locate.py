"""From the name of an encoder to its weights."""

from __future__ import annotations

from pathlib import Path

from napari_ovseg.backbones._dino import GUIDES
from napari_ovseg.backbones._dino import NAMES as GUIDE_NAMES
from napari_ovseg.backbones._domain import DOMAIN
from napari_ovseg.backbones._files import CONFIG, MANIFEST, STARTER, WEIGHTS, Weights, in_folder
from napari_ovseg.backbones._hub import in_cache
from napari_ovseg.backbones._store import stored
from napari_ovseg.errors import WeightsError


def find(name: str) -> Weights:
    """Find the weights of ``starter``, ``NAME:TAG``, an imported model, a folder, or an archive.

    Nothing is downloaded.

    Raises
    ------
    WeightsError
        If they are not on this machine; the message says how to fetch them.
    """
    if name == "starter":
        return _starter()
    path = Path(name).expanduser()
    if path.is_dir():
        return in_folder(path)
    if path.is_file() and path.suffix == ".safetensors":  # which says nothing of its architecture
        return in_folder(path.parent, path.name)
    if path.is_file():
        return Weights(path, None, "", "unknown")
    if name not in GUIDES and (folder := stored(name)) is not None:
        return in_folder(folder)
    if name in GUIDES:
        raise WeightsError(
            f"{name!r} is a guide, which knows no words; give it as the guide, beside a model"
        )
    if ":" not in name and name not in DOMAIN:
        raise WeightsError(
            f"there is no model {name!r}: give 'starter', 'NAME:TAG' as listed by 'ovseg models', "
            f"or a folder with {CONFIG} and {WEIGHTS}"
        )
    return in_cache(name)


def _starter() -> Weights:
    weights = in_folder(STARTER)
    if not weights.sha256 or not weights.learnt:
        raise WeightsError(
            f"the built-in model's {MANIFEST} is missing or incomplete; install napari-ovseg again"
        )
    return weights


def find_guide(name: str) -> Weights:
    """Find the weights of a guide: a name of the catalogue, or a folder as timm's on the hub.

    Nothing is downloaded.

    Raises
    ------
    WeightsError
        If they are not on this machine; the message says how to fetch them.
    """
    check_guide(name)
    if (folder := stored(name)) is not None:
        return in_folder(folder, *GUIDE_NAMES)
    if name in GUIDES:
        return in_cache(name)
    return in_folder(Path(name).expanduser(), *GUIDE_NAMES)


def check_guide(name: str) -> None:
    """Refuse what is the name of no guide, whether or not its weights are on this machine.

    Raises
    ------
    WeightsError
        If it is neither a name of the catalogue, nor of an imported model, nor a folder.
    """
    if name in GUIDES or stored(name) is not None or Path(name).expanduser().is_dir():
        return
    weights, config = GUIDE_NAMES
    raise WeightsError(
        f"there is no guide {name!r}: give one of {', '.join(GUIDES)}, "
        f"or a folder with {config} and {weights} as timm's on the hub"
    )
