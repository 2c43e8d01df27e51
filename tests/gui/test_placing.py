"""Labels lie where their image lies, also once someone has set its calibration by hand."""

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers import Image, Layer

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.gui import keeper
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.pictures import Pictures
from napari_ovseg.gui.places import grid_of, restore
from napari_ovseg.gui.readers import layer_data
from napari_ovseg.gui.reopening import layer_of
from napari_ovseg.gui.samples import photograph
from napari_ovseg.project import read_project

pytestmark = pytest.mark.gui


@pytest.fixture
def labelled(widget, tmp_path, finish, qtbot):
    """An image without a calibration from a file, and its labels."""
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, photograph()[0][0][:64, :80])
    (image,) = widget.viewer.open(str(path), plugin="napari")
    widget.words.add_words("brick; soil")
    finish(widget)
    labels = widget.pictures.labels_of(image)
    qtbot.waitUntil(lambda: labels.visible and "kept at" in widget.project.state.text())
    return image, labels


def calibrate(image):
    image.scale = (0.25, 0.5)
    image.translate = (3, -7)
    image.units = ("um", "um")


def settled(widget, qtbot):
    qtbot.waitUntil(lambda: not widget.keeper._given, timeout=20_000)


def test_labels_follow_the_calibration_of_their_image(labelled):
    image, labels = labelled
    calibrate(image)
    assert grid_of(labels) == grid_of(image)
    assert grid_of(labels).units == ("micrometer", "micrometer")
    image.affine = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])
    assert grid_of(labels) == grid_of(image)


def test_an_image_that_was_there_before_the_dock_is_followed():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((5, 6)))
    pictures = Pictures(viewer, lambda: None)
    labels = viewer.add_labels(np.zeros(image.data.shape, np.uint16))
    labels.metadata["ovseg"] = {"source_id": str(image.unique_id)}
    other = viewer.add_labels(np.zeros(image.data.shape, np.uint16))
    image.scale = (2, 3)
    assert np.allclose(labels.scale, (2, 3))
    assert np.allclose(other.scale, 1)  # nobody's
    assert pictures.labels_of(image) is labels


def test_a_calibration_set_by_hand_comes_back_with_the_project(widget, labelled, qtbot):
    image, _ = labelled
    (kept,) = widget.keeper.kept.values()
    folder = kept.project.folder
    assert not kept.moved
    calibrate(image)
    assert kept.moved
    placed = grid_of(image)
    widget.viewer.layers.clear()  # no save was due meanwhile
    settled(widget, qtbot)
    assert np.allclose(read_project(folder).labels.grid.affine, placed.affine)
    widget.keeper.open(folder)
    qtbot.waitUntil(lambda: len(widget.viewer.layers) == 2, timeout=20_000)
    again, layer = widget.viewer.layers
    assert np.allclose(grid_of(again).affine, placed.affine)
    assert grid_of(again).units == grid_of(layer).units == placed.units
    assert np.allclose(again.scale, (0.25, 0.5))  # whoever sets it anew sets all of it
    again.scale = (1, 2)
    assert np.allclose(grid_of(layer).spacing, (1, 2))


def test_a_new_place_is_saved_when_that_is_due(widget, labelled, qtbot, monkeypatch):
    image, _ = labelled
    (kept,) = widget.keeper.kept.values()
    monkeypatch.setattr(keeper, "EVERY_S", 0.0)
    kept._cost = 0.0
    calibrate(image)
    qtbot.waitUntil(lambda: not kept.moved, timeout=20_000)
    settled(widget, qtbot)
    assert np.allclose(read_project(kept.project.folder).labels.grid.spacing, (0.25, 0.5))


def annotation(grid):
    labels = ov.LabelMap(np.ones((5, 6), np.uint16), ov.Vocabulary.parse("cell"), grid)
    return ov.Annotation("a", labels)


def test_a_project_without_a_calibration_takes_that_of_its_image():
    image = Image(np.zeros((5, 6)), scale=(2, 2), units=("um", "um"))
    layer = layer_of(annotation(ov.Grid.regular(2)), image)
    assert grid_of(layer) == grid_of(image)
    assert np.allclose(image.scale, 2)
    with pytest.raises(InputError, match="open its own image"):
        layer_of(annotation(ov.Grid.regular(2)), Image(np.zeros((6, 6))))


def test_an_image_that_lies_where_its_project_does_stays_as_it_is():
    image = Image(np.zeros((5, 6)), scale=(2, 2), units=("um", "um"))
    layer = layer_of(annotation(ov.Grid.regular(2, (2, 2), units=("um", "um"))), image)
    assert np.allclose(image.scale, 2)  # not as an affine
    assert np.allclose(grid_of(layer).affine, grid_of(image).affine)
    assert editing_of(layer)


def test_units_that_napari_does_not_know_are_pixels():
    made = annotation(ov.Grid.regular(2, (2, 2), units=("voxel", "um")))
    layer = Layer.create(*layer_data(made))
    assert grid_of(layer).units == ("pixel", "micrometer")
    image = Image(np.zeros((5, 6)))
    restore(image, made.labels.grid)
    assert grid_of(image) == grid_of(layer)
