"""Where weights lie, whether they are what they should be, and how to fetch them.

Nothing here downloads unless `fetch` is called. Weights are safetensors, or OpenAI's
TorchScript archive; pickles are refused.
"""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.errors import WeightsError

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
MANIFEST = "manifest.json"
STARTER = Path(__file__).parent.parent / "starter" / "weights"

_HUB_NAMES = (WEIGHTS, "open_clip_pytorch_model.safetensors", "model.safetensors")
_LICENCES = {
    "openai": "MIT",
    "laion": "MIT",
    "datacomp": "MIT",
    "commonpool": "MIT",
    "metaclip": "CC-BY-NC-4.0 (no commercial use)",
    "dfn": "Apple research licence (see the model card)",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file that was found, with what is known about it.

    Attributes
    ----------
    file
        A ``.safetensors`` file or an OpenAI archive.
    config
        ``model_cfg`` and ``preprocess_cfg`` as in open_clip's hub folders; None for an
        archive, whose architecture is read from its tensors.
    sha256
        What the file must hash to; empty where nobody has said.
    licence
        Of the weights.
    """

    file: Path
    config: dict[str, Any] | None
    sha256: str
    licence: str

    def verified(self) -> str:
        """Hash the file and compare.

        Returns
        -------
        str
            The sha256 of the file.

        Raises
        ------
        WeightsError
            If it differs from what is known.
        """
        with self.file.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if self.sha256 and found != self.sha256:
            raise WeightsError(
                f"{self.file.name} is damaged or was altered: its sha256 is {found[:12]}…, "
                f"expected {self.sha256[:12]}…; delete it and fetch it again"
            )
        return found


def find(name: str) -> Weights:
    """Find the weights of ``starter``, ``NAME:TAG``, a folder, or an archive.

    Raises
    ------
    WeightsError
        If they are not on this machine; the message says how to fetch them.
    """
    if name == "starter":
        return _in_folder(STARTER)
    path = Path(name).expanduser()
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return Weights(path, None, "", "unknown")
    if ":" not in name:
        raise WeightsError(
            f"there is no model {name!r}: give 'starter', 'NAME:TAG' as listed by 'ovseg models', "
            f"or a folder with {CONFIG} and {WEIGHTS}"
        )
    return _in_hub_cache(name)


def _in_folder(folder: Path) -> Weights:
    manifest = _read_json(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    licence = str(manifest.get("licence", "unknown"))
    sums = manifest.get("sha256", {})
    if (file := folder / WEIGHTS).is_file():
        return Weights(file, _read_json(folder / CONFIG), sums.get(WEIGHTS, ""), licence)
    if archives := sorted(folder.glob("*.pt")):
        return Weights(archives[0], None, sums.get(archives[0].name, ""), licence)
    there = ", ".join(sorted(p.name for p in folder.iterdir())) or "nothing"
    raise WeightsError(
        f"the folder {str(folder)!r} holds no {WEIGHTS} (it holds {there}); "
        "copy the file there or fetch the model again"
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read {path.name} of the model: {error}") from error
    if not isinstance(value, dict):
        raise WeightsError(
            f"{path.name} of the model must hold an object, got {type(value).__name__}"
        )
    return value


def split(name: str) -> tuple[str, str]:
    """Split ``NAME:TAG`` and check that open_clip knows it as a native ViT.

    Raises
    ------
    WeightsError
        If the name or tag is unknown, or the tag was trained with another activation.
    """
    from difflib import get_close_matches

    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    architecture, _, tag = name.partition(":")
    config = open_clip.get_model_config(architecture)
    pretrained = get_pretrained_cfg(architecture, tag)
    if not config or not pretrained or not is_native(config):
        near = get_close_matches(name, native_models(), n=3, cutoff=0.3)
        raise WeightsError(f"there is no native ViT {name!r}; did you mean: {', '.join(near)}?")
    if pretrained.get("quick_gelu") and not config.get("quick_gelu"):
        raise WeightsError(
            f"the weights {tag!r} were trained with the QuickGELU activation, which "
            f"{architecture!r} does not have; use '{architecture}-quickgelu:{tag}' instead"
        )
    return architecture, tag


def is_native(config: dict[str, Any]) -> bool:
    """Whether both towers are open_clip's own plain transformers."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    return not (
        "timm_model_name" in vision
        or "hf_model_name" in text
        or "multimodal_cfg" in config
        or isinstance(vision.get("layers"), list)
        or vision.get("attentional_pool")
    )


def native_models() -> list[str]:
    """``NAME:TAG`` of every native ViT of open_clip whose activation fits its weights."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    found = []
    for architecture, tag in open_clip.list_pretrained():
        config = open_clip.get_model_config(architecture)
        if config and is_native(config):
            needs_quick = bool(get_pretrained_cfg(architecture, tag).get("quick_gelu"))
            if not needs_quick or config.get("quick_gelu"):
                found.append(f"{architecture}:{tag}")
    return found


def licence_of(tag: str) -> str:
    """Licence of the weights of a tag."""
    return next((v for k, v in _LICENCES.items() if tag.startswith(k)), "see the model card")


def _in_hub_cache(name: str) -> Weights:
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


def read_tensors(path: Path) -> dict[str, Any]:
    """Read the tensors of a safetensors file or of OpenAI's TorchScript archive.

    Raises
    ------
    WeightsError
        If the file is truncated, or of a kind that could run code.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise WeightsError(
                f"{path.name} is truncated or not a safetensors file ({error}); fetch it again"
            ) from error
    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    if not any(n.endswith("/constants.pkl") for n in names) or not any(
        "/code/" in n for n in names
    ):
        raise WeightsError(
            f"{path.name} is neither safetensors nor an OpenAI archive; pickled weights can run "
            "code and are refused: convert the file to safetensors first"
        )
    try:
        with warnings.catch_warnings():
            # Torch discourages new archives; OpenAI's are there and will not change.
            warnings.simplefilter("ignore", FutureWarning)
            state: dict[str, Any] = torch.jit.load(str(path), map_location="cpu").state_dict()
    except RuntimeError as error:
        raise WeightsError(f"{path.name} is a damaged archive: {error}") from error
    return {
        k: v
        for k, v in state.items()
        if k not in ("input_resolution", "context_length", "vocab_size")
    }
