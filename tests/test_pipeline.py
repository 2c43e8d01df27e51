"""From pictures of every kind to labels, by every method."""

import numpy as np
import pytest
import torch

import napari_ovseg as ov
from napari_ovseg import batches
from napari_ovseg.methods import METHODS
from noise import WORDS, picture


@pytest.mark.parametrize("method", METHODS.names())
def test_every_method_keeps_the_contract(method, backbone_for):
    """Shapes, unit vectors, labels on the image's own pixels, and no effect of the batch."""
    image = picture()
    backbone = backbone_for(method)
    recipe = ov.Recipe(backbone=backbone, method=method, guide="none", precision="float32")
    features = ov.encode(image, recipe)
    assert features.vectors.ndim == 4
    assert features.shape == (130, 150)
    assert bool(torch.isfinite(features.vectors).all())
    labels = ov.label(features, WORDS)
    assert labels.ids.shape == (130, 150)
    assert set(np.unique(labels.ids)) <= {0, 1, 2, 3}
    assert (ov.label(features, WORDS).ids == labels.ids).all()


@pytest.mark.parametrize("method", METHODS.names())
@pytest.mark.parametrize("blend", ["merged", "exact"])
def test_batch_size_changes_nothing(method, blend, monkeypatch, backbone_for):
    tiling, backbone = ov.Tiling(blend=blend), backbone_for(method)
    # Limits on cosines are steps: none of this picture is near 0.1, so rounding decides nothing.
    limits = {"sc_clip": {"beta": 0.1}, "gla_clip": {"rho": 0.1}}.get(method, {})
    recipe = ov.Recipe(
        backbone=backbone, method=METHODS.get(method)(**limits), guide="none",
        precision="float32", tiling=tiling,
    )  # fmt: skip
    image = picture(230, 250, seed=2)
    whole = ov.encode(image, recipe)
    monkeypatch.setattr(batches, "batch_size", lambda *_: 1)
    single = ov.encode(image, recipe)
    assert torch.allclose(whole.vectors, single.vectors, atol=1e-4)


@pytest.mark.parametrize(
    "image",
    [
        picture(channels=0),
        picture(channels=3),
        picture(channels=0).astype(np.uint16) * 257,
        picture(channels=0).astype(np.float32) / 7 - 10,
        picture(channels=0).astype(np.float64),
        picture(channels=4),
        picture(7, 300),
        picture(2, 2, 0),
        np.zeros((50, 60), np.uint8),
    ],
)
def test_every_kind_of_picture_comes_back_at_its_own_size(image):
    labels = ov.label(ov.encode(image), WORDS)
    assert labels.ids.shape == image.shape[:2]
    assert labels.ids.dtype == np.uint16


def test_grey_and_its_copy_in_colour_are_the_same():
    grey = picture(channels=0)
    grey[0, :2] = 0, 255
    display = ov.Display(limits=(0, 255))
    one = ov.encode(grey, ov.Recipe(display=display))
    other = ov.encode(np.stack([grey] * 3, -1), ov.Recipe(display=display))
    assert torch.equal(one.vectors, other.vectors)


def test_bit_depth_does_not_matter():
    grey = picture(channels=0)
    wide = ov.segment(grey.astype(np.uint16) * 256 + 13, WORDS)
    assert (wide.labels.ids == ov.segment(grey, WORDS).labels.ids).mean() > 0.999


def test_a_hot_pixel_changes_nothing():
    grey = picture(300, 300, 0).astype(np.uint16)
    hot = grey.copy()
    hot[150, 150] = 65_535
    agree = ov.segment(grey, WORDS).labels.ids == ov.segment(hot, WORDS).labels.ids
    assert agree.mean() > 0.99


def test_the_same_recipe_from_an_export_gives_the_same_bytes():
    image = picture()
    first = ov.segment(image, WORDS, ov.Recipe(contrast=("sky",)))
    again = ov.segment(image, WORDS, ov.Recipe.from_toml(first.provenance.recipe))
    assert (first.labels.ids == again.labels.ids).all()
    assert first.provenance.recipe == again.provenance.recipe


def test_a_stack_is_labelled_plane_by_plane_with_common_limits():
    stack = np.stack([picture(channels=0), picture(channels=0, seed=1) // 4])
    annotation = ov.segment(stack, WORDS)
    assert annotation.labels.ids.shape == stack.shape
    display = ov.Display().resolve(ov.Image.of(stack))
    plane = ov.segment(stack[1], WORDS, ov.Recipe(display=display))
    assert (annotation.labels.ids[1] == plane.labels.ids).all()


@pytest.mark.parametrize("method", METHODS.names())
def test_labels_are_made_by_the_method_of_the_features(method, backbone_for):
    """A recipe given for other settings of labelling is of another method, mostly the usual one."""
    backbone = backbone_for(method)
    recipe = ov.Recipe(backbone, method, guide="none", contrast=("sky",), threshold=0.3)
    features = ov.encode(picture(), recipe)
    other = ov.Recipe(method="vanilla", contrast=("sky",), threshold=0.3)
    given = ov.label(features, WORDS, other).ids
    assert np.array_equal(given, ov.label(features, WORDS).ids)
