"""Weights of open_clip's models in the hub's cache, and how they get there."""

from __future__ import annotations

import json
from pathlib import Path

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.backbones._files import CONFIG, MANIFEST, WEIGHTS, Weights
from napari_ovseg.backbones._names import licence_of, split
from napari_ovseg.errors import WeightsError

_HUB_NAMES = (WEIGHTS, "open_clip_pytorch_model.safetensors", "model.safetensors")


def in_cache(name: str) -> Weights:
    """Find ``NAME:TAG`` in the hub's cache, or say how to fetch it."""
    from huggingface_hub import try_to_load_from_cache

    architecture, tag = split(name)
    repository = _repository(architecture, tag)
    for file_name in _HUB_NAMES:
        path = try_to_load_from_cache(repository, file_name)
        if isinstance(path, str):
            return _hub_weights(architecture, tag, Path(path))
    raise WeightsError(
        f"the weights of {name!r} are not on this machine; fetch them once with "
        f"'ovseg models --fetch {name}' (licence: {licence_of(tag)}), or on a machine with "
        f"internet with '--to FOLDER', copy the folder here and give its path as the model"
    )


def _repository(architecture: str, tag: str) -> str:
    from open_clip.pretrained import get_pretrained_cfg

    hub: str = get_pretrained_cfg(architecture, tag).get("hf_hub", "")
    if not hub:
        raise WeightsError(f"open_clip names no hub repository for {architecture}:{tag}")
    return hub.rpartition("/")[0]


def _hub_weights(architecture: str, tag: str, path: Path) -> Weights:
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    pretrained = get_pretrained_cfg(architecture, tag)
    preprocess = {k: list(pretrained[k]) for k in ("mean", "std") if k in pretrained}
    config = {"model_cfg": open_clip.get_model_config(architecture), "preprocess_cfg": preprocess}
    blob = path.resolve().name  # the hub's cache names large files by their sha256
    known = blob if len(blob) == 64 and set(blob) <= set("0123456789abcdef") else ""
    return Weights(path, config, known, licence_of(tag))


def fetch(name: str, to: Path | None = None) -> Path:
    """Download the weights of ``NAME:TAG`` to the hub's cache, or as a folder to carry.

    Parameters
    ----------
    name
        As listed by ``ovseg models``.
    to
        Folder that shall hold the config, the weights and their sha256; the name of the
        model on a machine without internet is then the path of this folder.

    Raises
    ------
    WeightsError
        If the hub cannot be reached or has no safetensors for this model.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    architecture, tag = split(name)
    repository = _repository(architecture, tag)
    for file_name in _HUB_NAMES:
        try:
            path = Path(hf_hub_download(repository, file_name))
        except LocalEntryNotFoundError as error:
            raise WeightsError(f"cannot reach the hub to fetch {name!r}: {error}") from error
        except EntryNotFoundError:
            continue
        except Exception as error:
            raise WeightsError(f"cannot fetch {name!r} from {repository!r}: {error}") from error
        weights = _hub_weights(architecture, tag, path)
        weights.verified()
        return path if to is None else _pack(weights, name, to)
    raise WeightsError(
        f"{repository!r} holds no safetensors file; convert the weights and give their folder"
    )


def _pack(weights: Weights, name: str, folder: Path) -> Path:
    with atomic_path(folder / WEIGHTS) as temporary:
        temporary.write_bytes(weights.file.read_bytes())
    manifest = {"name": name, "licence": weights.licence, "sha256": {WEIGHTS: weights.verified()}}
    write_atomic(folder / CONFIG, json.dumps(weights.config, indent=1).encode())
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return folder
