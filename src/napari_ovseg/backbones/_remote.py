"""Files on the hub, read in pieces, so that a download can go on later.

The hub's client keeps no part of an interrupted file (huggingface_hub 2.4); so ranges are read
through its file system, and added to a file of ours.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_ovseg.backbones._store import hash_steps
from napari_ovseg.errors import OvsegError, WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SMALLEST, _LARGEST = 1 << 20, 64 << 20  # bytes of a piece


@dataclass(frozen=True, slots=True)
class Remote:
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


def listing(repository: str, names: tuple[str, ...]) -> dict[str, Remote]:
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
            found[path] = Remote(repository, revision, path, path, info.size, known, key)
    return found


def download_steps(remote: Remote, folder: Path) -> Steps[str]:
    """Add the missing end of a file, and return its sha256."""
    part = folder / remote.part
    part.touch()
    with part.open("r+b") as file:
        # Written by position: a second process that fetches the same writes the same bytes.
        done = file.seek(0, 2)
        for piece in pieces(remote, done):
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


def pieces(remote: Remote, start: int) -> Iterator[bytes]:
    """Read a file from `start` on; pieces grow until one takes about a second."""
    if start >= remote.size:
        return
    from huggingface_hub import HfFileSystem, constants

    name = f"{remote.repository}/{remote.path}"
    size = _SMALLEST
    with asking(remote.local, remote.repository):
        system = HfFileSystem(endpoint=constants.ENDPOINT, skip_instance_cache=True)
        source = system.open(name, "rb", revision=remote.revision, cache_type="none")
        source.seek(start)
    while start < remote.size:
        began, wanted = time.monotonic(), min(size, remote.size - start)
        with asking(remote.local, remote.repository):
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
def asking(name: str, repository: str) -> Iterator[None]:
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
