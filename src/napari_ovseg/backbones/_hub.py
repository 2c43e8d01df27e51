"""Weights of open_clip's models and of guides in the hub's cache, and how they get there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.backbones import _dino
from napari_ovseg.backbones._files import CONFIG, MANIFEST, WEIGHTS, Weights
from napari_ovseg.backbones._names import licence_of, split
from napari_ovseg.errors import WeightsError

_HUB_NAMES = (WEIGHTS, "open_clip_pytorch_model.safetensors", "model.safetensors")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the hub keeps a model.

    Attributes
    ----------
    repository
        Its id there.
    files
        What its weights may be called there.
    config
        For the config file.
    licence
        Of the weights.
    carried
        What weights and config are called in a folder to carry.
    use
        What the folder's path is given as.
    """

    repository: str
    files: tuple[str, ...]
    config: dict[str, Any]
    licence: str
    carried: tuple[str, str] = (WEIGHTS, CONFIG)
    use: str = "model"

    def weights(self, path: Path) -> Weights:
        """Describe a file of the hub's cache."""
        blob = path.resolve().name  # the hub's cache names large files by their sha256
        known = blob if len(blob) == 64 and set(blob) <= set("0123456789abcdef") else ""
        return Weights(path, self.config, known, self.licence)


def _source(name: str) -> _Source:
    if known := _dino.GUIDES.get(name):
        files = _dino.NAMES[:1]
        return _Source(
            known.repository, files, known.config, known.licence, _dino.NAMES, use="guide"
        )
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    architecture, tag = split(name)
    pretrained = get_pretrained_cfg(architecture, tag)
    repository = pretrained.get("hf_hub", "").rpartition("/")[0]
    if not repository:
        raise WeightsError(f"open_clip names no hub repository for {architecture}:{tag}")
    preprocess = {k: list(pretrained[k]) for k in ("mean", "std") if k in pretrained}
    config = {"model_cfg": open_clip.get_model_config(architecture), "preprocess_cfg": preprocess}
    return _Source(repository, _HUB_NAMES, config, licence_of(tag))


def in_cache(name: str) -> Weights:
    """Find ``NAME:TAG`` or a guide in the hub's cache, or say how to fetch it."""
    from huggingface_hub import try_to_load_from_cache

    source = _source(name)
    for file_name in source.files:
        path = try_to_load_from_cache(source.repository, file_name)
        if isinstance(path, str):
            return source.weights(Path(path))
    raise WeightsError(
        f"the weights of {name!r} are not on this machine; fetch them once with "
        f"'ovseg models --fetch {name}' (licence: {source.licence}), or on a machine with "
        f"internet with '--to FOLDER', copy the folder here and give its path as the {source.use}"
    )


def fetch(name: str, to: Path | None = None) -> Path:
    """Download ``NAME:TAG`` or a guide to the hub's cache, or as a folder to carry.

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

    source = _source(name)
    for file_name in source.files:
        try:
            path = Path(hf_hub_download(source.repository, file_name))
        except LocalEntryNotFoundError as error:
            raise WeightsError(f"cannot reach the hub to fetch {name!r}: {error}") from error
        except EntryNotFoundError:
            continue
        except Exception as error:
            raise WeightsError(
                f"cannot fetch {name!r} from {source.repository!r}: {error}"
            ) from error
        weights = source.weights(path)
        weights.verified()
        return path if to is None else _pack(weights, name, to, source.carried)
    raise WeightsError(
        f"{source.repository!r} holds no safetensors file; "
        "convert the weights and give their folder"
    )


def _pack(weights: Weights, name: str, folder: Path, carried: tuple[str, str]) -> Path:
    file_name, config_name = carried
    with atomic_path(folder / file_name) as temporary:
        temporary.write_bytes(weights.file.read_bytes())
    sums = {file_name: weights.verified()}
    manifest = {"name": name, "licence": weights.licence, "sha256": sums}
    write_atomic(folder / config_name, json.dumps(weights.config, indent=1).encode())
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return folder
