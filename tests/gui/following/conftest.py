"""A picture whose labels a model of stripes makes, in the real window."""

import numpy as np
import pytest

from napari_ovseg.gui.turns import Turn
from stripes import SIDE, Model


@pytest.fixture
def model(widget, monkeypatch):
    made = Model()
    monkeypatch.setattr(widget.session, "run_steps", made.run)
    monkeypatch.setattr(widget.session, "relabel_steps", made.relabel)
    yield made
    made.may_end.set()


@pytest.fixture
def source(widget, model):
    made = widget.viewer.add_image(np.zeros((SIDE, SIDE), np.uint8), name="cells")
    widget.words.add_words("nucleus; cytoplasm")
    return made


@pytest.fixture
def under_way(widget, source, model, qtbot):
    """A first run that has begun, and ends when the model may."""
    model.may_end.clear()
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN and widget.runner.running)
    return source


@pytest.fixture
def rest(qtbot):
    """Wait until nothing is under way and all is written."""

    def wait(widget):
        qtbot.waitUntil(lambda: widget.turns.at_rest, timeout=60_000)
        qtbot.waitUntil(lambda: not widget.work.writer.writing)

    return wait


@pytest.fixture
def labelled(widget, source, finish):
    """The labels layer of a picture whose labels a model made."""
    finish(widget)
    return widget.pictures.labels_of(source)
