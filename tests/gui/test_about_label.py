"""The read-out under the mouse in the real window."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_ovseg import batches
from napari_ovseg.gui import layers

pytestmark = pytest.mark.gui


def halves(height=150, width=170):
    picture = np.full((height, width), 90, np.uint8)
    picture[:, : width // 2] = np.random.default_rng(0).integers(0, 255, (height, width // 2))
    return picture


@pytest.fixture
def point(qtbot):
    """Move the mouse to a place of the world, and read what is told."""

    def at(widget, *position):
        widget.about.setText("stale")
        for callback in widget.viewer.mouse_move_callbacks:
            callback(widget.viewer, SimpleNamespace(position=position))
        qtbot.waitUntil(lambda: widget.about.text() != "stale", timeout=10_000)
        return widget.about.text().split("\n")

    return at


def test_it_tells_category_owner_and_scores_and_encodes_nothing(widget, finish, point, monkeypatch):
    assert point(widget, 3.0, 3.0) == ["point at a labelled picture", ""]
    source = widget.viewer.add_image(halves(), scale=(0.5, 0.5))
    assert point(widget, 3.0, 3.0) == ["not labelled yet", ""]
    widget.words.add_words("grass; gravel")
    finish(widget)
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("encoded"))
    layer = widget.pictures.labels_of(source)
    names = {0: "unlabelled", 1: "grass", 2: "gravel"}
    for row, column in ((5, 5), (140, 160)):
        about, scores = point(widget, row / 2, column / 2)
        best = names[layer.data[row, column]]
        assert about == f"{best}, by the model"
        told = [part.rpartition(" ") for part in scores.split(", ")]
        assert told[0][0] == best
        shares = [int(share.rstrip("%")) for _, _, share in told]
        assert len(shares) == 3
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 102
    other = 2 if layer.data[5, 5] == 1 else 1  # what it is already is claimed by the mouse alone
    layer.paint((5, 5), other)
    assert point(widget, 2.5, 2.5)[0] == f"{names[other]}, by a person"
    widget.session.lock(other, True)
    assert point(widget, 2.5, 2.5)[0] == f"{names[other]}, locked"
    assert point(widget, 200.0, 3.0) == ["point at a labelled picture", ""]


def test_without_features_there_are_no_scores(widget, finish, point):
    widget.viewer.add_image(halves())
    widget.words.add_words("grass; gravel")
    finish(widget)
    assert "%" in point(widget, 5.0, 5.0)[1]
    widget.form.clear_button.click()
    assert point(widget, 5.0, 5.0)[1] == ""


def test_only_patches_around_the_pixel_are_compared(widget, finish, point, monkeypatch):
    from napari_ovseg import points

    source = widget.viewer.add_image(np.stack([halves(), halves()[:, ::-1]]))
    widget.words.add_words("grass; gravel")
    finish(widget)
    seen = []
    compare = points.logits_of
    monkeypatch.setattr(
        points, "logits_of", lambda f, v, q: (seen.append(v.shape), compare(f, v, q))[1]
    )
    plane = widget.pictures.plane_of(source)
    assert point(widget, float(plane[0]), 70.0, 80.0)[1]
    assert seen[0][1] <= 4
    widget.viewer.dims.set_current_step(0, 1 - plane[0])
    assert point(widget, float(1 - plane[0]), 70.0, 80.0) == ["unlabelled, by the model", ""]
    assert layers.image_of(source).shape == (2, 150, 170)


def test_a_window_that_was_closed_follows_no_mouse(widget):
    callbacks = widget.viewer.mouse_move_callbacks
    before = len(callbacks)
    widget.about.destroyed.emit(widget.about)
    assert len(callbacks) == before - 1
