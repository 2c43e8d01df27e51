"""Weights of open_clip's models and of guides in the hub's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_ovseg.backbones import _dino
from napari_ovseg.backbones._domain import DOMAIN
from napari_ovseg.backbones._files import CONFIG, PICKLED, WEIGHTS, Weights
from napari_ovseg.backbones._names import licence_of, split
from napari_ovseg.errors import WeightsError

_HUB_NAMES = (WEIGHTS, "open_clip_pytorch_model.safetensors", "model.safetensors")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the hub keeps a model.

    Attributes
    ----------
    repository
        Its id there.
    files
        What its weights may be called there.
    config
        For the config file; None where the hub has it.
    licence
        Of the weights.
    carried
        What weights and config are called in a folder to carry.
    use
        What the folder's path is given as.
    """

    repository: str
    files: tuple[str, ...]
    config: dict[str, Any] | None
    licence: str
    carried: tuple[str, str] = (WEIGHTS, CONFIG)
    use: str = "model"

    def weights(self, path: Path) -> Weights:
        """Describe a file of the hub's cache."""
        blob = path.resolve().name  # the hub's cache names large files by their sha256
        known = blob if len(blob) == 64 and set(blob) <= set("0123456789abcdef") else ""
        return Weights(path, self.config, known, self.licence)


def source_of(name: str) -> Source:
    """Say where the hub keeps ``NAME:TAG``, an encoder of a domain, or a guide."""
    if known := _dino.GUIDES.get(name):
        names = _dino.NAMES
        return Source(known.repository, names[:1], known.config, known.licence, names, use="guide")
    if published := DOMAIN.get(name):
        files = (*_HUB_NAMES, PICKLED)
        return Source(published.repository, files, None, published.licence)
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    architecture, tag = split(name)
    pretrained = get_pretrained_cfg(architecture, tag)
    repository = pretrained.get("hf_hub", "").rpartition("/")[0]
    if not repository:
        raise WeightsError(f"open_clip names no hub repository for {architecture}:{tag}")
    preprocess = {k: list(pretrained[k]) for k in ("mean", "std") if k in pretrained}
    config = {"model_cfg": open_clip.get_model_config(architecture), "preprocess_cfg": preprocess}
    return Source(repository, _HUB_NAMES, config, licence_of(tag))


def in_cache(name: str) -> Weights:
    """Find ``NAME:TAG`` or a guide in the hub's cache, or say how to fetch it."""
    from huggingface_hub import try_to_load_from_cache

    source = source_of(name)
    for file_name in source.files if source.config is not None else ():
        path = try_to_load_from_cache(source.repository, file_name)
        if isinstance(path, str):
            return source.weights(Path(path))
    raise WeightsError(
        f"the weights of {name!r} are not on this machine; fetch them once with "
        f"'ovseg models fetch {name}' (licence: {source.licence}), or on a machine with internet "
        f"'ovseg models pack {name} -o FILE.zip', and here 'ovseg models import FILE.zip'; or give "
        f"the path of a folder as the {source.use}"
    )
