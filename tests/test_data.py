"""Real images of $OVSEG_DATA: the layout is read, and there are figures."""

import json
import os
from pathlib import Path

import pytest

from napari_ovseg.cli import main
from napari_ovseg.datasets import find_datasets
from napari_ovseg.image_files import open_image

DATA = os.environ.get("OVSEG_DATA", "")
pytestmark = [pytest.mark.data, pytest.mark.skipif(not DATA, reason="$OVSEG_DATA is not set")]


def test_every_picture_fits_its_mask():
    sets = find_datasets(Path(DATA))
    assert sets
    for data in sets:
        for picture in data.pictures:
            image = open_image(data.folder / "images" / picture["file"])
            mask = open_image(data.folder / "masks" / f"{Path(picture['file']).stem}.png")
            assert image.shape == mask.shape == (picture["height"], picture["width"])
            vocabulary, values = data.vocabulary(picture)
            assert len(vocabulary) == len(values)


def test_evaluate_writes_figures_for_every_set(tmp_path):
    small = [d for d in find_datasets(Path(DATA)) if len(d.pictures) <= 2]
    for data in small:
        arguments = ["evaluate", str(data.folder), "--preset", "fast"]
        assert main([*arguments, "--json", str(tmp_path / "r.json")]) == 0
        result = json.loads((tmp_path / "r.json").read_text())["datasets"][data.name]
        assert 0 < result["miou"] <= 1
        assert result["n_images"] == len(data.pictures)
