"""Generated scenes as data sets: ``python -m napari_ovseg.starter.held_out FOLDER``.

One data set for each family, in the layout that ``ovseg evaluate`` reads, of drawings that no
training has seen. A scene is asked for what it shows and for three other categories.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w
from PIL import Image
from tqdm import tqdm

from napari_ovseg._atomic import write_atomic
from napari_ovseg.starter.looks import FAMILIES, NATURAL
from napari_ovseg.starter.scenes import Scene, generate
from napari_ovseg.starter.words import categories

if TYPE_CHECKING:
    from napari_ovseg.starter.drawing import Array

SEED = 20_261_121
_OTHERS = 3


def write_family(folder: Path, family: str, count: int, size: int, seed: int = SEED) -> None:
    """Write a data set of `count` scenes of `size` px of a family."""
    rng = np.random.default_rng([seed, len(family), *family.encode()])
    scenes = [generate(rng, size, family) for _ in tqdm(range(count), desc=family, leave=False)]
    places = np.unique(np.concatenate([np.unique(scene.ids) for scene in scenes]))
    pictures = [
        _write(folder, f"{number:03}.png", scene, places, rng)
        for number, scene in enumerate(scenes)
    ]
    classes = [{"id": i, "name": categories()[place]} for i, place in enumerate(places)]
    table = {"name": f"generated {family}", "classes": classes, "images": pictures}
    write_atomic(folder / "dataset.toml", tomli_w.dumps(table).encode())


def _write(
    folder: Path, name: str, scene: Scene, places: Array, rng: np.random.Generator
) -> dict[str, Any]:
    """Write a picture and its mask; its entry in the table."""
    mask = np.searchsorted(places, scene.ids).astype(np.uint8)
    for kind, plane in (("images", scene.image), ("masks", mask)):
        buffer = io.BytesIO()
        Image.fromarray(plane).save(buffer, "png")
        write_atomic(folder / kind / name, buffer.getvalue())
    shown = np.unique(mask)
    others = rng.permutation(np.setdiff1d(np.arange(len(places)), shown))[:_OTHERS]
    return {"file": name, "ask": sorted(int(i) for i in (*shown, *others))}


def main() -> None:
    """Write a data set for each family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", type=int, default=224, help="px")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    for family in (NATURAL, *FAMILIES):
        write_family(args.folder / family, family, args.count, args.size, args.seed)


if __name__ == "__main__":
    main()
