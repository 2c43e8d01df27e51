"""The files of a model that comes from a stick, a share or a packed file."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from napari_ovseg.backbones._cat_seg import SUFFIX
from napari_ovseg.backbones._dino import NAMES as GUIDE
from napari_ovseg.backbones._files import (
    CONFIG,
    HEAD,
    MANIFEST,
    PICKLED,
    TEXT_CONFIG,
    WEIGHTS,
    in_folder,
)
from napari_ovseg.backbones._preferences import Preferences
from napari_ovseg.backbones._store import LICENCE
from napari_ovseg.backbones._tokenizer import FILES as TOKENIZER
from napari_ovseg.errors import OvsegError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+@-]{0,99}")
_SMALL = (CONFIG, GUIDE[1], HEAD, MANIFEST, LICENCE, TEXT_CONFIG, *TOKENIZER)
_SMALL_LIMIT = 256 << 20  # bytes; they are read into memory

UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, RecursionError)
"""What reading a damaged or encrypted zip file may raise."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a model, wherever they lie.

    Attributes
    ----------
    sizes
        Bytes of each, by plain name.
    open
        Open one for reading.
    manifest
        What is told of them.
    stem
        What to call the model if nobody says.
    """

    sizes: Mapping[str, int]
    open: Callable[[str], BinaryIO]
    manifest: Mapping[str, Any]
    stem: str


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """Look into a folder, an archive of OpenAI, a checkpoint of CAT-Seg, or a packed model.

    Raises
    ------
    WeightsError
        If it is none of them, or a member of a packed model is not what we pack.
    """
    with ExitStack() as stack:
        try:
            files = _look(path, stack)
        except OvsegError:
            raise
        except (*UNREADABLE, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{path.name} is damaged or not a model ({error}); copy or pack it again"
            ) from error
        yield files


def _look(path: Path, stack: ExitStack) -> Files:
    if path.is_dir():
        return _folder(path)
    if path.suffix == ".zip" and path.is_file():
        return _zip(stack.enter_context(zipfile.ZipFile(path)), path.stem)
    if path.suffix in (".pt", SUFFIX) and path.is_file():
        return Files({path.name: path.stat().st_size}, lambda _: path.open("rb"), {}, path.stem)
    raise WeightsError(
        f"there is no model at {str(path)!r}: give a folder with {CONFIG} and {WEIGHTS}, "
        f"a .zip of 'ovseg models pack', an OpenAI archive (.pt), or CAT-Seg's {SUFFIX}"
    )


def _folder(folder: Path) -> Files:
    names = GUIDE if (folder / GUIDE[0]).is_file() and not (folder / CONFIG).is_file() else ()
    pickled = (folder / PICKLED).is_file() and not (folder / WEIGHTS).is_file()
    wanted = {PICKLED if pickled else in_folder(folder, *names).file.name, *_SMALL}
    sizes = {p.name: p.stat().st_size for p in folder.iterdir() if p.name in wanted}
    return _checked(sizes, lambda name: (folder / name).open("rb"), folder.resolve().name)


def _zip(archive: zipfile.ZipFile, stem: str) -> Files:
    infos = archive.infolist()
    sizes = {info.filename: info.file_size for info in infos}
    for name in sizes:
        # Nothing is extracted by its own path, and what we would not pack is not read at all.
        if not _PLAIN.fullmatch(name):
            raise WeightsError(f"the packed model holds a file {name!r}; such a file is refused")
    if len(sizes) != len(infos):
        raise WeightsError("the packed model holds two files of one name; it is refused")
    weights = [n for n in sizes if n in (WEIGHTS, GUIDE[0]) or n.endswith(".pt")]
    if len(weights) != 1:
        raise WeightsError(f"a packed model holds one {WEIGHTS} or .pt; this one {len(weights)}")
    known = {name: size for name, size in sizes.items() if name in (*weights, *_SMALL)}

    def read(name: str) -> BinaryIO:
        return archive.open(name)  # type: ignore[return-value]  # IO[bytes] of typeshed

    return _checked(known, read, stem)


def _checked(sizes: Mapping[str, int], read: Callable[[str], BinaryIO], stem: str) -> Files:
    for name in set(sizes) & set(_SMALL):
        if sizes[name] > _SMALL_LIMIT:
            raise WeightsError(f"{name} of the model has {sizes[name]} bytes; it is refused")
    manifest: dict[str, Any] = {}
    if MANIFEST in sizes:
        with read(MANIFEST) as file:
            manifest = _understood(json.load(file))
    return Files({n: s for n, s in sizes.items() if n != MANIFEST}, read, manifest, stem)


def _understood(told: Any) -> dict[str, Any]:
    """Take from a manifest what we know the meaning of; anything else of it is not kept."""
    known = ("name", "licence", "trained_on", "origin")
    texts = {key: str(told[key]) for key in known if key in told}
    sums = {str(name): str(value) for name, value in told.get("sha256", {}).items()}
    return {**texts, **Preferences.of(told).told(), "sha256": sums}
