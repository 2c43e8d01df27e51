"""The next image of a folder is encoded ahead."""

import pytest

import napari_ovseg as ov
from in_folders import shown
from napari_ovseg import batches
from napari_ovseg.gui.turns import Turn

pytestmark = pytest.mark.gui


def test_the_next_image_is_encoded_ahead(opened, model, finish, settle):
    widget = opened
    assert model == []  # not before this one is labelled
    finish(widget)
    settle(widget)
    assert model == ["cell 1", "ahead: cell 2"]
    widget.session.edit(2, name="fibres")  # labels follow; nothing new to encode
    settle(widget)
    widget.folder.step(1)
    settle(widget)
    finish(widget)
    settle(widget)
    assert model[-2:] == ["cell 2", "ahead: cell 3"] or model[-1] == "cell 2"


def test_a_run_takes_the_worker_from_what_is_done_ahead(opened, model, finish, qtbot, monkeypatch):
    widget = opened
    stopped = []

    def prepare(_image, _plane, _recipe, stop):
        while not stop():
            yield ov.progress.Progress("windows", 0, 1)
        stopped.append(True)

    monkeypatch.setattr(widget.session, "prepare_steps", prepare)
    finish_once(widget, qtbot)
    qtbot.waitUntil(lambda: widget.turns.now == Turn.AHEAD, timeout=20_000)
    assert widget.panel.run_button.isEnabled()
    assert widget.panel.bar.format() == "ready"
    seen = len(model)
    finish_once(widget, qtbot)
    assert model[seen:] == ["cell 1"]
    widget.turns.stop()


def finish_once(widget, qtbot):
    with qtbot.waitSignal(widget.work.ended, timeout=20_000):
        widget.segment()


def test_what_was_encoded_ahead_is_not_encoded_again(widget, images, finish, settle, monkeypatch):
    widget.words.add_words("grass; gravel; background")
    widget.folder.open(images)
    settle(widget)
    finish(widget)
    settle(widget)
    widget.folder.step(1)
    settle(widget)

    def refuse(*_):
        raise AssertionError("the picture was encoded again")

    monkeypatch.setattr(batches, "_attempt", refuse)
    finish(widget)
    assert shown(widget)[1] is not None
