"""A picture of a file in the real window, labelled and kept."""

import pytest
import tifffile

from kept_work import WORDS
from napari_ovseg.gui.samples import photograph


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "scène 1.tif"
    tifffile.imwrite(path, photograph()[0][0][:120, :160])
    return path


@pytest.fixture
def labelled(widget, picture, finish, qtbot):
    """The window with a picture from a file, labelled, and kept once."""
    (source,) = widget.viewer.open(str(picture), plugin="napari")
    widget.words.add_words(WORDS)
    finish(widget)
    layer = widget.pictures.labels_of(source)
    qtbot.waitUntil(lambda: layer.visible and "kept at" in widget.project.state.text())
    return layer
