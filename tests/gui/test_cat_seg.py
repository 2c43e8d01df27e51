"""CAT-Seg in the real window: labels follow the words without the image being encoded again."""

import numpy as np
import pytest

from models import cat_seg_checkpoint
from napari_ovseg import batches, comparing
from napari_ovseg.backbones import manager
from napari_ovseg.progress import run

pytestmark = pytest.mark.gui


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Name of a tiny checkpoint that was taken over."""
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "models"))
    return run(manager.import_steps(cat_seg_checkpoint(tmp_path / "tiny-cat-seg.pth")))


def picture():
    return np.random.default_rng(0).integers(0, 255, (150, 170)).astype(np.uint8)


def test_an_imported_checkpoint_labels_and_follows_the_words(
    widget, finish, qtbot, imported, monkeypatch
):
    source = widget.viewer.add_image(picture())
    widget.session.configure(backbone=imported, method="cat_seg", contrast=())
    widget.words.add_words("grass; gravel")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert set(np.unique(layer.data)) <= {1, 2}
    assert "grass" in widget.panel.message.text()
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("encoded again"))
    widget.words.add_words("; ".join(f"thing {n}" for n in range(255)))
    assert not widget.turns.at_rest
    qtbot.waitUntil(lambda: widget.turns.at_rest, timeout=90_000)
    assert layer.data.max() > 2
    assert "compares at most 256 of the 257 words" in widget.panel.message.text()


def test_licence_training_data_and_cost_are_shown_where_it_is_chosen(widget, qtbot, imported):
    line, form = widget.form.terms_line, widget.form
    assert not line.isVisible()  # the starter's weights are part of the program
    widget.show_models()
    qtbot.waitUntil(lambda: form.model.findText(imported) >= 0, timeout=30_000)
    form.model.setCurrentText(imported)
    assert line.isVisible()
    assert line.text() == "licence: none stated (their code: MIT); trained on COCO-Stuff"
    form.methods.method.setCurrentText("cat_seg")
    assert form.methods.cost.text() == "1 pass and head, memory of all windows"
    table = widget.models.models.table
    widget.models.models.choose(imported)
    texts = [table.item(table.currentRow(), column).text() for column in (4, 5)]
    assert texts == ["none stated (their code: MIT)", "COCO-Stuff"]
    form.model.setCurrentText("half a na")
    assert not line.isVisible()


def test_what_would_not_fit_is_told_before_the_image_is_encoded(
    widget, finish, imported, monkeypatch
):
    source = widget.viewer.add_image(picture())
    widget.session.configure(backbone=imported, method="cat_seg", contrast=())
    widget.words.add_words("grass; gravel")
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("was encoded"))
    monkeypatch.setattr(comparing, "_MOST_BYTES", 1)
    finish(widget)
    assert "choose a smaller working size or fewer words" in widget.panel.message.text()
    assert widget.pictures.labels_of(source) is None
