"""Weights files: what they hold, and whether they are what they should be.

Weights are safetensors, or OpenAI's TorchScript archive; pickles are refused.
"""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones._preferences import Preferences
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
MANIFEST = "manifest.json"
TEXT_CONFIG = "text_config.json"
"""Config of a text encoder that is not open_clip's own, as transformers writes it."""
HEAD = "cat_seg.safetensors"
"""Weights of a trained method that come with the encoder."""
PICKLED = "open_clip_pytorch_model.bin"
"""What a model's weights are called on the hub where they are a pickle."""
STARTER = Path(__file__).parent.parent / "starter" / "weights"


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
    preferences
        What suits this encoder better than the defaults, if its folder says so.
    learnt
        The phrases that a small model learnt; none where a model knows language.
    head
        Weights of a trained method beside it, if any.
    """

    file: Path
    config: dict[str, Any] | None
    sha256: str
    licence: str
    preferences: Preferences = field(default_factory=Preferences)
    learnt: tuple[str, ...] = ()
    head: Weights | None = None

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
        return _hashed(self.file, self.sha256)

    def identity(self, fingerprint: str, beside: Iterable[Path] = ()) -> str:
        """Hash all that decides what the model gives.

        Parameters
        ----------
        fingerprint
            As `verified` returned it.
        beside
            Other files that the model was made from.

        Returns
        -------
        str
            A sha256 that is the same wherever the files lie.
        """
        config = json.dumps(self.config, sort_keys=True, default=str)
        digest = hashlib.sha256(f"{fingerprint}\0{config}".encode())
        for path in sorted(beside, key=attrgetter("name")):
            digest.update(f"\0{path.name}\0{_hashed(path)}".encode())
        return digest.hexdigest()


def _hashed(path: Path, known: str = "") -> str:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if known and found != known:
        raise WeightsError(
            f"{path.name} is damaged or was altered: its sha256 is {found[:12]}…, "
            f"expected {known[:12]}…; delete it and fetch it again"
        )
    return found


def in_folder(folder: Path, weights: str = WEIGHTS, config: str = CONFIG) -> Weights:
    """Find the weights in a folder, with the sha256 of its manifest.

    Parameters
    ----------
    folder
        Where to look.
    weights, config
        Names of the files. OpenAI's archives are looked for beside open_clip's names only.

    Raises
    ------
    WeightsError
        If a file is missing or cannot be read, or the config is not that of the manifest.
    """
    manifest = read_json(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    licence = str(manifest.get("licence", "unknown"))
    sums = manifest.get("sha256", {})
    preferences = Preferences.of(manifest)
    if (file := folder / weights).is_file():
        told = read_json(folder / config)
        _hashed(folder / config, sums.get(config, ""))
        learnt = tuple(manifest.get("learnt", ()))
        known = sums.get(weights, "")
        beside = folder / HEAD
        head = Weights(beside, None, sums.get(HEAD, ""), licence) if beside.is_file() else None
        return Weights(file, told, known, licence, preferences, learnt, head)
    if weights == WEIGHTS and (archives := sorted(folder.glob("*.pt"))):
        return Weights(archives[0], None, sums.get(archives[0].name, ""), licence, preferences)
    if (folder / PICKLED).is_file():
        raise WeightsError(
            f"{PICKLED} is a pickle, which can run code; take the folder over with 'ovseg models "
            f"import {str(folder)!r}', which reads it without running any"
        )
    there = ", ".join(sorted(p.name for p in folder.iterdir())) or "nothing"
    raise WeightsError(
        f"the folder {str(folder)!r} holds no {weights} (it holds {there}); "
        "copy the file there or fetch the model again"
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read an object, or say why it cannot be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read {path.name} of the model: {error}") from error
    if not isinstance(value, dict):
        raise WeightsError(
            f"{path.name} of the model must hold an object, got {type(value).__name__}"
        )
    return value


def fill(model: Any, tensors: dict[str, Any], file_name: str, optional: set[str]) -> None:
    """Load every tensor into a model, or say which do not fit.

    Raises
    ------
    WeightsError
        If a tensor is missing, unknown or of another shape; those in `optional` are neither
        loaded nor missed.
    """
    wanted = {k: tuple(v.shape) for k, v in model.state_dict().items() if k not in optional}
    given = {k: tuple(v.shape) for k, v in tensors.items() if k not in optional}
    missing = sorted(wanted.keys() - given.keys())
    unknown = sorted(given.keys() - wanted.keys())
    shapes = sorted(k for k in wanted.keys() & given.keys() if wanted[k] != given[k])
    if missing or unknown or shapes:
        parts = {"missing": missing, "unknown": unknown, "of another shape": shapes}
        told = "; ".join(f"{len(v)} {k}, as {v[0]}" for k, v in parts.items() if v)
        raise WeightsError(
            f"{file_name} does not fit the architecture: {told}; it is another model"
        )
    model.load_state_dict({k: tensors[k] for k in wanted}, strict=False)


def read_tensors(path: Path) -> dict[str, Any]:
    """Read the tensors of a safetensors file or of OpenAI's TorchScript archive.

    Raises
    ------
    WeightsError
        If the file is truncated, or of a kind that could run code.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if path.suffix != ".safetensors":
        return _read_archive(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"{path.name} is truncated or not a safetensors file ({error}); fetch it again"
        ) from error


def _read_archive(path: Path) -> dict[str, Any]:
    import torch

    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    if not any(n.endswith("/constants.pkl") for n in names) or not any(
        "/code/" in n for n in names
    ):
        raise WeightsError(
            f"{path.name} is neither safetensors nor an OpenAI archive; pickled weights can run "
            f"code and are refused: name the file {PICKLED}, put the model's {CONFIG} beside it, "
            "and take the folder over with 'ovseg models import'"
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
