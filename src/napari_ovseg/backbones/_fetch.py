"""Bringing a model from the hub into our own folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_ovseg.backbones._files import CONFIG, PICKLED, TEXT_CONFIG
from napari_ovseg.backbones._pack import licence_line
from napari_ovseg.backbones._pickled import convert
from napari_ovseg.backbones._remote import Remote, asking, download_steps, listing, pieces
from napari_ovseg.backbones._store import (
    LICENCE,
    as_json,
    check_free,
    check_space,
    hash_steps,
    install,
    unfinished,
    writing,
)
from napari_ovseg.backbones._tokenizer import FILES as TOKENIZER
from napari_ovseg.errors import InputError, WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.backbones._hub import Source

_CONFIG_LIMIT = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """What a fetch would bring, to be agreed to before the hub is asked anything.

    Attributes
    ----------
    name
        Of the model.
    licence
        Of its weights.
    megabytes
        Size of its weights, within a few per cent.
    host, repository
        Where it would come from.
    """

    name: str
    licence: str
    megabytes: float
    host: str
    repository: str

    @property
    def summary(self) -> str:
        """What a person agrees to."""
        return (
            f"{self.name}\n"
            f"  licence of the weights: {self.licence}\n"
            f"  size: about {self.megabytes:.0f} MB\n"
            f"  from: {self.host}, {self.repository}"
        )


def offer(name: str) -> Offer:
    """Say what `fetch_steps` would bring; this uses no network.

    Raises
    ------
    WeightsError
        If no such model can be fetched.
    InputError
        If it has been fetched already.
    """
    from huggingface_hub import constants

    from napari_ovseg.backbones import catalogue
    from napari_ovseg.backbones._hub import source_of

    source = source_of(name)
    check_free(name)
    entry = next(entry for entry in catalogue.entries() if entry.name == name)
    if entry.here:
        raise InputError(
            f"{name!r} is in the hub's cache already; to fetch it anew, remove it first with "
            f"'ovseg models remove {name}'"
        )
    host = constants.ENDPOINT.partition("://")[2].rpartition("@")[2]
    return Offer(name, source.licence, entry.megabytes, host, source.repository)


def fetch_steps(agreed: Offer) -> Steps[Path]:
    """Download a model into our own folder, or go on where an earlier call was stopped.

    Parameters
    ----------
    agreed
        What the user was shown and agreed to.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    WeightsError
        If the hub cannot be reached, has no usable weights, or a bad file came, which is
        deleted.
    ExportError
        If the folder cannot be written to, or the disk is full.
    """
    from napari_ovseg.backbones._hub import source_of

    check_free(name := agreed.name)
    source, folder = source_of(name), unfinished(name, "fetching")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        yield Progress("asking the hub", 0, 1)
        config, files = _on_hub(agreed, source)
        there = sum(p.stat().st_size for p in folder.iterdir())
        check_space(folder, sum(remote.size for remote in files) - there)
        sums = {}
        for remote in files:
            sums[remote.local] = yield from download_steps(remote, folder)
        if files[0].path == PICKLED:
            yield Progress("converting", 0, 1)
            weights = folder / files[0].local
            convert(folder / files[0].part, weights)
            sums[weights.name] = yield from hash_steps(weights)
        _tidy(folder, files)
        line = licence_line(name, agreed.licence).encode()
        for file, data in ((source.carried[1], as_json(config)), (LICENCE, line)):
            (folder / file).write_bytes(data)
            sums[file] = hashlib.sha256(data).hexdigest()
    origin = f"{files[0].repository}@{files[0].revision}"
    return install(folder, name, {"licence": agreed.licence, "sha256": sums, "origin": origin})


def _on_hub(agreed: Offer, source: Source) -> tuple[dict[str, Any], list[Remote]]:
    """Ask the hub for the config, and which files there are: the weights first."""
    with asking(agreed.name, source.repository):
        found = listing(source.repository, (*source.files, CONFIG, *TOKENIZER))
        weights = next((found[name] for name in source.files if name in found), None)
        if weights is None:
            raise WeightsError(
                f"{source.repository!r} holds no safetensors file of {agreed.name!r}; "
                "convert the weights and import their folder"
            )
        config = source.config or _read_config(found, source.repository)
        text = config.get("model_cfg", {}).get("text_cfg", {})
        return config, [replace(weights, local=source.carried[0]), *_for_words(found, text)]


def _read_config(found: dict[str, Remote], repository: str) -> dict[str, Any]:
    remote = found.get(CONFIG)
    if remote is None or remote.size > _CONFIG_LIMIT:
        raise WeightsError(f"{repository!r} holds no {CONFIG}; it is no folder of open_clip")
    config = json.loads(b"".join(pieces(remote, 0)))
    if not isinstance(config, dict) or not isinstance(config.get("model_cfg"), dict):
        raise WeightsError(f"{CONFIG} of {repository!r} is not one of open_clip")
    return config


def _for_words(found: dict[str, Remote], text: dict[str, Any]) -> list[Remote]:
    """Files of a tokenizer and of a text encoder that are not open_clip's own."""
    files = []
    if words := text.get("hf_tokenizer_name"):
        there = found if "tokenizer.json" in found else {**found, **listing(words, TOKENIZER)}
        files = [there[name] for name in TOKENIZER if name in there]
    if encoder := text.get("hf_model_name"):
        bert = listing(encoder, ("config.json",))
        files += [replace(remote, local=TEXT_CONFIG) for remote in bert.values()]
    return files


def _tidy(folder: Path, files: list[Remote]) -> None:
    """Give complete files their names, and delete parts of what the hub no longer has."""
    for remote in files:
        if remote.path != PICKLED:  # converted already
            (folder / remote.part).replace(folder / remote.local)
    for stale in set(folder.iterdir()) - {folder / remote.local for remote in files}:
        stale.unlink()
