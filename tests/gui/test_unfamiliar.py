"""The window says which words the starter never learnt, and offers a model that knows more."""

import numpy as np
import pytest

pytestmark = pytest.mark.gui


def picture():
    return np.random.default_rng(0).integers(0, 255, (120, 140)).astype(np.uint8)


def test_words_that_were_never_learnt_are_told_and_label_nothing(widget, finish):
    source = widget.viewer.add_image(picture())
    widget.words.add_words("grass; spaceship <b>")
    finish(widget)
    assert widget.panel.note.isVisible()
    assert "“spaceship &lt;b&gt;” was never learnt" in widget.panel.note.text()
    assert "grass" not in widget.panel.note.text()
    assert set(np.unique(widget.pictures.labels_of(source).data)) <= {0, 1}
    widget.session.remove([2])
    finish(widget)
    assert not widget.panel.note.isVisible()


def test_the_offer_opens_the_window_of_models(widget, finish, qtbot):
    widget.viewer.add_image(picture())
    widget.words.add_words("grass; nuclues")
    finish(widget)
    assert "Did you mean “nucleus”?" in widget.panel.note.text()
    widget.panel.note.linkActivated.emit("models")
    assert widget.models.isVisible()
    qtbot.waitUntil(lambda: not widget.models.runner.running, timeout=120_000)
    widget.models.close()
