"""Work is kept whatever goes wrong: lazy images, odd layers, full disks."""

import json

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap

import napari_ovseg as ov
from kept_work import paint, settled
from napari_ovseg.errors import InputError
from napari_ovseg.gui import keeper
from napari_ovseg.gui.display_state import display_state, show_as
from napari_ovseg.gui.layers import new_labels

pytestmark = pytest.mark.gui


class Unreadable:
    """Two planes of a lazy image; it counts how often it is read, and can be gone."""

    shape, ndim, dtype, gone = (2, 120, 160), 3, np.dtype(np.uint16), False

    def __init__(self):
        self.read = 0

    def __getitem__(self, index):
        self.read += 1
        if self.gone:
            raise OSError("the file is gone")
        return np.zeros(self.shape, self.dtype)[index]

    def __array__(self, *_, **__):
        return self[...]


def test_a_lazy_image_is_not_read_while_nothing_happens(widget, labelled, qtbot):
    lazy = Unreadable()
    (kept,) = widget.keeper.kept.values()
    kept.source = ImageLayer(lazy, contrast_limits=(3, 40))
    kept.news(widget.session)
    assert lazy.read
    lazy.read = 0
    kept.news(widget.session)
    assert not lazy.read
    kept.source.contrast_limits = (3, 50)
    state = kept.news(widget.session).state
    assert not lazy.read  # what napari may have given it is known
    assert state["display"]["contrast_limits"] == [3, 50]
    gone = Unreadable()
    kept.source = ImageLayer(gone, contrast_limits=(3, 60))
    gone.read, gone.gone = 0, True
    state = kept.news(widget.session).state
    assert gone.read
    assert state["display"]["contrast_limits"] == [3, 60]


def test_what_goes_wrong_with_one_layer_keeps_no_other_from_being_saved(
    widget, labelled, qtbot, monkeypatch
):
    source = widget.viewer.add_image(np.zeros((8, 8), np.uint8), name="more")
    vocabulary = widget.session.vocabulary()
    labels = ov.LabelMap(np.ones((8, 8), np.uint16), vocabulary, ov.Grid.regular(2))
    widget.viewer.add_layer(new_labels(source, ov.Annotation("more", labels), ()))
    first, second = widget.keeper.kept.values()
    settled(widget, qtbot)

    def fail(*_):
        raise OSError("the file is gone")

    monkeypatch.setattr(first, "news", fail)
    widget.session.lock(1, True)
    widget.keeper._tick()
    assert widget.panel.message.text() == "OSError: the file is gone"
    assert second.news(widget.session) is None


def test_a_colormap_that_someone_made_comes_back():
    colours = [[0, 0, 0, 1], [0.25, 0.5, 1, 1]]
    image = ImageLayer(np.zeros((4, 4)), colormap=Colormap(colours, name="DAPI-lut"))
    shown = json.loads(json.dumps(display_state(image)))
    del AVAILABLE_COLORMAPS["DAPI-lut"]  # as after another start
    other = ImageLayer(np.zeros((4, 4)), colormap="viridis")
    show_as(other, {"display": {"gamma": 0.5, "colormap": "DAPI-lut"}})
    assert (other.gamma, other.colormap.name) == (0.5, "viridis")
    show_as(other, {"display": shown})
    assert other.colormap.name == "DAPI-lut"
    assert other.colormap.colors.tolist() == colours
    del AVAILABLE_COLORMAPS["DAPI-lut"]


def test_a_full_disk_is_told_once_and_work_goes_on(widget, labelled, qtbot, monkeypatch):
    asked = []

    def refuse(*args):
        asked.append(args)
        raise InputError("the disk is full")

    (kept,) = widget.keeper.kept.values()
    told = []
    monkeypatch.setattr(widget.keeper, "_tell", told.append)
    monkeypatch.setattr(keeper, "EVERY_S", 0.0)
    with monkeypatch.context() as full:
        full.setattr(kept.project, "save", refuse)
        for row in (20, 40, 60):
            kept._cost = 0.0
            asked.clear()
            paint(labelled, (row, 30))
            # It is tried again without another stroke, until it is saved.
            qtbot.waitUntil(lambda: len(asked) > 2, timeout=20_000)
    qtbot.waitUntil(lambda: not kept.written, timeout=20_000)
    settled(widget, qtbot)
    assert told == ["the disk is full"]


def test_labels_whose_image_is_gone_are_said_to_be_kept_no_more(widget, labelled, qtbot):
    source = widget.form.chosen_image()
    widget.viewer.add_image(np.zeros((8, 9)), name="other")  # the canvas needs one
    widget.viewer.layers.remove(source)
    assert labelled in widget.viewer.layers
    told = "is not kept any more, as its image is gone"
    qtbot.waitUntil(lambda: told in widget.panel.message.text(), timeout=20_000)
