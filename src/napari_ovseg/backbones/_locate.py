"""From the name of an encoder to its weights."""

from __future__ import annotations

from pathlib import Path

from napari_ovseg.backbones._files import CONFIG, STARTER, WEIGHTS, Weights, in_folder
from napari_ovseg.backbones._hub import in_cache
from napari_ovseg.errors import WeightsError


def find(name: str) -> Weights:
    """Find the weights of ``starter``, ``NAME:TAG``, a folder, or an archive.

    Nothing is downloaded.

    Raises
    ------
    WeightsError
        If they are not on this machine; the message says how to fetch them.
    """
    if name == "starter":
        return in_folder(STARTER)
    path = Path(name).expanduser()
    if path.is_dir():
        return in_folder(path)
    if path.is_file():
        return Weights(path, None, "", "unknown")
    if ":" not in name:
        raise WeightsError(
            f"there is no model {name!r}: give 'starter', 'NAME:TAG' as listed by 'ovseg models', "
            f"or a folder with {CONFIG} and {WEIGHTS}"
        )
    return in_cache(name)
