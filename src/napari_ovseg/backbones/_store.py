"""The folder that fetched and imported models are kept in: one folder each, with a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from napari_ovseg._atomic import write_atomic
from napari_ovseg._words import RESERVED
from napari_ovseg.backbones._files import MANIFEST
from napari_ovseg.errors import ExportError, InputError, OvsegError, WeightsError
from napari_ovseg.progress import Progress, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LICENCE = "LICENCE.txt"
BLOCK = 8 << 20  # bytes between two steps: a cancel is seen within a tenth of a second or so

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,78}[A-Za-z0-9_+-])?"
_NAME = re.compile(f"{_PART}(?::{_PART})?")


def models_folder() -> Path:
    """Folder of fetched and imported models; ``$OVSEG_MODELS`` moves it."""
    from platformdirs import user_data_path

    given = os.environ.get("OVSEG_MODELS")
    if given:
        return Path(given).expanduser()
    return user_data_path("napari-ovseg", appauthor=False) / "models"


def slot(name: str) -> Path:
    """Folder that a model of this name has, whether or not anything is there.

    Raises
    ------
    InputError
        If the name could not be a folder on every system, or is the starter's.
    """
    if not _NAME.fullmatch(name) or RESERVED.fullmatch(name.partition(":")[0]):
        raise InputError(
            f"a model cannot be named {name!r}: use up to 80 letters, digits and . _ + -, "
            "or NAME:TAG; give one with --name"
        )
    if name == "starter":
        raise InputError("'starter' is the built-in model; give another name with --name")
    return models_folder() / name.replace(":", "@")  # a colon cannot be in a file name on Windows


def stored(name: str) -> Path | None:
    """Folder of a model that was fetched or imported, or None."""
    try:
        folder = slot(name)
    except InputError:
        return None
    return folder if folder.is_dir() else None


def stored_names() -> list[str]:
    """Names of the models that were fetched or imported, sorted."""
    folder = models_folder()
    found = [p.name.replace("@", ":", 1) for p in folder.iterdir()] if folder.is_dir() else []
    return sorted(name for name in found if stored(name) is not None)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read a manifest; {} if there is none, None if it is damaged."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("sha256", {}), dict) else None


def unfinished(name: str, work: str) -> Path:
    """Folder where the files of a model gather before they are all there and checked."""
    return models_folder() / f".{work}" / slot(name).name


def check_free(name: str) -> None:
    """Refuse to put a model where one is."""
    if slot(name).exists():
        raise InputError(
            f"there is a model {name!r} already; remove it first with 'ovseg models remove {name}' "
            "or give another name"
        )


def check_space(folder: Path, wanted: int) -> None:
    """Refuse what will not fit on the disk, before an hour is spent on it."""
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise ExportError(
            f"the model needs {wanted / 1e6:.0f} MB and {str(folder)!r} has {free / 1e6:.0f} MB "
            "free; free some space, or set OVSEG_MODELS to a folder on another disk"
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell the failure to read or write a file as an `ExportError`."""
    try:
        yield
    except OvsegError:
        raise
    except OSError as error:
        raise ExportError(
            f"cannot put the model into {str(folder)!r}: {error.strerror or error}; "
            "free some space, change permissions, or set OVSEG_MODELS to another folder"
        ) from error


def install(folder: Path, name: str, manifest: Mapping[str, Any]) -> Path:
    """Write the manifest and give a complete folder its place, at once."""
    write_atomic(folder / MANIFEST, as_json({"name": name, **manifest}))
    target = slot(name)
    with writing(target):
        folder.rename(target)
    return target


def as_json(value: Mapping[str, Any]) -> bytes:
    """Write an object so that equal objects are equal bytes."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def pour_steps(source: BinaryIO, sink: IO[bytes], name: str, size: int) -> Steps[str]:
    """Copy `size` bytes from one file into another, and return their sha256.

    Raises
    ------
    WeightsError
        If the source ends early or goes on.
    """
    digest, done = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        sink.write(block)
        digest.update(block)
        done += len(block)
        if done > size:
            break
        yield Progress("copying", done, size)
    if done != size:
        raise WeightsError(f"{name} should have {size} bytes and has {done}; copy it again")
    return digest.hexdigest()


def hash_steps(path: Path) -> Steps[str]:
    """Return the sha256 of a file."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            yield Progress("checking", done, size)
    return digest.hexdigest()
