"""What a model's folder says that suits it."""

import json

import numpy as np
import pytest

from models import write_folder
from napari_ovseg import Image, Recipe
from napari_ovseg.backbones._preferences import Preferences
from napari_ovseg.backbones.open_clip import load_backbone
from napari_ovseg.errors import WeightsError
from napari_ovseg.working import resolve

TOLD = {
    "short_side": [64, 128], "scales": [1.0, 0.5], "background_margin": 1.5,
    "method_values": {"gla_clip without a guide": {"rho": 0.8}, "cat_seg": {"patches": 4}},
}  # fmt: skip


def test_a_folder_says_what_suits_it(tmp_path):
    folder = write_folder(tmp_path / "tiny")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **TOLD}))
    found = load_backbone(str(folder), "cpu").preferences
    assert found == Preferences((64, 128), (1.0, 0.5), TOLD["method_values"], 1.5)
    assert json.loads(json.dumps(found.told())) == TOLD


def test_nothing_is_told_of_what_is_as_usual():
    assert Preferences.of({}) == Preferences()
    assert Preferences().told() == {}


@pytest.mark.parametrize("wrong", [{"scales": 1}, {"short_side": [1]}, {"background_margin": "much"},
                                   {"method_values": {"sclip": 3}}])  # fmt: skip
def test_a_manifest_of_another_kind_is_told(wrong):
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        Preferences.of(wrong)


@pytest.mark.parametrize(("side", "windows"), [(20, 1), (50, 2), (160, 5), (2000, 9)])
def test_a_model_that_says_nothing_sees_two_to_nine_windows_of_the_shorter_side(
    tmp_path, side, windows
):
    """An image smaller than a window is enlarged to one, see `WorkingSize.magnify`."""
    backbone = load_backbone(str(write_folder(tmp_path / "tiny")), "cpu")
    window = backbone.vision.native
    image = Image.of(np.zeros((side, 3 * side), np.uint8))
    found = resolve(Recipe(), image, backbone).working_size.magnification * side
    assert window == 32
    assert found == pytest.approx(windows * window)
