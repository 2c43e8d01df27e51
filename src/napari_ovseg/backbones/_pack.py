"""Writing a model as one file, or one folder, for a machine without internet."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from napari_ovseg._atomic import atomic_path, write_atomic
from napari_ovseg.backbones._bundle import Files
from napari_ovseg.backbones._dino import NAMES as GUIDE
from napari_ovseg.backbones._files import CONFIG, HEAD, MANIFEST, TEXT_CONFIG, WEIGHTS, Weights
from napari_ovseg.backbones._store import LICENCE, as_json, hash_steps, pour_steps
from napari_ovseg.backbones._tokenizer import FILES as TOKENIZER
from napari_ovseg.errors import WeightsError

if TYPE_CHECKING:
    from napari_ovseg.progress import Steps


def licence_line(name: str, licence: str) -> str:
    """Text of the licence file."""
    return f"Licence of the weights of {name}: {licence}\n"


def files_of(weights: Weights, name: str) -> Files:
    """Gather what a model on this machine needs on another."""
    folder, config = weights.file.parent, weights.config
    told = folder / MANIFEST
    manifest = json.loads(told.read_bytes()) if told.is_file() else {}
    if Path(name).expanduser().exists():
        name = weights.file.stem if config is None else folder.resolve().name
    manifest = {**manifest, "name": manifest.get("name", name), "licence": weights.licence}
    made = {LICENCE: licence_line(manifest["name"], weights.licence).encode()}
    where = {weights.file.name: weights.file}
    if config is not None:
        # The hub has other names for the same file; here each kind has one.
        file_name, config_name = (WEIGHTS, CONFIG) if "model_cfg" in config else GUIDE
        made[config_name] = as_json(config)
        where = {file_name: weights.file}
        carried = (HEAD, TEXT_CONFIG, *TOKENIZER)
        where |= {n: folder / n for n in carried if (folder / n).is_file()}
    sizes = {n: len(b) for n, b in made.items()} | {n: p.stat().st_size for n, p in where.items()}

    def read(name: str) -> BinaryIO:
        return io.BytesIO(made[name]) if name in made else where[name].open("rb")

    return Files(sizes, read, manifest, manifest["name"])


def pack_steps(weights: Weights, name: str, target: Path) -> Steps[Path]:
    """Write a model as a ``.zip`` or a folder; equal models become equal bytes.

    Raises
    ------
    WeightsError
        If the weights are damaged.
    ExportError
        If it cannot be written; half a file is never left.
    """
    found = yield from hash_steps(weights.file)
    if weights.sha256 and found != weights.sha256:
        raise WeightsError(f"the weights of {name!r} are damaged; remove and fetch them again")
    files = files_of(weights, name)
    if target.suffix == ".zip":
        yield from _zip_steps(files, target)
    else:
        yield from _folder_steps(files, target)
    return target


def _zip_steps(files: Files, target: Path) -> Steps[None]:
    sums = {}
    # Not compressed: weights are noise to a compressor.
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, size in sorted(files.sizes.items()):
            with files.open(name) as source, archive.open(_member(name, size), "w") as sink:
                sums[name] = yield from pour_steps(source, sink, name, size)
        manifest = as_json({**files.manifest, "sha256": sums})
        archive.writestr(_member(MANIFEST, len(manifest)), manifest)


def _member(name: str, size: int) -> zipfile.ZipInfo:
    """Describe a member without the time and the system it was written on."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.file_size, info.external_attr, info.create_system = size, 0o644 << 16, 3
    return info


def _folder_steps(files: Files, folder: Path) -> Steps[None]:
    sums = {}
    for name, size in sorted(files.sizes.items()):
        with (
            atomic_path(folder / name) as temporary,
            files.open(name) as source,
            temporary.open("wb") as sink,
        ):
            sums[name] = yield from pour_steps(source, sink, name, size)
    write_atomic(folder / MANIFEST, as_json({**files.manifest, "sha256": sums}))
