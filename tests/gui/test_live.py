"""Labels follow the words in the real window, and the picture is not encoded again."""

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QTableWidget

from napari_ovseg import batches
from napari_ovseg.feature_cache import FeatureCache
from napari_ovseg.gui.turns import Turn
from napari_ovseg.gui.vocabulary_table import NAME, QUERIES

pytestmark = pytest.mark.gui


def surfaces(height=150, width=170):
    """Left half coarse noise, right half flat: something for two words to disagree about."""
    rng = np.random.default_rng(0)
    picture = np.full((height, width), 90, np.uint8)
    picture[:, : width // 2] = rng.integers(0, 255, (height, width // 2))
    return picture


@pytest.fixture
def ready(widget, finish, monkeypatch):
    """A window whose picture is labelled; from then on nothing may be encoded."""
    source = widget.viewer.add_image(surfaces())
    widget.words.add_words("grass; gravel")
    finish(widget)

    def refuse(*_):
        raise AssertionError("the picture was encoded again")

    monkeypatch.setattr(batches, "_attempt", refuse)
    return widget, widget.pictures.labels_of(source)


def test_new_words_relabel_as_they_come(ready, settle):
    widget, layer = ready
    layer.paint((5, 5), 2)
    before = layer.data.copy()
    widget.words.add_words("sky; water")
    QApplication.processEvents()
    assert list(layer.features["category"])[-2:] == ["sky", "water"]  # before the labels
    settle(widget)
    assert set(np.unique(layer.data)) - set(np.unique(before))
    assert layer.data[5, 5] == 2
    widget.session.remove([3])
    settle(widget)
    assert not (layer.data == 3).any()
    layer.undo()  # all that was typed is one step
    assert (layer.data == before).all()
    layer.undo()
    assert (layer.data[5, 5] == before[5, 5]) == (layer.data[5, 5] == 2)


def test_the_margin_of_the_background_counts_at_once(ready, settle):
    widget, layer = ready
    widget.words.add_words("background")
    settle(widget)
    shares = []
    for margin in (0, 10):
        widget.form.margin.setValue(margin)
        settle(widget)
        assert widget.session.recipe.background_margin == margin
        shares.append((layer.data == 3).mean())
    assert shares[0] < shares[1]
    widget.form.margin.stepBy(-100)
    assert widget.session.recipe.background_margin is None
    widget.session.configure(background_margin=2.5)
    widget.form.show_recipe()
    assert widget.form.margin.value() == 2.5


def test_a_synonym_and_a_threshold_count_at_once(ready, settle):
    widget, layer = ready
    before = layer.data.copy()
    table = widget.findChild(QTableWidget, "ovseg_table")
    table.item(0, QUERIES).setText("sky, cloudy sky")
    settle(widget)
    assert (layer.data != before).any()
    widget.session.edit(1, threshold=0.99)
    settle(widget)
    assert not (layer.data == 1).any()


def test_names_and_colours_do_not_wait_for_the_labels(ready):
    widget, layer = ready
    table = widget.findChild(QTableWidget, "ovseg_table")
    table.item(0, NAME).setText("lawn")
    QApplication.processEvents()
    assert list(layer.features["category"])[1] == "lawn"
    widget.session.edit(2, colour="#123456")
    QApplication.processEvents()
    assert np.allclose(layer.colormap.color_dict[2][:3] * 255, [0x12, 0x34, 0x56], atol=1)


def test_what_cannot_be_labelled_is_told_without_a_pop_up(ready, settle, monkeypatch):
    widget, layer = ready
    monkeypatch.setattr("napari_ovseg.gui.run_panel.show_warning", pytest.fail)
    before = layer.data.copy()
    widget.session.configure(contrast=(), threshold=0.5)
    settle(widget)
    assert "needs something to lose to" in widget.panel.message.text()
    assert (layer.data == before).all()


def test_another_display_says_that_it_must_be_encoded_again(ready, settle):
    widget, layer = ready
    before = layer.data.copy()
    widget.form.chosen_image().gamma = 0.4
    widget.words.add_words("sky")
    settle(widget)
    assert "Segment encodes again" in widget.panel.message.text()
    assert (layer.data == before).all()


def test_labels_follow_the_display_without_another_word(ready, settle):
    widget, _ = ready
    widget.form.chosen_image().gamma = 0.4
    settle(widget)
    assert "Segment encodes again" in widget.panel.message.text()


def test_a_run_does_not_wait_for_labels_that_follow(ready, qtbot):
    widget, layer = ready
    widget.words.add_words("sky")
    qtbot.waitUntil(lambda: widget.turns.now == Turn.FOLLOW, timeout=20_000)
    widget.segment()
    qtbot.waitUntil(lambda: widget.turns.now == Turn.RUN, timeout=20_000)
    qtbot.waitUntil(lambda: widget.turns.now == Turn.REST, timeout=60_000)
    assert list(layer.features["category"])[-1] == "sky"
    assert widget.panel.run_button.isEnabled()


def test_a_picture_that_was_encoded_yesterday_is_not_encoded_again(ready, finish):
    widget, layer = ready
    again = widget.viewer.add_image(surfaces(), name="reopened")
    widget.form.choose_image(again)
    widget.session.cache = FeatureCache(widget.session.cache.folder)  # another process
    widget.session.recent.clear()
    finish(widget)
    assert (widget.pictures.labels_of(again).data == layer.data).all()


@pytest.mark.parametrize("unfolded", [False, True])
def test_to_follow_the_words_goes_through_no_files(ready, settle, monkeypatch, unfolded):
    widget, _ = ready
    if unfolded:
        widget.form.more.unfold()
    gone_through = []
    monkeypatch.setattr(FeatureCache, "_files", lambda _cache: gone_through.append(1) or [])
    told = widget.form.cache_line.text()
    widget.words.add_words("sky")
    settle(widget)
    assert not gone_through
    assert widget.form.cache_line.text() == told


def test_what_is_kept_can_be_cleared(ready, settle):
    widget, _ = ready
    line = widget.form.cache_line
    widget.form.more.unfold()
    assert line.text() == f"{widget.session.cache.nbytes / 1e6:,.1f} MB kept on disk"
    assert widget.session.cache.nbytes > 100_000
    widget.form.clear_button.click()
    assert line.text() == "0.0 MB kept on disk"
    assert widget.session.cache.nbytes == 0
    widget.words.add_words("sky")
    settle(widget)
    assert "Segment encodes again" in widget.panel.message.text()


def test_what_the_encoder_does_not_see_relabels_nothing(ready, settle):
    widget, _ = ready
    source = widget.form.chosen_image()
    other = widget.viewer.add_image(surfaces(), name="other")
    widget.form.choose_image(source)
    source.visible = False
    source.opacity = 0.5
    other.contrast_limits = (0, 17)
    assert widget.turns.at_rest
    source.contrast_limits = (0, 17)
    settle(widget)


def test_a_picture_that_cannot_be_read_is_no_end(ready, settle, monkeypatch):
    widget, layer = ready
    before = layer.data.copy()
    with monkeypatch.context() as broken:
        broken.setattr(widget.pictures, "seen", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            widget.segment()
    widget.words.add_words("sky; water")
    settle(widget)
    assert (layer.data != before).any()
