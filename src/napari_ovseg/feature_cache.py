"""Features that were made before, in memory and on disk: an image is encoded once."""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ovseg._atomic import write_atomic
from napari_ovseg.errors import ExportError
from napari_ovseg.features import Features
from napari_ovseg.image import Image
from napari_ovseg.recipe import Recipe
from napari_ovseg.text import cache_folder
from napari_ovseg.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = "2"
"""To be raised when features of equal pixels and recipe become others."""
IN_MEMORY = 1 << 30
ON_DISK = 4 << 30
_VECTORS = "vectors"
_NOTHING = Image.of(np.zeros((2, 2), np.uint8))
"""Stands for the image of features that are kept: whoever takes them brings it."""


def key_of(image: Image, recipe: Recipe, models: str, device: str) -> str:
    """Hash all that features depend on: the pixels, how they are shown, and the encoder.

    Parameters
    ----------
    image
        One picture; the pyramid level that the encoder reads is read for it.
    recipe
        Resolved: its limits and its magnification are numbers.
    models
        The encoder and its guide: what provenance tells of their weights, and their identities.
    device
        Type of the device, since another one rounds otherwise.

    Raises
    ------
    ImageError
        If the pixels cannot be read.
    """
    factor = recipe.working_size.magnification or 1.0
    size = tuple(max(1, round(side * factor)) for side in image.shape[-2:])
    pixels = np.ascontiguousarray(image.read(image.level_for((size[0], size[1]))))
    parts = (_VERSION, recipe.encoding().to_toml(), models, device, pixels.dtype.str)
    digest = hashlib.sha256("\0".join((*parts, str(pixels.shape), str(image.shape))).encode())
    digest.update(pixels.data)
    return digest.hexdigest()


class FeatureCache:
    """Features by `key_of`; what was not used for longest goes first.

    Parameters
    ----------
    folder
        Where files are kept; a folder of the user's cache by default.
    in_memory, on_disk
        Limits, bytes.
    """

    def __init__(
        self, folder: Path | None = None, in_memory: int = IN_MEMORY, on_disk: int = ON_DISK
    ) -> None:
        self.folder = folder or cache_folder() / "features"
        self._in_memory, self._on_disk = in_memory, on_disk
        self._kept: OrderedDict[str, Features] = OrderedDict()
        self._counted: int | None = None  # bytes of all files, when they were last gone through

    def get(self, key: str, image: Image, device: str = "cpu") -> Features | None:
        """Return features made before, bound to `image`; a file that is damaged is removed."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return replace(self._kept[key], image=image)
        file = self._file(key)
        if not file.is_file():
            return None
        try:
            features = _read(file, image, device)
            os.utime(file)
        except Exception:  # noqa: BLE001  # whatever is wrong with it, it can be made again
            with suppress(OSError):
                file.unlink()
            return None
        self._keep(key, features)
        return features

    def put(self, key: str, features: Features) -> None:
        """Keep features; a disk that cannot be written only costs time."""
        self._keep(key, features)
        with suppress(ExportError):
            write_atomic(self._file(key), _bytes(features))
            self._shrink()

    def clear(self) -> None:
        """Forget everything, also on disk."""
        self._kept.clear()
        for file, _ in self._files():
            with suppress(OSError):
                file.unlink()
        self._counted = None

    @property
    def nbytes(self) -> int:
        """Size of all files, bytes, as of the last `put`; they are gone through where none was."""
        if self._counted is None:
            self._counted = sum(size for _, size in self._files())
        return self._counted

    def _keep(self, key: str, features: Features) -> None:
        self._kept[key] = replace(features, image=_NOTHING)  # or its pixels would stay, uncounted
        while len(self._kept) > 1 and sum(f.nbytes for f in self._kept.values()) > self._in_memory:
            self._kept.popitem(last=False)

    def _file(self, key: str) -> Path:
        return self.folder / f"{key[:40]}.safetensors"

    def _files(self) -> list[tuple[Path, int]]:
        """All files and their sizes in bytes, those that were used last at the end."""
        with suppress(OSError):
            told = [(file, file.stat()) for file in self.folder.glob("*.safetensors")]
            told.sort(key=lambda each: each[1].st_mtime)
            return [(file, stat.st_size) for file, stat in told]
        return []

    def _shrink(self) -> None:
        files = self._files()
        total = sum(size for _, size in files)
        for file, size in files:
            if total <= self._on_disk:
                break
            total -= size
            with suppress(OSError):
                file.unlink()
        self._counted = total


def _bytes(features: Features) -> bytes:
    from safetensors.torch import save

    told = {
        "windows": [asdict(window) for window in features.windows],
        "working": features.working,
        "shape": features.shape,
        "recipe": features.recipe.to_toml(),
        "weights": features.weights,
    }
    vectors = features.vectors.cpu().contiguous()
    return save({_VECTORS: vectors}, metadata={"features": json.dumps(told)})


def _read(file: Path, image: Image, device: str) -> Features:
    from safetensors import safe_open

    with safe_open(file, "pt", device=device) as opened:
        told = json.loads(opened.metadata()["features"])
        vectors = opened.get_tensor(_VECTORS)
    return Features(
        vectors=vectors,
        windows=tuple(Window(**window) for window in told["windows"]),
        working=(int(told["working"][0]), int(told["working"][1])),
        shape=(int(told["shape"][0]), int(told["shape"][1])),
        image=image,
        recipe=Recipe.from_toml(told["recipe"]),
        weights=str(told["weights"]),
    )
