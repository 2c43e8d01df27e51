"""Generated scenes as data sets: the layout is read, and the truth is the picture's own."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_ovseg.datasets import find_datasets
from napari_ovseg.starter.held_out import write_family
from napari_ovseg.starter.looks import FAMILIES, NATURAL
from napari_ovseg.starter.scenes import generate, kinds_of
from napari_ovseg.starter.words import categories


def test_a_family_is_a_data_set(tmp_path):
    write_family(tmp_path / "a", "microscopy", 5, 96)
    (data,) = find_datasets(tmp_path)
    assert data.name == "generated microscopy"
    assert len(data.pictures) == 5
    for picture in data.pictures:
        mask = np.asarray(Image.open(data.folder / "masks" / picture["file"]))
        image = np.asarray(Image.open(data.folder / "images" / picture["file"]))
        assert (mask.shape, image.shape) == ((96, 96), (96, 96, 3))
        shown = set(np.unique(mask).tolist())
        assert shown <= set(picture["ask"])
        assert len(picture["ask"]) <= len(shown) + 3
    assert {c["name"] for c in data.classes} <= set(categories())


def test_the_same_seed_writes_the_same_files(tmp_path):
    for name in ("a", "b"):
        write_family(tmp_path / name, NATURAL, 2, 64, seed=1)
    write_family(tmp_path / "c", NATURAL, 2, 64, seed=2)

    def content(name):
        files = sorted(p for p in Path(tmp_path / name).rglob("*") if p.is_file())
        return [p.read_bytes() for p in files]

    assert content("a") == content("b") != content("c")


@pytest.mark.parametrize("family", [NATURAL, *FAMILIES])
def test_scenes_of_every_family(family):
    rng = np.random.default_rng(0)
    assert kinds_of(family)
    for size in (64, 130):
        scene = generate(rng, size, family)
        assert scene.image.shape == (size, size, 3)
        assert scene.image.dtype == np.uint8
        assert scene.ids.shape == (size, size)
        assert scene.names


def test_an_unknown_family_is_told():
    with pytest.raises(
        ValueError, match="natural, microscopy, medical, engineering, got 'weather'"
    ):
        generate(np.random.default_rng(0), 64, "weather")
