"""A folder of images in the real window, with a model that answers at once."""

import numpy as np
import pytest
from PIL import Image

import napari_ovseg as ov


@pytest.fixture
def images(tmp_path):
    """Three images of noise, and one that is none."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for at in (1, 2, 10):
        pixels = rng.integers(0, 200, (70, 80)).astype(np.uint8)
        pixels[:, :40] = 10 * at
        Image.fromarray(pixels).save(folder / f"cell {at}.png")
    (folder / "cell 3.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def settle(qtbot):
    """Wait until images are read, labels written, and nothing is encoded."""

    def wait(widget):
        busy = (widget.folder.runner, widget.folder.saver.runner, widget.runner)
        folder = widget.folder
        idle = lambda: not folder.moving and not any(r.running for r in busy)  # noqa: E731
        qtbot.waitUntil(idle, timeout=120_000)

    return wait


@pytest.fixture
def model(widget, monkeypatch):
    """A model that says 1 everywhere, at once; what it was asked is noted."""
    asked = []

    def say(job, _stop=None):
        asked.append(job.image.name)
        labels = ov.LabelMap(np.ones((70, 80), np.uint16), job.vocabulary, ov.Grid.regular(2))
        return ov.Annotation(job.image.name, labels)
        yield

    def prepare(image, _plane, _recipe, _stop):
        asked.append(f"ahead: {image.name}")
        return
        yield

    monkeypatch.setattr(widget.session, "run_steps", say)
    monkeypatch.setattr(widget.session, "relabel_steps", say)
    monkeypatch.setattr(widget.session, "prepare_steps", prepare)
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", lambda _text: None)
    return asked


@pytest.fixture
def opened(widget, images, model, settle):
    widget.words.add_words("nucleus; fibre")
    widget.folder.open(images)
    settle(widget)
    return widget
