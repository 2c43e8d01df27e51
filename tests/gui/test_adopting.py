"""Labels that were opened or drawn become the labels of an image, in the real window."""

import numpy as np
import pytest
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtWidgets import QApplication, QInputDialog, QPushButton

import napari_ovseg as ov
from napari_ovseg.errors import InputError
from napari_ovseg.gui import adopting, adoption, layers
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.readers import layer_data
from napari_ovseg.labels import Owner

pytestmark = pytest.mark.gui


def drawn(dtype=np.int32, shape=(40, 60), **options):
    ids = np.zeros(shape, dtype)
    ids[:10], ids[10:20] = 1, 7
    return Labels(ids, name="by hand", **options)


@pytest.fixture
def window(widget, monkeypatch):
    """A window with a picture; a question that no test expects fails it."""
    monkeypatch.setattr(QInputDialog, "getItem", lambda *a: pytest.fail(f"asked {a[2]}"))
    source = widget.viewer.add_image(
        np.zeros((40, 60), np.uint8), name="cells", scale=(0.5, 0.5), translate=(3, 4)
    )
    return widget, source


def press(widget):
    widget.findChild(QPushButton, "ovseg_adopt").click()


def test_drawn_labels_become_the_images_with_their_ids(window):
    widget, source = window
    layer = widget.viewer.add_layer(drawn(np.uint16))
    array, colour = layer.data, layer.get_color(7)
    press(widget)
    assert widget.pictures.labels_of(source) is layer
    assert [(c.id, c.name) for c in widget.session.rows] == [(1, "category 1"), (7, "category 7")]
    assert layer.data is array
    assert tuple(layer.scale) == (0.5, 0.5)
    assert tuple(layer.translate) == (3, 4)
    assert np.allclose(layer.get_color(7), colour, atol=1 / 255)
    assert (editing_of(layer).draft.owner[:20] == Owner.PERSON).all()
    assert "1,200 labelled pixels" in widget.panel.message.text()
    assert widget.turns.at_rest  # the rest of it is not labelled by words that are its own
    widget.session.edit(7, name="membrane")
    QApplication.processEvents()
    assert list(layer.features["category"]) == ["unlabelled", "category 1", "membrane"]
    layer.fill((2, 2), 7)
    layer.undo()
    assert (layer.data[:10] == 1).all()


def test_names_and_colours_that_came_along_are_kept(window):
    widget, _ = window
    features = {"index": [1, 7, 9], "class": ["nucleus", "\x07", "rest"]}
    colours = DirectLabelColormap(color_dict={None: "grey", 1: "#123456", 7: "#ff0000"})
    widget.viewer.add_layer(drawn(features=features, colormap=colours))
    press(widget)
    told = [(c.id, c.name, c.colour) for c in widget.session.rows]
    assert told[:2] == [(1, "nucleus", "#123456"), (7, "category 7", "#ff0000")]
    assert told[2][:2] == (9, "rest")


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (adoption.TAKE, {1: "category 1", 7: "category 7"}),
        (adoption.KEEP, {1: "nucleus", 2: "stroma", 7: "category 7"}),
        (None, None),
    ],
)
def test_where_ids_mean_other_words_a_person_chooses(window, monkeypatch, answer, names):
    widget, source = window
    layer = widget.viewer.add_layer(drawn())
    widget.words.add_words("nucleus; stroma")
    asked = []
    monkeypatch.setattr(
        QInputDialog, "getItem", lambda *a: (asked.append(a[2]), (answer or "", bool(answer)))[1]
    )
    before = layer.data.copy()
    press(widget)
    assert "1 is “nucleus” in the table and “category 1” in the layer" in asked[0]
    assert (layer.data == before).all()
    if answer is None:
        assert widget.pictures.labels_of(source) is None
        assert [c.name for c in widget.session.rows] == ["nucleus", "stroma"]
    else:
        assert widget.pictures.labels_of(source) is layer
        assert {c.id: c.name for c in widget.session.rows} == names


def test_labels_that_agree_are_adopted_without_a_question(window):
    widget, source = window
    widget.words.add_words("nucleus; stroma")
    layer = widget.viewer.add_layer(drawn(features={"index": [1, 7], "name": ["Nucleus", "fat"]}))
    press(widget)
    assert widget.pictures.labels_of(source) is layer
    assert [(c.id, c.name) for c in widget.session.rows] == [(1, "nucleus"), (2, "stroma"), (7, "fat")]  # fmt: skip


def test_owners_and_words_of_a_file_are_kept(window):
    widget, source = window
    words = ov.Vocabulary.parse("nucleus, nuclei; background")
    ids = np.ones((40, 60), np.uint16)
    owner = np.zeros((40, 60), np.uint8)
    owner[3] = Owner.LOCKED
    annotation = ov.Annotation("cells", ov.LabelMap(ids, words, ov.Grid.regular(2)), owner)
    data, options, _ = layer_data(annotation)
    layer = widget.viewer.add_labels(data, **options)
    press(widget)
    assert widget.pictures.labels_of(source) is layer
    assert tuple(widget.session.rows) == words.categories
    assert (editing_of(layer).draft.owner == owner).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, bool])
def test_arrays_too_narrow_for_ids_are_widened(window, dtype):
    widget, _ = window
    ids = np.zeros((40, 60), dtype)
    ids[:10] = 1
    layer = widget.viewer.add_labels(ids)
    press(widget)
    layer.fill((30, 30), 60_000)
    assert layer.data[30, 30] == 60_000
    layer.undo()
    assert (np.asarray(layer.data) == ids).all()


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
def test_labels_of_other_programs_are_kept_in_a_project(window, dtype):
    widget, _ = window
    layer = widget.viewer.add_layer(drawn(dtype))
    press(widget)
    assert layer in widget.keeper.kept
    assert layer.data.dtype == np.uint16
    assert (layer.data == drawn().data).all()


def test_dask_is_read_once_and_zarr_stays(window, tmp_path):
    import dask.array
    import zarr

    widget, source = window
    lazy = widget.viewer.add_labels(dask.array.from_array(drawn().data, chunks=16))
    press(widget)
    assert isinstance(lazy.data, np.ndarray)
    widget.viewer.layers.remove(lazy)
    stored = zarr.open(tmp_path / "ids.zarr", mode="w", shape=(40, 60), dtype="u2", chunks=(16, 16))
    stored[:10] = 1
    layer = widget.viewer.add_labels(stored)
    press(widget)
    assert widget.pictures.labels_of(source) is layer
    assert layer.data is stored


def test_what_does_not_fit_is_refused_and_nothing_changes(window):
    widget, source = window
    for layer, told in (
        (drawn(shape=(40, 61)), "has the shape (40, 61)"),
        (Labels(np.full((40, 60), -2), name="neg"), "got -2..-2"),
        (Labels(np.full((40, 60), 70_000), name="far"), "got 70000..70000"),
        (Labels(np.zeros((40, 60), int), name="new"), "is empty"),
        (Labels(np.arange(2400).reshape(40, 60), name="cells"), "objects instead of categories"),
        (Labels([np.ones((40, 60), int), np.ones((20, 30), int)], multiscale=True), "is a pyramid"),
    ):
        widget.viewer.add_layer(layer)
        press(widget)
        assert told in widget.panel.message.text()
        assert widget.pictures.labels_of(source) is None
        assert widget.session.rows == []
        assert "ovseg" not in layer.metadata
        widget.viewer.layers.remove(layer)
    press(widget)
    assert "no labels layer that could be adopted" in widget.panel.message.text()


def test_an_image_with_labels_adopts_none(window):
    widget, source = window
    words = ov.Vocabulary.parse("nucleus")
    annotation = ov.Annotation(
        "cells", ov.LabelMap(drawn(np.uint16).data, words, ov.Grid.regular(2))
    )
    widget.viewer.add_layer(layers.new_labels(source, annotation, ()))
    widget.viewer.add_layer(drawn())
    press(widget)
    assert "remove that layer first" in widget.panel.message.text()


def test_of_several_layers_the_active_or_the_asked_one_is_taken(window, monkeypatch):
    widget, source = window
    first, second = widget.viewer.add_layer(drawn()), widget.viewer.add_layer(drawn())
    widget.viewer.layers.selection.active = source
    offered = []
    monkeypatch.setattr(QInputDialog, "getItem", lambda *a: (offered.append(a[3]), ("", False))[1])
    press(widget)
    assert offered == [[first.name, second.name]]
    widget.viewer.layers.selection.active = second
    press(widget)
    assert widget.pictures.labels_of(source) is second


def test_ids_of_a_stack_are_found_plane_by_plane():
    ids = np.zeros((3, 4, 5), np.int64)
    ids[2, 1, 1] = 9
    assert adopting.ids_in(ids) == {0, 9}
    with pytest.raises(InputError, match=r"got 0\.\.90000"):
        adopting.ids_in(ids * 10_000)
