"""Bringing a model from the hub into our own folder, in pieces, so that it can go on later.

The hub's client keeps no part of an interrupted file (huggingface_hub 2.4); so ranges are read
through its file system, and added to a file of ours.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_ovseg.backbones._pack import licence_line
from napari_ovseg.backbones._store import (
    LICENCE,
    TOKENIZER,
    as_json,
    check_free,
    check_space,
    hash_steps,
    install,
    unfinished,
    writing,
)
from napari_ovseg.errors import InputError, OvsegError, WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_ovseg.backbones._hub import Source

_SMALLEST, _LARGEST = 1 << 20, 64 << 20  # bytes of a piece


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


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file on the hub: its name there and here, size in bytes, and sha256 if the hub knows it."""

    repository: str
    revision: str
    path: str
    local: str
    size: int
    sha256: str
    key: str

    @property
    def part(self) -> str:
        """Name of the file while it grows: another content must not be added to it."""
        return f"{self.local}.{self.key[:16]}.part"


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
        If the hub cannot be reached, has no safetensors, or a bad file came, which is deleted.
    ExportError
        If the folder cannot be written to, or the disk is full.
    """
    from napari_ovseg.backbones._hub import source_of

    check_free(name := agreed.name)
    source, folder = source_of(name), unfinished(name, "fetching")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        yield Progress("asking the hub", 0, 1)
        files = _on_hub(agreed, source)
        there = sum(p.stat().st_size for p in folder.iterdir())
        check_space(folder, sum(remote.size for remote in files) - there)
        sums = {}
        for remote in files:
            sums[remote.local] = yield from _download_steps(remote, folder)
        _tidy(folder, files)
        line = licence_line(name, agreed.licence).encode()
        for file, data in ((source.carried[1], as_json(source.config)), (LICENCE, line)):
            (folder / file).write_bytes(data)
            sums[file] = hashlib.sha256(data).hexdigest()
    origin = f"{files[0].repository}@{files[0].revision}"
    return install(folder, name, {"licence": agreed.licence, "sha256": sums, "origin": origin})


def _on_hub(agreed: Offer, source: Source) -> list[_Remote]:
    """Ask the hub which files there are: the weights first, then those of the tokenizer."""
    words = source.config.get("model_cfg", {}).get("text_cfg", {}).get("hf_tokenizer_name")
    names = (*source.files, *TOKENIZER) if words else source.files
    with _asking(agreed.name, source.repository):
        found = _listing(source.repository, names)
        weights = next((found[name] for name in source.files if name in found), None)
        if weights is None:
            raise WeightsError(
                f"{source.repository!r} holds no safetensors file of {agreed.name!r}; "
                "convert the weights and import their folder"
            )
        if words and "tokenizer.json" not in found:
            found |= _listing(words, TOKENIZER)
    tokenizer = [found[name] for name in TOKENIZER if name in found]
    return [replace(weights, local=source.carried[0]), *tokenizer]


def _listing(repository: str, names: tuple[str, ...]) -> dict[str, _Remote]:
    """Sizes and sums of those of `names` that a repository has, at its newest commit."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.hf_api import RepoFile

    api = HfApi(endpoint=constants.ENDPOINT)
    revision = str(api.model_info(repository).sha)
    found = {}
    for info in api.get_paths_info(repository, list(names), revision=revision):
        if isinstance(info, RepoFile):
            known = info.lfs.sha256 if info.lfs else ""
            key = known or info.blob_id
            path = info.path
            found[path] = _Remote(repository, revision, path, path, info.size, known, key)
    return found


def _download_steps(remote: _Remote, folder: Path) -> Steps[str]:
    """Add the missing end of a file, and return its sha256."""
    part = folder / remote.part
    part.touch()
    with part.open("r+b") as file:
        # Written by position: a second process that fetches the same writes the same bytes.
        done = file.seek(0, 2)
        for piece in _pieces(remote, done):
            file.write(piece)
            done += len(piece)
            yield Progress("fetching", done, remote.size)
    found = yield from hash_steps(part)
    if part.stat().st_size != remote.size or (remote.sha256 and found != remote.sha256):
        part.unlink()
        raise WeightsError(
            f"{remote.path} arrived damaged: its sha256 is {found[:12]}…, the hub announced "
            f"{remote.sha256[:12] or remote.size}…; it was deleted: fetch it again"
        )
    return found


def _pieces(remote: _Remote, start: int) -> Iterator[bytes]:
    """Read a file from `start` on; pieces grow until one takes about a second."""
    if start >= remote.size:
        return
    from huggingface_hub import HfFileSystem, constants

    name = f"{remote.repository}/{remote.path}"
    size = _SMALLEST
    with _asking(remote.local, remote.repository):
        system = HfFileSystem(endpoint=constants.ENDPOINT, skip_instance_cache=True)
        source = system.open(name, "rb", revision=remote.revision, cache_type="none")
        source.seek(start)
    while start < remote.size:
        began, wanted = time.monotonic(), min(size, remote.size - start)
        with _asking(remote.local, remote.repository):
            piece = source.read(wanted)
            if len(piece) != wanted:
                raise WeightsError(
                    f"the hub sent {len(piece)} bytes of {remote.path} where {wanted} were asked "
                    "for; try again later"
                )
        yield piece
        start += wanted
        took = time.monotonic() - began
        size = min(size * 2, _LARGEST) if took < 0.5 else max(size // (1 + (took > 2)), _SMALLEST)


@contextmanager
def _asking(name: str, repository: str) -> Iterator[None]:
    """Tell every failure of the hub and of its client in our words."""
    try:
        yield
    except OvsegError:
        raise
    except Exception as error:
        raise WeightsError(
            f"cannot fetch {name!r} from {repository!r}: {error}; what has arrived is kept, and "
            "the next fetch goes on from there"
        ) from error


def _tidy(folder: Path, files: list[_Remote]) -> None:
    """Give complete files their names, and delete parts of what the hub no longer has."""
    for remote in files:
        (folder / remote.part).replace(folder / remote.local)
    for stale in set(folder.iterdir()) - {folder / remote.local for remote in files}:
        stale.unlink()
