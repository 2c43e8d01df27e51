"""GUI tests: real napari windows. Without a display they fail, never pass silently."""

import os
import sys

import pytest


def has_display() -> bool:
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.get_closest_marker("gui") and not has_display():
        pytest.fail("no display: run it through 'make test', which starts a virtual one; "
                    "or leave it out by -m 'not gui'", pytrace=False)  # fmt: skip


@pytest.fixture(autouse=True)
def projects(tmp_path, monkeypatch):
    """Work is kept here, not in the folder of whoever runs the tests."""
    monkeypatch.setenv("OVSEG_PROJECTS", str(tmp_path / "projects"))
    return tmp_path / "projects"


@pytest.fixture
def widget(make_napari_viewer, qtbot, tmp_path):
    """The dock widget in a real window."""
    from napari_ovseg.feature_cache import FeatureCache
    from napari_ovseg.gui.widget import OvsegWidget

    viewer = make_napari_viewer(show=True)
    made = OvsegWidget(viewer)
    made.session.cache = FeatureCache(tmp_path / "features")
    viewer.window.add_dock_widget(made, name="Label by words")
    yield made
    made.runner.cancel()
    qtbot.waitUntil(lambda: not made.runner.running, timeout=20_000)
    made.keeper.close()


@pytest.fixture
def finish(qtbot):
    """Press Segment and wait until the run has ended, and all of it is written."""

    def wait(widget, timeout=120_000):
        widget.segment()
        qtbot.waitUntil(lambda: not widget.runner.running, timeout=timeout)
        qtbot.waitUntil(lambda: not widget.work.writer.writing)

    return wait


@pytest.fixture
def settle(qtbot):
    """Wait until labels have followed what was changed just before."""

    def wait(widget):
        # Not until a turn is under way: one may begin and end between two looks at it.
        assert not widget.turns.at_rest, "nothing was changed that labels follow"
        qtbot.waitUntil(lambda: widget.turns.at_rest, timeout=60_000)

    return wait


@pytest.fixture
def sheet(widget):
    """A window with a labelled picture, whose labels no model made; quicker than a run."""
    import numpy as np

    import napari_ovseg as ov
    from napari_ovseg.gui import layers
    from sheets import WORDS

    source = widget.viewer.add_image(np.zeros((40, 60), np.uint8), name="cells")
    ids = np.zeros((40, 60), np.uint16)
    ids[:10], ids[10:20], ids[20:30] = 1, 2, 3
    annotation = ov.Annotation("cells", ov.LabelMap(ids, WORDS, ov.Grid.regular(2)))
    layer = widget.viewer.add_layer(layers.new_labels(source, annotation, ()))
    widget.session.set_rows(WORDS)
    return widget, layer, widget.words.table


@pytest.fixture
def layer():
    """Labels of one category throughout, all the model's, and a brush; no window is opened."""
    import numpy as np
    from napari.layers import Image

    from drags import annotation
    from napari_ovseg.gui import layers

    made = layers.new_labels(Image(np.zeros((40, 60), np.uint8)), annotation(np.ones((40, 60))), ())
    made.mode, made.brush_size, made.selected_label = "paint", 5, 1
    return made
